import Basics
import SegmentationModels
import Torch

/// These options choose the losses that training minimizes.
public struct ObjectiveOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The losses of the class scores, which are added up. Each is a name (ce, ohem, dice, focal, lovasz, tversky,
  /// boundary or bce) or a name with options, such as `{loss: dice, coefficient: 0.5, smooth: 1}`.
  public var terms = [LossTerm(OHEMOptions())]
  /// The weight of each class in the losses ce, ohem, dice, tversky and focal. It is computed from the training
  /// images (median, enet or inverse_sqrt), or given as a list with one number per class. All classes weigh the same
  /// if this is null.
  public var classWeights: ClassWeighting?
  /// The loss of each auxiliary head is multiplied by its number in this list. The last number also serves the heads
  /// after it.
  public var auxiliaryCoefficients = [1.0]
  /// The losses of the auxiliary heads, as in `terms`. If there are none, the auxiliary heads have the losses of
  /// `terms`.
  public var auxiliaryTerms: [LossTerm] = []
  /// The loss of the detail head of STDC networks.
  public var detail = DetailOptions()
  /// The losses that go with the boundary head of PIDNet.
  public var boundaryHead = BoundaryHeadOptions()

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
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
    try require(valid: detail, "detail")
    try require(valid: boundaryHead, "boundaryHead")
  }

  /// Checks whether the losses work with the scores that a network gives each pixel: 1, or one for each class.
  /// - Throws: `InvalidOption` with the whole key.
  public func validate(scores: Int) throws {
    try forEachTerm(of: "objective.") { try $0.options.validate(scores: scores) }
    if classWeights != nil, scores == 1 {
      throw InvalidOption(
        "objective.classWeights",
        "expected null, since the network gives one score per pixel; the loss bce has positive_weight for rare pixels")
    }
  }

  private func forEachTerm(of section: String = "", _ check: (LossTerm) throws -> Void) throws {
    for (name, terms) in [("terms", terms), ("auxiliaryTerms", auxiliaryTerms)] {
      for (index, term) in terms.enumerated() {
        do { try check(term) } catch let error as InvalidOption {
          throw InvalidOption("\(section)\(name)[\(index)].\(error.name)", error.reason)
        }
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
    func sum(_ terms: [LossTerm]) -> WeightedLosses {
      WeightedLosses(
        terms.map { ($0.name, $0.options.makeLoss(classWeights: classWeights, device: device), $0.coefficient) })
    }
    let losses = sum(terms)
    let objective = AuxiliaryObjective(
      MainObjective(losses), pixelLoss: auxiliaryTerms.isEmpty ? losses : sum(auxiliaryTerms),
      coefficients: auxiliaryCoefficients)
    if model.hasBoundaryHead {
      return BoundaryHeadObjective(objective, pixelLoss: losses, options: boundaryHead)
    }
    guard let scaleWeights = model.detailScaleWeights else { return objective }
    return DetailObjective(objective, options: detail, scaleWeights: scaleWeights)
  }
}
