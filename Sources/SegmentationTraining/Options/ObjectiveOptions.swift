import SegmentationModels
import Torch

/// What training minimizes.
public struct ObjectiveOptions: Codable, Sendable, Equatable, ValidatedOptions {
  public enum PixelLossKind: String, Codable, Sendable, CaseIterable {
    /// Cross entropy of all labelled pixels.
    case crossEntropy = "ce"
    /// Cross entropy of the hard pixels.
    case ohem
  }

  public var loss = PixelLossKind.ohem
  /// OHEM: pixels whose class has a lower probability are hard.
  public var ohemThreshold = 0.7
  /// OHEM: at least this share of the labelled pixels counts.
  public var ohemMinimumShare = 1.0 / 16
  /// One factor for each class; `rtseg data check` computes some.
  public var classWeights: [Double]?
  /// Cross entropy: the share of the label that is spread over all classes.
  public var labelSmoothing = 0.0
  /// Factors of the auxiliary heads; the last also serves the heads after it.
  public var auxiliaryCoefficients = [1.0]
  public var detailCoefficient = 1.0
  /// Above this, the labels' Laplacian is an edge.
  public var detailThreshold = 0.1
  public var detailDiceCoefficient = 1.0
  public var detailCrossEntropyCoefficient = 1.0

  public init() {}

  public func validate() throws {
    try require(ohemThreshold > 0 && ohemThreshold < 1, "ohemThreshold", "between 0 and 1", found: ohemThreshold)
    try require(
      ohemMinimumShare >= 0 && ohemMinimumShare <= 1, "ohemMinimumShare", "between 0 and 1", found: ohemMinimumShare)
    try require(
      labelSmoothing >= 0 && labelSmoothing < 1, "labelSmoothing", "at least 0 and below 1", found: labelSmoothing)
    try require(
      labelSmoothing == 0 || loss == .crossEntropy, "labelSmoothing", "0 with the ohem loss", found: labelSmoothing)
    if let classWeights {
      let limit = OptionLimits.factor
      try require(
        classWeights.allSatisfy { $0 >= 0 && $0 <= limit } && classWeights.contains { $0 > 0 }, "classWeights",
        "numbers from 0 to \(limit), one of them above 0", found: classWeights)
    }
    try require(
      auxiliaryCoefficients.allSatisfy { (0...OptionLimits.factor).contains($0) }, "auxiliaryCoefficients",
      "numbers from 0 to \(OptionLimits.factor)",
      found: auxiliaryCoefficients)
    for (name, value) in [
      ("detailCoefficient", detailCoefficient), ("detailThreshold", detailThreshold),
      ("detailDiceCoefficient", detailDiceCoefficient),
      ("detailCrossEntropyCoefficient", detailCrossEntropyCoefficient),
    ] { try require(value, in: 0...OptionLimits.factor, name) }
  }

  /// The objective for a network on a device.
  public func makeObjective(for model: SegmentationModel, device: Device) -> any Objective {
    let pixelLoss: any PixelLoss =
      switch loss {
      case .crossEntropy:
        CrossEntropyLoss(classWeights: classWeights, labelSmoothing: labelSmoothing, device: device)
      case .ohem:
        OHEMLoss(
          threshold: ohemThreshold, minimumShare: ohemMinimumShare, classWeights: classWeights, device: device)
      }
    var objective: any Objective = AuxiliaryObjective(
      MainObjective(pixelLoss), pixelLoss: pixelLoss, coefficients: auxiliaryCoefficients)
    if let scaleWeights = (model as? STDC)?.detailConv?.weight {
      objective = DetailObjective(
        objective, scaleWeights: scaleWeights, coefficient: detailCoefficient, threshold: detailThreshold,
        diceCoefficient: detailDiceCoefficient, crossEntropyCoefficient: detailCrossEntropyCoefficient)
    }
    return objective
  }
}
