import Basics
import Torch

/// The loss `focal` is the cross entropy with little weight for pixels that are right already.
public struct FocalOptions: LossOptions {
  /// The way in which the scores of several classes become probabilities.
  public enum Form: String, Codable, Sendable, CaseIterable {
    /// The classes exclude each other, with one cross entropy over all of them.
    case softmax
    /// Each class is set against all others, with one binary cross entropy per class, averaged over the classes.
    case sigmoid
  }

  /// The exponent of (1 - probability). 0 gives the cross entropy.
  public var gamma = 2.0
  /// The weight of pixels in the class; pixels outside it have the weight 1 - alpha. Both weigh the same if this is
  /// null. It is for the form `sigmoid` and for one score per pixel; `objective.class_weights` weights classes.
  public var alpha: Double?
  /// The way in which the scores of several classes become probabilities.
  public var form = Form.softmax

  /// The loss's name in a configuration and in reports.
  public static let name = "focal"
  /// Whether the loss takes the weights of the classes.
  public static let takesClassWeights = true
  /// The keys that the loss has beside `loss` and `coefficient`.
  public static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  enum CodingKeys: String, CodingKey, CaseIterable { case gamma, alpha, form }

  /// Creates the default options.
  public init() {}

  /// Decodes the options; those that are absent keep their defaults.
  /// - Throws: `InvalidOption` or `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: OptionCodingKey.self)
    try values.read("gamma", into: &gamma)
    try values.read("alpha", into: &alpha)
    try values.read("form", into: &form)
  }

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(gamma, in: 0...100, "gamma")
    try require((0...1).contains(alpha ?? 0), "alpha", "0 to 1, or null", found: alpha ?? 0)
  }

  /// Makes sure that the loss works with a number of scores per pixel: 1, or one per class.
  /// - Throws: `InvalidOption` if it does not.
  public func validate(scores: Int) throws(InvalidOption) {
    if scores > 1, form == .softmax, let alpha {
      throw InvalidOption(
        "alpha",
        "expected null, since form is softmax and there are several classes, found \(alpha); use objective.class_weights"
      )
    }
  }

  /// Creates the loss that the options describe.
  public func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss {
    FocalLoss(gamma: gamma, alpha: alpha, form: form, classWeights: classWeights, device: device)
  }
}
