/// The largest values that options of several kinds may have. They are far beyond any use, but so small that products
/// of several of them stay within the range of integers.
enum OptionLimits {
  static let epochs = 1_000_000
  static let batch = 65_536
  static let steps = 1_000_000_000
  /// The limit of factors, such as coefficients of losses.
  static let factor = 1e6
}
