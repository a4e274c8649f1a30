import Files
import Foundation
import SegmentationData

/// The scores of a predictor on a split, and how it reached them.
package struct ValidationReport: Encodable {
  package let scores: EvaluationReport
  /// The engine that labelled the images.
  package var engine = ""
  package var precision = ""
  /// How the network was applied to each image.
  package var `protocol` = ""
  package let images: Int
  /// The median over the batches: normalized image in memory in, classes out.
  package let millisecondsPerImage: Double
  /// The share of pixels that the reference, libtorch in float32, labelled alike.
  package var agreement: Double?
  package var referenceMeanIoU: Double?
  /// Files that could not be read (`data.skip_bad_validation_files`).
  package var leftOut: [LeftOutFile] = []

  init(scores: EvaluationReport, images: Int, millisecondsPerImage: Double) {
    self.scores = scores
    self.images = images
    self.millisecondsPerImage = millisecondsPerImage
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
    init(_ name: String) { stringValue = name }
  }

  /// The scores' keys and these beside each other. Scores have their names; those by class have an element for each class,
  /// null for a class of which nothing was measured.
  package func encode(to encoder: any Encoder) throws {
    let confusion = scores.confusion
    try confusion.encode(to: encoder)
    var values = encoder.container(keyedBy: Key.self)
    for kind in MetricSet.scores { try values.encodeIfPresent(scores[kind.name], forKey: Key(kind.name)) }
    for metric in MetricSet.known where metric.isOptional {
      for case let byClass? in metric.scores.map(\.byClass) {
        guard let named = scores.classScores[byClass.name] else { continue }
        try values.encode(scores.classNames.map { named[$0] }, forKey: Key(byClass.name))
      }
    }
    try values.encode(confusion.classesInMean, forKey: Key("classes_in_mean"))
    try values.encode(confusion.absentClasses, forKey: Key("absent_classes"))
    try values.encode(engine, forKey: Key("engine"))
    try values.encode(precision, forKey: Key("precision"))
    try values.encode(`protocol`, forKey: Key("protocol"))
    try values.encode(images, forKey: Key("images"))
    try values.encode(millisecondsPerImage, forKey: Key("milliseconds_per_image"))
    try values.encodeIfPresent(agreement, forKey: Key("agreement"))
    try values.encodeIfPresent(referenceMeanIoU, forKey: Key("reference_mean_iou"))
    if !leftOut.isEmpty { try values.encode(leftOut, forKey: Key("left_out")) }
  }

  package func text() -> String {
    var text = scores.table()
    text += String(format: "\(images) images, %.1f ms each (\(engine), \(precision))\n", millisecondsPerImage)
    text += "protocol: \(`protocol`)\n"
    if let agreement, let referenceMeanIoU {
      text += String(
        format: "libtorch in float32: the same class in %.3f %% of the pixels, mIoU %.2f %%\n", agreement * 100,
        referenceMeanIoU * 100)
    }
    if !leftOut.isEmpty { text += "left out, since they cannot be read: \(leftOut.count) images\n" }
    for file in leftOut { text += "  \("\(file)".printable())\n" }
    return text
  }
}
