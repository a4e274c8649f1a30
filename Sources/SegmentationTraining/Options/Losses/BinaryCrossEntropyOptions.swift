import Basics
import Torch

/// `bce`: the binary cross entropy of one score for each pixel.
public struct BinaryCrossEntropyOptions: LossOptions {
  /// The factor of pixels of class 1; above 1 where they are rare.
  public var positiveWeight = 1.0
  /// The share of the label that goes to the other class.
  public var labelSmoothing = 0.0

  public static let name = "bce"
  public static let takesClassWeights = false
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case positiveWeight = "positive_weight"
    case labelSmoothing = "label_smoothing"
  }

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("positive_weight", into: &positiveWeight)
    try values.read("label_smoothing", into: &labelSmoothing)
  }

  public func validate() throws {
    try require(
      positiveWeight > 0 && positiveWeight <= OptionLimits.factor, "positiveWeight",
      "above 0, at most \(OptionLimits.factor)", found: positiveWeight)
    try require(
      labelSmoothing >= 0 && labelSmoothing < 0.5, "labelSmoothing", "at least 0 and below 0.5", found: labelSmoothing)
  }

  public func validate(scores: Int) throws(InvalidOption) {
    guard scores != 1 else { return }
    throw InvalidOption(
      "loss",
      "bce takes one score for each pixel, and this network gives \(scores); set model.single_score for two classes, or "
        + "take ce")
  }

  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    BinaryCrossEntropyLoss(positiveWeight: positiveWeight, labelSmoothing: labelSmoothing)
  }
}
