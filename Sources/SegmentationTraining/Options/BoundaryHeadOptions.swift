import Basics

/// These options set the losses that go with the boundary head of PIDNet, which learns where the labels change.
public struct BoundaryHeadOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The loss of the boundary head is multiplied by this number.
  public var coefficient = 20.0
  /// The width of a boundary in pixels.
  public var width = 4
  /// The losses of the class scores count once more at the pixels that the boundary head takes for boundaries,
  /// multiplied by this number.
  public var classCoefficient = 1.0
  /// The boundary head takes a pixel for a boundary if its probability is above this number.
  public var threshold = 0.8

  /// Creates the default options, which are those of PIDNet's authors.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(coefficient, in: 0...OptionLimits.factor, "coefficient")
    try require(width, in: 1...64, "width")
    try require(classCoefficient, in: 0...OptionLimits.factor, "classCoefficient")
    try requireProbability(threshold, "threshold")
  }
}
