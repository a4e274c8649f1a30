import Basics

/// These options end a run before its last epoch.
public struct StoppingOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The run ends after this many validations in a row without a better score. It does not if this is null.
  public var patience: Int?
  /// A score counts as better only if it is better by more than this, on the scale 0 to 1.
  public var minimumImprovement = 0.0
  /// The run stops and saves after this many hours of training in all. `rtseg train --resume` with a larger number
  /// goes on. There is no limit if this is null.
  public var hours: Double?

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require((1...OptionLimits.epochs).contains(patience ?? 1), "patience", "1 or more", found: patience ?? 0)
    try require(
      minimumImprovement >= 0 && minimumImprovement <= 1, "minimumImprovement", "0 to 1", found: minimumImprovement)
    try require(hours.map { $0 > 0 && $0 <= 1e6 } ?? true, "hours", "a number above 0", found: hours ?? 0)
  }
}
