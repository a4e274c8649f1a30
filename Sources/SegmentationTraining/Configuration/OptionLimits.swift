/// The largest values that options of a kind take. They are far beyond use, and small enough that no product of several
/// leaves the range of integers.
enum OptionLimits {
  static let epochs = 1_000_000
  static let batch = 65_536
  static let steps = 1_000_000_000
  /// Factors, such as coefficients of losses.
  static let factor = 1e6
}
