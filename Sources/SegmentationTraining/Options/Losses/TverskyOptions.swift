import Torch

/// The loss `tversky` is like `dice`, with one weight for each of the two kinds of mistakes.
public struct TverskyOptions: LossOptions {
  /// The weight of pixels that are wrongly given to a class.
  public var alpha = 0.3
  /// The weight of pixels of a class that are missed.
  public var beta = 0.7
  /// The exponent of each class's loss. 1 is the plain loss, and 0.75 the focal Tversky loss of its authors.
  public var gamma = 1.0
  /// This number is added to the numerator and to the denominator, so that the quotient is defined for classes
  /// without pixels.
  public var smooth = 1.0
  /// The classes that the loss averages over.
  public var classes = AveragedClasses.present
  /// Whether each image has an index of its own. If this is false, the pixels of the whole batch make one.
  public var perImage = false

  /// The loss's name in a configuration and in reports.
  public static let name = "tversky"
  /// Whether the loss takes the weights of the classes.
  public static let takesClassWeights = true
  /// The keys that the loss has beside `loss` and `coefficient`.
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case alpha, beta, gamma, smooth, classes
    case perImage = "per_image"
  }

  /// Creates the default options.
  public init() {}

  /// Decodes the options; those that are absent keep their defaults.
  /// - Throws: `InvalidOption` or `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("alpha", into: &alpha)
    try values.read("beta", into: &beta)
    try values.read("gamma", into: &gamma)
    try values.read("smooth", into: &smooth)
    try values.read("classes", into: &classes)
    try values.read("per_image", into: &perImage)
  }

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(alpha, in: 0...1000, "alpha")
    try require(beta, in: 0...1000, "beta")
    try require(alpha + beta > 0, "beta", "above 0, since alpha is 0", found: beta)
    try require(gamma > 0 && gamma <= 10, "gamma", "above 0, at most 10", found: gamma)
    try require(smooth, in: 0...OptionLimits.factor, "smooth")
  }

  /// Creates the loss that the options describe.
  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    TverskyLoss(
      alpha: alpha, beta: beta, gamma: gamma, smooth: smooth, classes: classes, perImage: perImage,
      classWeights: classWeights, device: device)
  }
}
