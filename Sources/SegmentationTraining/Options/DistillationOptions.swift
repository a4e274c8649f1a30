import Basics
import Files
import SegmentationModels
import SegmentationWeights

/// How the network learns from a larger, trained one: the teacher.
public struct DistillationOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The teacher's name in the catalogue (`rtseg models`), such as `smp-deeplabv3p-resnet101`. The network learns from
  /// the labels alone if this is null.
  public var teacher: String?
  /// The teacher's weights: a file, an address or a name such as `ddrnet-23slim@cityscapes`.
  public var checkpoint: String?
  /// How the difference from the teacher is measured.
  public var kind = DistillationLoss.klDivergence
  /// Whether the scores are compared, or the feature maps that the two networks' classifiers read.
  public var compare = Comparison.logits
  /// The scores are divided by this number before probabilities are made of them.
  public var temperature = 4.0
  /// The loss is multiplied by this number before it is added to the loss of the labels.
  public var coefficient = 1.0
  /// How the Kullback–Leibler divergence is averaged.
  public var reduction = DistillationLoss.Reduction.elements
  /// Whether pixels without a label count too, as in the PyTorch reference.
  public var unlabelledPixels = false

  /// The maps that the loss compares.
  public enum Comparison: String, Codable, Sendable, CaseIterable {
    /// The class scores.
    case logits
    /// The classifiers' inputs. A 1x1 convolution, which is trained too, gives the student's as many channels as the
    /// teacher's have.
    case features
  }

  public init() {}

  public func validate() throws {
    try require(
      (teacher == nil) == (checkpoint == nil), teacher == nil ? "teacher" : "checkpoint",
      "distillation.teacher and distillation.checkpoint together", found: "one of them alone")
    if let teacher {
      do { _ = try Architecture(name: teacher) } catch { throw InvalidOption("teacher", "\(error)") }
    }
    if let checkpoint {
      let source: WeightsSource
      do { source = try WeightsSource(checkpoint) } catch { throw InvalidOption("checkpoint", "\(error)") }
      if case .file(let path) = source {
        try require(
          FileSystem.kind(of: path) == .file, "checkpoint", "the file of the teacher's weights",
          found: "no file at \(path.printable(limit: 200))")
      }
    }
    try require(
      compare == .logits || kind != .klDivergence, "compare", "logits with kl_div (features are for cwd and mse)",
      found: compare.rawValue)
    try require(temperature > 0 && temperature <= 1000, "temperature", "above 0, at most 1000", found: temperature)
    try require(coefficient, in: 0...OptionLimits.factor, "coefficient")
  }
}
