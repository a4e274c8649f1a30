import Torch

/// The loss `lovasz` is the Lovász extension of the Jaccard index: Lovász-softmax, or the Lovász hinge for one score
/// per pixel.
public struct LovaszOptions: LossOptions {
  /// The classes that the loss averages over.
  public var classes = AveragedClasses.present
  /// Whether each image has an index of its own. If this is false, the pixels of the whole batch make one.
  public var perImage = false

  public static let name = "lovasz"
  public static let takesClassWeights = false
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case classes
    case perImage = "per_image"
  }

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("classes", into: &classes)
    try values.read("per_image", into: &perImage)
  }

  public func validate() throws {}

  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    LovaszLoss(classes: classes, perImage: perImage)
  }
}
