import Basics

/// These options refuse crops in which one class fills too much (mmsegmentation's `cat_max_ratio`), so that crops of
/// nothing but road are rare.
public struct CropChoice: Codable, Equatable, Sendable, ValidatedOptions {
  /// The largest share of a crop's labelled pixels that one class may have.
  public var categoryShare = 0.75
  /// The number of crops that are tried. The last one is taken whatever it shows.
  public var tries = 10

  public init() {}

  public func validate() throws(InvalidOption) {
    try require(
      categoryShare > 0 && categoryShare <= 1, "categoryShare", "a share above 0, at most 1",
      found: categoryShare)
    try require((1...100).contains(tries), "tries", "1 to 100", found: tries)
  }

  /// Whether a crop with these labels is taken: it must show two classes at least, none of them too large.
  package func accepts(_ labels: UnsafePointer<Int64>, count: Int) -> Bool {
    var counts = [Int](repeating: 0, count: 256)
    for i in 0..<count { counts[Int(labels[i])] += 1 }
    counts[Int(LabelSet.ignored)] = 0
    let labelled = counts.reduce(0, +)
    return counts.count { $0 > 0 } > 1 && Double(counts.max()!) < categoryShare * Double(labelled)
  }
}
