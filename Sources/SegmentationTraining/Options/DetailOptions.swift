import Basics

/// These options set the loss of STDC's detail head, which learns where the labels have edges.
public struct DetailOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The numbers that the Dice term compares with the edges.
  public enum Form: String, Codable, Sendable, CaseIterable {
    /// Probabilities are compared. Edges that touch ignored pixels do not count.
    case probabilities
    /// The scores themselves are compared, and edges of ignored pixels count too, as in the PyTorch reference. The
    /// loss can fall below 0.
    case scores
  }

  /// The loss of the detail head is multiplied by this number.
  public var coefficient = 1.0
  /// A pixel is an edge if the joined Laplacian of the labels is above this number.
  public var threshold = 0.1
  /// The Dice term of the loss is multiplied by this number.
  public var diceCoefficient = 1.0
  /// The binary cross entropy of the loss is multiplied by this number.
  public var crossEntropyCoefficient = 1.0
  /// The numbers that the Dice term compares with the edges.
  public var form = Form.probabilities
  /// Three numbers that join the edges at full, half and quarter size. The authors of STDC chose `[0.6, 0.3, 0.1]`.
  /// If this is null, the network's own numbers are used, which are random and never trained, as in the PyTorch
  /// reference.
  public var scaleWeights: [Double]?

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
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
