import SegmentationImage

/// A data set: its classes, and the samples of each split, listed when asked for. `SegmentationDataset` makes one of a
/// program's own images.
public struct Dataset: Sendable {
  /// What the data set is called in output and manifests.
  public let name: String
  /// The folder that holds it.
  public let root: String
  public let labels: LabelSet
  /// The value that stands for white in images of 16 bits, such as 4095 if a camera of 12 bits made them; nil if they use
  /// the whole range. Images of 8 bits are read as they are.
  public var white: Int?
  private let list: @Sendable (Split) throws(DataError) -> SplitListing

  /// A data set whose samples `list` gives; it throws for a split that is not there.
  public init(
    name: String, root: String, labels: LabelSet, list: @escaping @Sendable (Split) throws(DataError) -> [Sample]
  ) {
    self.init(name: name, root: root, labels: labels) { split throws(DataError) -> SplitListing in
      SplitListing(samples: try list(split))
    }
  }

  init(
    name: String, root: String, labels: LabelSet, list: @escaping @Sendable (Split) throws(DataError) -> SplitListing
  ) {
    self.name = name
    self.root = root
    self.labels = labels
    self.list = list
  }

  /// Opens the data set that options name, with their share of validation images.
  public static func open(_ options: DataOptions) throws(DataError) -> Dataset {
    let options = options.located()
    return try open(kind: options.dataset, root: options.root).splitting(by: options)
  }

  /// Opens "cityscapes", "camvid" or a folder described by a card, given by the path of its YAML file (see
  /// `FolderCard`). `root` is the data set's folder; for a card it replaces the card's own root and may be empty.
  public static func open(kind: String, root: String) throws(DataError) -> Dataset {
    switch kind.lowercased() {
    case "cityscapes": return cityscapes(root: root)
    case "camvid": return camVid(root: root)
    default:
      guard Self.isCard(kind) else {
        throw DataError(
          "unknown data set '\(kind)': expected cityscapes, camvid or the path of a card (a .yaml file that names "
            + "classes and folders)"
        )
      }
      return try FolderCard(contentsOf: kind).dataset(root: root.isEmpty ? nil : root)
    }
  }

  /// Whether a kind of data set is the path of a card.
  static func isCard(_ kind: String) -> Bool {
    ["yaml", "yml"].contains(ImageListing.stemAndExtension(kind).fileExtension)
  }

  /// The folder of a data set that has no other place to be in.
  static func requiredRoot(_ root: String) throws(DataError) -> String {
    if root.isEmpty { throw DataError("the data set's folder is not given: --data-root (data.root) names it") }
    return root
  }

  /// The samples of a split in the order of their names.
  /// - Throws: `DataError` if folders are missing, an image lacks its mask or the split is empty.
  public func samples(of split: Split) throws(DataError) -> [Sample] {
    let samples = try listing(of: split).samples
    if samples.isEmpty {
      throw DataError("\(root.isEmpty ? "" : root + ": ")split '\(split.rawValue)' of \(name) has no images")
    }
    guard let white else { return samples }
    return samples.map { sample in
      var sample = sample
      sample.white = white
      return sample
    }
  }

  /// The samples of a split, which may be none, and what was left out.
  func listing(of split: Split) throws(DataError) -> SplitListing { try list(split) }

  /// What the folders of these splits hold beside the samples: one line for each folder in which something was left out.
  package func omissions(of splits: [Split]) -> [String] {
    var lines: [String] = []
    for split in splits {
      let listing: SplitListing
      do { listing = try self.listing(of: split) } catch { continue }
      for (folder, omissions) in listing.omissions {
        if let line = omissions.line(folder), !lines.contains(line) { lines.append(line) }
      }
    }
    return lines
  }
}
