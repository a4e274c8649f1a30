import Basics
import Torch

/// The loss `ohem` is the cross entropy of the hard pixels alone (online hard example mining).
public struct OHEMOptions: LossOptions {
  /// A pixel is hard if the probability of its class is below this number.
  public var threshold = 0.7
  /// At least this share of the labelled pixels counts, the hardest first.
  public var minimumShare = 1.0 / 16

  public static let name = "ohem"
  public static let takesClassWeights = true
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case threshold
    case minimumShare = "minimum_share"
  }

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("threshold", into: &threshold)
    try values.read("minimum_share", into: &minimumShare)
  }

  public func validate() throws {
    try require(threshold > 0 && threshold < 1, "threshold", "between 0 and 1", found: threshold)
    try require(minimumShare, in: 0...1, "minimumShare")
  }

  public func validate(scores: Int) throws(InvalidOption) { try requireSeveral(scores) }

  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    OHEMLoss(threshold: threshold, minimumShare: minimumShare, classWeights: classWeights, device: device)
  }
}
