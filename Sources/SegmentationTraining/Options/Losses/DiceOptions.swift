import Torch

/// The loss `dice` is 1 minus the Dice coefficient of probabilities and labels.
public struct DiceOptions: LossOptions {
  /// This number is added to the numerator and to the denominator, so that the quotient is defined for classes
  /// without pixels.
  public var smooth = 1.0
  /// The classes that the loss averages over.
  public var classes = AveragedClasses.present
  /// Whether each image has a coefficient of its own. If this is false, the pixels of the whole batch make one.
  public var perImage = false

  /// The loss's name in a configuration and in reports.
  public static let name = "dice"
  /// Whether the loss takes the weights of the classes.
  public static let takesClassWeights = true
  /// The keys that the loss has beside `loss` and `coefficient`.
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case smooth, classes
    case perImage = "per_image"
  }

  /// Creates the default options.
  public init() {}

  /// Decodes the options; those that are absent keep their defaults.
  /// - Throws: `InvalidOption` or `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("smooth", into: &smooth)
    try values.read("classes", into: &classes)
    try values.read("per_image", into: &perImage)
  }

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(smooth, in: 0...OptionLimits.factor, "smooth")
  }

  /// Creates the loss that the options describe.
  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    DiceLoss(smooth: smooth, classes: classes, perImage: perImage, classWeights: classWeights, device: device)
  }
}
