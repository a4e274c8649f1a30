/// One line of `metrics.jsonl`: the means of an epoch, the scores of a validation, or the measurements of a single
/// step. A measurement that was not made is absent.
///
/// The row of a single step has `"kind": "step"`; `logging.step_interval` says which steps have one. Its loss, the
/// parts of its loss and its learning rate are those of the step; its times and speed are means over the steps since
/// the row before. The scores of a validation stand beside the other keys under their own names (`mean_iou`,
/// `class_iou`, ...).
public struct MetricsRow: Codable, Sendable, Equatable {
  /// Whether the row belongs to a single step.
  public var isStep = false
  /// The number of the epoch, from 1.
  public var epoch: Int
  /// The number of optimization steps since the start of the run.
  public var step: Int
  /// The training loss.
  public var loss: Double?
  /// The parts of the training loss by name, if it has several.
  public var lossParts: [String: Double]?
  /// The learning rate.
  public var learningRate: Double?
  /// The number of training images per second.
  public var imagesPerSecond: Double?
  /// The time that a step waited for its batch, in seconds.
  public var dataSeconds: Double?
  /// The time of a whole step in seconds.
  public var stepSeconds: Double?
  /// The scores on the validation set by name, from 0 to 1.
  public var scores: [String: Double] = [:]
  /// The scores by class: first by the score's name, then by the class's. Absent classes are left out.
  public var classScores: [String: [String: Double]] = [:]
  /// The number of classes that the means cover.
  public var classesInMean: Int?
  /// The number of labelled pixels of the validation set by class.
  public var classPixels: [String: Int64]?

  /// Creates a row without measurements.
  public init(epoch: Int, step: Int) {
    self.epoch = epoch
    self.step = step
  }

  /// Creates the row of a validation.
  package init(epoch: Int, step: Int, report: EvaluationReport) {
    self.init(epoch: epoch, step: step)
    scores = report.scores
    classScores = report.classScores
    classesInMean = report.confusion.classesInMean
    classPixels = Dictionary(zip(report.classNames, report.confusion.labelledPixels)) { first, _ in first }
  }

  /// The mean IoU on the validation set.
  public var meanIoU: Double? {
    get { scores["mean_iou"] }
    set { scores["mean_iou"] = newValue }
  }
  /// The share of the labelled pixels that were predicted rightly.
  public var pixelAccuracy: Double? {
    get { scores["pixel_accuracy"] }
    set { scores["pixel_accuracy"] = newValue }
  }
  /// The IoU by class name; absent classes are left out.
  public var classIoU: [String: Double]? {
    get { classScores["class_iou"] }
    set { classScores["class_iou"] = newValue }
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
    init(_ name: String) { stringValue = name }
  }

  /// Writes the row as one JSON object.
  public func encode(to encoder: any Encoder) throws {
    var row = encoder.container(keyedBy: Key.self)
    if isStep { try row.encode(Self.stepKind, forKey: Key("kind")) }
    try row.encode(epoch, forKey: Key("epoch"))
    try row.encode(step, forKey: Key("step"))
    for (name, path) in Self.numbers { try row.encodeIfPresent(self[keyPath: path], forKey: Key(name)) }
    try row.encodeIfPresent(lossParts, forKey: Key("loss_parts"))
    try row.encodeIfPresent(classesInMean, forKey: Key("classes_in_mean"))
    try row.encodeIfPresent(classPixels, forKey: Key("class_pixels"))
    for (name, score) in scores { try row.encode(score, forKey: Key(name)) }
    for (name, classes) in classScores { try row.encode(classes, forKey: Key(name)) }
  }

  /// Reads a row.
  /// - Throws: `DecodingError` if it is not what `encode(to:)` writes.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: Key.self)
    isStep = try row.decodeIfPresent(String.self, forKey: Key("kind")) == Self.stepKind
    epoch = try row.decode(Int.self, forKey: Key("epoch"))
    step = try row.decode(Int.self, forKey: Key("step"))
    for (name, path) in Self.numbers { self[keyPath: path] = try row.decodeIfPresent(Double.self, forKey: Key(name)) }
    lossParts = try row.decodeIfPresent([String: Double].self, forKey: Key("loss_parts"))
    classesInMean = try row.decodeIfPresent(Int.self, forKey: Key("classes_in_mean"))
    classPixels = try row.decodeIfPresent([String: Int64].self, forKey: Key("class_pixels"))
    for kind in MetricSet.scores {
      scores[kind.name] = try row.decodeIfPresent(Double.self, forKey: Key(kind.name))
      guard let byClass = kind.byClass else { continue }
      classScores[byClass.name] = try row.decodeIfPresent([String: Double].self, forKey: Key(byClass.name))
    }
  }

  private static let stepKind = "step"

  private static let numbers: [(String, WritableKeyPath<MetricsRow, Double?> & Sendable)] = [
    ("loss", \.loss), ("learning_rate", \.learningRate), ("images_per_second", \.imagesPerSecond),
    ("data_seconds", \.dataSeconds), ("step_seconds", \.stepSeconds),
  ]
}
