import Files

/// Finds images with the same content in different splits, by their hashes. An image takes 48 bytes.
struct SharedImages: Sendable {
  /// The place of an image.
  struct Place: Comparable, Sendable {
    let split: Int
    let index: Int

    static func < (one: Place, other: Place) -> Bool { (one.split, one.index) < (other.split, other.index) }
  }

  private var images: [(digest: ContentDigest, place: Place)] = []
  private let isNeeded: Bool

  /// - Parameter splits: The number of splits. Nothing is kept for a single one.
  init(splits: Int) { isNeeded = splits > 1 }

  mutating func add(_ digest: ContentDigest, _ place: Place) {
    if isNeeded { images.append((digest, place)) }
  }

  /// The places of the images that are in several splits, each with the others that are the same.
  private var groups: [(digest: ContentDigest, places: [Place])] {
    var groups: [(digest: ContentDigest, places: [Place])] = []
    images.sorted { ($0.digest, $0.place) < ($1.digest, $1.place) }.forEachRun(of: \.digest) { run in
      guard run.contains(where: { $0.place.split != run.first!.place.split }) else { return }
      groups.append((run.first!.digest, run.map(\.place)))
    }
    return groups.sorted { $0.places[0] < $1.places[0] }
  }

  /// The images that are in several splits, in the order of their paths.
  func files(_ lists: [Samples]) -> [SharedFile] { first(.max, lists).files }

  /// The first images that are in several splits, and the number of all of them.
  func first(_ limit: Int, _ lists: [Samples]) -> (files: [SharedFile], count: Int) {
    let groups = groups
    let files = groups.prefix(limit).map { digest, places in
      let files = places.map { (split: $0.split, path: lists[$0.split][$0.index].image) }.sorted { $0 < $1 }
      return SharedFile(sha256: digest.hex, files: files.map(\.path))
    }
    return (files.sorted { $0.files[0] < $1.files[0] }, groups.count)
  }
}

extension Array {
  /// Calls `body` with each group of neighbours that are equal in something.
  func forEachRun<Value: Equatable>(of value: (Element) -> Value, _ body: (ArraySlice<Element>) -> Void) {
    var start = 0
    while start < count {
      let first = value(self[start])
      let end = self[(start + 1)...].firstIndex { value($0) != first } ?? count
      body(self[start..<end])
      start = end
    }
  }
}
