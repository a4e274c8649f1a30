import Torch

/// The loss `boundary` weights probabilities by their distance from the labels' boundaries, in pixels.
///
/// It pulls boundaries into place. It needs another loss beside it, and a small coefficient such as 0.01 at first.
public struct BoundaryOptions: LossOptions {
  public static let name = "boundary"
  public static let takesClassWeights = false
  public static let keys: [String] = []

  public init() {}

  public init(from decoder: any Decoder) throws {}

  public func encode(to encoder: any Encoder) throws {}

  public func validate() throws {}

  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss { BoundaryLoss() }
}
