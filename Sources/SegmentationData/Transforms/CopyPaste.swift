import Basics
import SegmentationImage

/// These options paste the pixels of rare classes of another sample, with their labels (Ghiasi et al.,
/// https://arxiv.org/abs/2012.07177). The other sample is scaled, turned and cropped in a way of its own.
public struct CopyPaste: Codable, Equatable, Sendable, ValidatedOptions {
  static let name = "copy_paste"

  /// The probability that something is pasted into an image.
  public var probability = 0.5
  /// The names of the classes that are pasted. If the list is empty, the rarest classes are pasted.
  public var classes: [String] = []
  /// The number of rarest classes that are pasted if `classes` is empty: those with the fewest pixels of all that
  /// occur in the training images.
  public var rarest = 3

  public init() {}

  public func validate() throws(InvalidOption) {
    try requireProbability(probability, "probability")
    try require((1...255).contains(rarest), "rarest", "1 to 255", found: rarest)
  }

  /// The training ids of the named classes.
  /// - Throws: `DataError` for a name that is not a class of the data set.
  func namedIds(_ labels: LabelSet) throws(DataError) -> [Int] {
    var ids: [Int] = []
    for name in classes {
      guard let id = labels.names.firstIndex(of: name) else {
        let names = labels.names.joined(separator: ", ")
        throw DataError(
          "augmentation.copy_paste.classes: expected names of the data set's classes (\(names)), found \(name)")
      }
      if !ids.contains(id) { ids.append(id) }
    }
    return ids
  }

  /// Which classes are pasted, and from which samples.
  package struct Source: Sendable {
    /// By training id.
    let isPasted: [Bool]
    /// The samples that show each pasted class.
    let samples: [[Int]]

    init(_ options: CopyPaste, labels: LabelSet, statistics: ClassStatistics) throws(DataError) {
      var ids = try options.namedIds(labels)
      if ids.isEmpty {
        let present = labels.classes.indices.filter { statistics.pixels[$0] > 0 }
        ids = Array(present.sorted { (statistics.pixels[$0], $0) < (statistics.pixels[$1], $1) }.prefix(options.rarest))
      }
      isPasted = (0..<256).map { ids.contains($0) }
      samples = ids.map { id in statistics.images.indices.filter { statistics.images[$0][id] > 0 } }
        .filter { !$0.isEmpty }
    }

    /// Whether a crop shows something to paste.
    func shows(_ labels: UnsafePointer<Int64>, count: Int) -> Bool {
      (0..<count).contains { isPasted[Int(labels[$0])] }
    }
  }

  /// Draws the sample that is pasted from: a class, then one of the samples that show it. Nil if nothing is pasted.
  func draw(from source: Source, using random: inout RandomStream) -> Int? {
    let happens = random.happens(probability)
    guard happens, !source.samples.isEmpty else { return nil }
    let samples = source.samples[random.index(below: source.samples.count)]
    return samples[random.index(below: samples.count)]
  }
}
