import Basics

/// The loss of STDC's detail head, which learns where the labels have edges.
public struct DetailOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The numbers that the Dice term compares with the edges.
  public enum Form: String, Codable, Sendable, CaseIterable {
    /// Probabilities. Edges that touch ignored pixels do not count.
    case probabilities
    /// The scores themselves, and edges of ignored pixels too, as in the PyTorch reference: the loss can fall below 0.
    case scores
  }

  /// The factor of the whole loss.
  public var coefficient = 1.0
  /// The joined Laplacian of the labels is an edge above this.
  public var threshold = 0.1
  /// The factor of the Dice term.
  public var diceCoefficient = 1.0
  /// The factor of the binary cross entropy.
  public var crossEntropyCoefficient = 1.0
  /// The numbers that the Dice term compares with the edges.
  public var form = Form.probabilities
  /// How edges at full, half and quarter size are joined: three factors, such as [0.6, 0.3, 0.1], which the authors
  /// chose. Null takes the network's own, which are random at its start and never trained, as in the PyTorch reference.
  public var scaleWeights: [Double]?

  public init() {}

  public func validate() throws {
    for (name, value) in [
      ("coefficient", coefficient), ("threshold", threshold), ("diceCoefficient", diceCoefficient),
      ("crossEntropyCoefficient", crossEntropyCoefficient),
    ] { try require(value, in: 0...OptionLimits.factor, name) }
    if let scaleWeights {
      let limit = OptionLimits.factor
      try require(
        scaleWeights.count == 3 && scaleWeights.allSatisfy { (-limit...limit).contains($0) }, "scaleWeights",
        "three numbers from -\(limit) to \(limit), or null", found: scaleWeights)
    }
  }
}
