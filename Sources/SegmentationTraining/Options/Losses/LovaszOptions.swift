import Torch

/// The loss `lovasz` is the Lovász extension of the Jaccard index: Lovász-softmax, or the Lovász hinge for one score
/// per pixel.
public struct LovaszOptions: LossOptions {
  /// The classes that the loss averages over.
  public var classes = AveragedClasses.present
  /// Whether each image has an index of its own. If this is false, the pixels of the whole batch make one.
  public var perImage = false

  /// The loss's name in a configuration and in reports.
  public static let name = "lovasz"
  /// Whether the loss takes the weights of the classes.
  public static let takesClassWeights = false
  /// The keys that the loss has beside `loss` and `coefficient`.
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case classes
    case perImage = "per_image"
  }

  /// Creates the default options.
  public init() {}

  /// Decodes the options; those that are absent keep their defaults.
  /// - Throws: `InvalidOption` or `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("classes", into: &classes)
    try values.read("per_image", into: &perImage)
  }

  /// Accepts the options, whose values can all be used.
  public func validate() throws {}

  /// Creates the loss that the options describe.
  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    LovaszLoss(classes: classes, perImage: perImage)
  }
}
