import Basics
import Torch

/// The loss `bce` is the binary cross entropy of one score per pixel. It is for data sets of two classes with
/// `model.single_score`.
public struct BinaryCrossEntropyOptions: LossOptions {
  /// Pixels of class 1 are weighted by this number. Choose a number above 1 if they are rare.
  public var positiveWeight = 1.0
  /// The share of each label that is given to the other class.
  public var labelSmoothing = 0.0

  /// The loss's name in a configuration and in reports.
  public static let name = "bce"
  /// Whether the loss takes the weights of the classes.
  public static let takesClassWeights = false
  /// The keys that the loss has beside `loss` and `coefficient`.
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case positiveWeight = "positive_weight"
    case labelSmoothing = "label_smoothing"
  }

  /// Creates the default options.
  public init() {}

  /// Decodes the options; those that are absent keep their defaults.
  /// - Throws: `InvalidOption` or `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("positive_weight", into: &positiveWeight)
    try values.read("label_smoothing", into: &labelSmoothing)
  }

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(
      positiveWeight > 0 && positiveWeight <= OptionLimits.factor, "positiveWeight",
      "above 0, at most \(OptionLimits.factor)", found: positiveWeight)
    try require(
      labelSmoothing >= 0 && labelSmoothing < 0.5, "labelSmoothing", "at least 0 and below 0.5", found: labelSmoothing)
  }

  /// Makes sure that the loss works with a number of scores per pixel: 1, or one per class.
  /// - Throws: `InvalidOption` if it does not.
  public func validate(scores: Int) throws(InvalidOption) {
    guard scores != 1 else { return }
    throw InvalidOption(
      "loss",
      "bce takes one score for each pixel, and this network gives \(scores); set model.single_score for two classes, or "
        + "take ce")
  }

  /// Creates the loss that the options describe.
  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    BinaryCrossEntropyLoss(positiveWeight: positiveWeight, labelSmoothing: labelSmoothing)
  }
}
