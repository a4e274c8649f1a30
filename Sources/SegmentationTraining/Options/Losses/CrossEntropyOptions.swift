import Basics
import Torch

/// The loss `ce` is the cross entropy of all labelled pixels.
public struct CrossEntropyOptions: LossOptions {
  /// The number by which the sum over pixels is divided.
  public enum Average: String, Codable, Sendable, CaseIterable {
    /// The number of labelled pixels, or the sum of their classes' weights, as in PyTorch.
    case labelled
    /// The number of all pixels, as the authors of PIDNet and mmsegmentation have it.
    case all
  }

  /// The share of each label that is spread over all classes.
  public var labelSmoothing = 0.0
  /// The number by which the sum over pixels is divided.
  public var average = Average.labelled

  /// The loss's name in a configuration and in reports.
  public static let name = "ce"
  /// Whether the loss takes the weights of the classes.
  public static let takesClassWeights = true
  /// The keys that the loss has beside `loss` and `coefficient`.
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case labelSmoothing = "label_smoothing"
    case average
  }

  /// Creates the default options.
  public init() {}

  /// Decodes the options; those that are absent keep their defaults.
  /// - Throws: `InvalidOption` or `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("label_smoothing", into: &labelSmoothing)
    try values.read("average", into: &average)
  }

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(
      labelSmoothing >= 0 && labelSmoothing < 1, "labelSmoothing", "at least 0 and below 1", found: labelSmoothing)
  }

  /// Makes sure that the loss works with a number of scores per pixel: 1, or one per class.
  /// - Throws: `InvalidOption` if it does not.
  public func validate(scores: Int) throws(InvalidOption) { try requireSeveral(scores) }

  /// Creates the loss that the options describe.
  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    CrossEntropyLoss(classWeights: classWeights, labelSmoothing: labelSmoothing, average: average, device: device)
  }
}

extension LossOptions {
  /// Refuses one score for each pixel for a loss that compares the scores of classes.
  func requireSeveral(_ scores: Int) throws(InvalidOption) {
    guard scores == 1 else { return }
    throw InvalidOption(
      "loss",
      "\(Self.name) compares the scores of two or more classes, and this network gives one score for each pixel "
        + "(model.single_score); take bce, or leave model.single_score out")
  }
}
