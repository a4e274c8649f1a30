import Torch

/// The loss `boundary` weights probabilities by their distance from the labels' boundaries, in pixels.
///
/// It pulls boundaries into place. It needs another loss beside it, and a small coefficient such as 0.01 at first.
public struct BoundaryOptions: LossOptions {
  /// The loss's name in a configuration and in reports.
  public static let name = "boundary"
  /// Whether the loss takes the weights of the classes.
  public static let takesClassWeights = false
  /// The keys that the loss has beside `loss` and `coefficient`.
  public static let keys: [String] = []

  /// Creates the default options.
  public init() {}

  /// Creates the options, of which there are none to decode.
  public init(from decoder: any Decoder) throws {}

  /// Encodes nothing, because there are no options.
  public func encode(to encoder: any Encoder) throws {}

  /// Accepts the options, whose values can all be used.
  public func validate() throws {}

  /// Creates the loss that the options describe.
  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss { BoundaryLoss() }
}
