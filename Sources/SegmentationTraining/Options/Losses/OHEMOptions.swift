import Basics
import Torch

/// The loss `ohem` is the cross entropy of the hard pixels alone (online hard example mining).
public struct OHEMOptions: LossOptions {
  /// The number that tells how hard a pixel is. It makes a difference if classes have weights.
  public enum Hardness: String, Codable, Sendable, CaseIterable {
    /// The loss of the pixel, with the weight of its class, as in the PyTorch reference.
    case loss
    /// The probability of the pixel's class alone, as HRNet's authors have it, and PIDNet's and mmsegmentation after
    /// them.
    case probability
  }

  /// A pixel is hard if the probability of its class is below this number.
  public var threshold = 0.7
  /// At least this share of the labelled pixels counts, the hardest first.
  public var minimumShare = 1.0 / 16
  /// At least so many labelled pixels of a batch count, the hardest first. If this is null, `minimum_share` tells how
  /// many.
  public var minimumPixels: Int?
  /// The number that tells how hard a pixel is. It makes a difference if classes have weights.
  public var hardness = Hardness.loss

  /// The loss's name in a configuration and in reports.
  public static let name = "ohem"
  /// Whether the loss takes the weights of the classes.
  public static let takesClassWeights = true
  /// The keys that the loss has beside `loss` and `coefficient`.
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case threshold
    case minimumShare = "minimum_share"
    case minimumPixels = "minimum_pixels"
    case hardness
  }

  /// Creates the default options.
  public init() {}

  /// Decodes the options; those that are absent keep their defaults.
  /// - Throws: `InvalidOption` or `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("threshold", into: &threshold)
    try values.read("minimum_share", into: &minimumShare)
    try values.read("minimum_pixels", into: &minimumPixels)
    try values.read("hardness", into: &hardness)
  }

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(threshold > 0 && threshold < 1, "threshold", "between 0 and 1", found: threshold)
    try require(minimumShare, in: 0...1, "minimumShare")
    if let minimumPixels { try require(minimumPixels, in: 0...OptionLimits.steps, "minimumPixels") }
  }

  /// Makes sure that the loss works with a number of scores per pixel: 1, or one per class.
  /// - Throws: `InvalidOption` if it does not.
  public func validate(scores: Int) throws(InvalidOption) { try requireSeveral(scores) }

  /// Creates the loss that the options describe.
  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    OHEMLoss(
      threshold: threshold, minimumShare: minimumShare, minimumPixels: minimumPixels, hardness: hardness,
      classWeights: classWeights, device: device)
  }
}
