import Basics
import Torch

/// `focal`: the cross entropy with little weight for pixels that are right already.
public struct FocalOptions: LossOptions {
  /// How the scores of several classes become probabilities.
  public enum Form: String, Codable, Sendable, CaseIterable {
    /// The classes exclude each other: one cross entropy over all of them.
    case softmax
    /// Each class against all others: one binary cross entropy for each, averaged over the classes.
    case sigmoid
  }

  /// The exponent of (1 - probability); 0 gives the cross entropy.
  public var gamma = 2.0
  /// The factor of pixels in the class, with 1 - alpha for those outside it, in the sigmoid form and for one score; null:
  /// both count alike. Factors of classes are `objective.class_weights`.
  public var alpha: Double?
  /// How the scores of several classes become probabilities.
  public var form = Form.softmax

  public static let name = "focal"
  public static let takesClassWeights = true
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable { case gamma, alpha, form }

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("gamma", into: &gamma)
    try values.read("alpha", into: &alpha)
    try values.read("form", into: &form)
  }

  public func validate() throws {
    try require(gamma, in: 0...100, "gamma")
    try require((0...1).contains(alpha ?? 0), "alpha", "0 to 1, or null", found: alpha ?? 0)
  }

  public func validate(scores: Int) throws(InvalidOption) {
    if scores > 1, form == .softmax, let alpha {
      throw InvalidOption(
        "alpha",
        "expected null with form: softmax and several classes, found \(alpha); class_weights give each class a factor")
    }
  }

  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    FocalLoss(gamma: gamma, alpha: alpha, form: form, classWeights: classWeights, device: device)
  }
}
