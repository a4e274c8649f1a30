import Basics
import SegmentationModels
import Torch

/// The losses that training minimizes.
public struct ObjectiveOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The losses of the class scores, which are added up. Each is a name (ce, ohem, dice, focal, lovasz, tversky, boundary
  /// or bce) or a name with options, such as {loss: dice, coefficient: 0.5, smooth: 1}.
  public var terms = [LossTerm(OHEMOptions())]
  /// Factors of the classes in ce, ohem, dice, tversky and focal: median, enet or inverse_sqrt, computed from the
  /// training images, or one number for each class.
  public var classWeights: ClassWeighting?
  /// Factors of the auxiliary heads; the last also serves the heads after it.
  public var auxiliaryCoefficients = [1.0]
  /// The loss of STDC's detail head.
  public var detail = DetailOptions()

  public init() {}

  public func validate() throws {
    try require(!terms.isEmpty, "terms", "at least one loss", found: "none")
    try forEachTerm { try $0.validate() }
    if let classWeights {
      try classWeights.validate()
      try require(
        terms.contains { type(of: $0.options).takesClassWeights }, "classWeights",
        "a loss in objective.terms that takes them (\(Self.weightedLosses))",
        found: terms.map(\.name).joined(separator: ", "))
    }
    try require(
      auxiliaryCoefficients.allSatisfy { (0...OptionLimits.factor).contains($0) }, "auxiliaryCoefficients",
      "numbers from 0 to \(OptionLimits.factor)", found: auxiliaryCoefficients)
    do { try detail.validate() } catch let error as InvalidOption {
      throw InvalidOption("detail.\(error.name)", error.reason)
    }
  }

  /// Checks whether the losses work with the scores that a network gives each pixel: 1, or one for each class.
  /// - Throws: `InvalidOption` with the whole key.
  public func validate(scores: Int) throws {
    try forEachTerm(of: "objective.") { try $0.options.validate(scores: scores) }
    if classWeights != nil, scores == 1 {
      throw InvalidOption(
        "objective.classWeights",
        "expected null with one score for each pixel; for rare pixels the loss bce has positive_weight")
    }
  }

  private func forEachTerm(of section: String = "", _ check: (LossTerm) throws -> Void) throws {
    for (index, term) in terms.enumerated() {
      do { try check(term) } catch let error as InvalidOption {
        throw InvalidOption("\(section)terms[\(index)].\(error.name)", error.reason)
      }
    }
  }

  private static var weightedLosses: String {
    LossTerm.kinds.filter { $0.takesClassWeights }.map { $0.name }.joined(separator: ", ")
  }

  /// The objective for a network on a device.
  /// - Parameter classWeights: One factor for each class: what `classWeights.weights(of:classes:)` gives.
  public func makeObjective(
    for model: SegmentationModel, device: Device, classWeights: [Double]? = nil
  ) -> any Objective {
    let losses = WeightedLosses(
      terms.map { ($0.name, $0.options.makeLoss(classWeights: classWeights, device: device), $0.coefficient) })
    let objective = AuxiliaryObjective(
      MainObjective(losses), pixelLoss: losses, coefficients: auxiliaryCoefficients)
    guard let scaleWeights = model.detailScaleWeights else { return objective }
    return DetailObjective(objective, options: detail, scaleWeights: scaleWeights)
  }
}
