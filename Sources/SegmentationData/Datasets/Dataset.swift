import Files
import SegmentationImage

/// A data set: its classes, and the samples of each split, which are listed when they are asked for.
///
/// A *sample* is an image with its *mask*, a file that gives the class of each pixel. The *raw values* or colors in a
/// mask stand for *training ids*, the numbers 0, 1, ... of the classes. The training id of a pixel is its *label*; 255
/// marks pixels that are ignored.
///
/// `SegmentationDataset` makes a data set of images that a program draws or computes itself.
public struct Dataset: Sendable {
  /// The name in output and manifests.
  public let name: String
  /// The data set's folder.
  public let root: String
  /// The classes, and the values or colors that stand for them in masks.
  public let labels: LabelSet
  /// The value that stands for white in images of 16 bits, such as 4095 for a camera of 12 bits; `nil` if they use the
  /// whole range. Images of 8 bits are read as they are.
  public var white: Int?
  private let list: @Sendable (Split) throws(DataError) -> SplitListing
  /// The listings of the splits, which copies of this value share.
  private let listings = ListingMemory()

  /// Creates a data set.
  /// - Parameters:
  ///   - name: The name in output and manifests.
  ///   - root: The data set's folder, for messages.
  ///   - labels: The classes.
  ///   - list: Returns the samples of a split, and throws if the split does not exist. A list that it returned is not
  ///     asked for again.
  public init(
    name: String, root: String, labels: LabelSet, list: @escaping @Sendable (Split) throws(DataError) -> [Sample]
  ) {
    self.init(name: name, root: root, labels: labels) { split throws(DataError) -> SplitListing in
      SplitListing(samples: Samples(try list(split)))
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

  /// Opens the data set that options name. If they ask for it, a share of the training images becomes the validation
  /// images.
  /// - Throws: `DataError` if there is no such data set or its card is wrong.
  public static func open(_ options: DataOptions) throws(DataError) -> Dataset {
    let options = options.located()
    return try open(kind: options.dataset, root: options.root).splitting(by: options)
  }

  /// Opens a data set by its kind.
  /// - Parameters:
  ///   - kind: A name, such as "cityscapes" or "ade20k" (see `FolderCard.names`), the path of a card, or annotations of
  ///     another tool, such as "coco:street" (see `AnnotationFormat`).
  ///   - root: The data set's folder. For a card it replaces the card's own root and may be empty; for annotations it
  ///     replaces their path.
  /// - Throws: `DataError` if there is no such data set or its card is wrong.
  public static func open(kind: String, root: String) throws(DataError) -> Dataset {
    if let source = AnnotationSource(kind) {
      let path = root.isEmpty ? source.path : root
      guard !path.isEmpty else {
        throw DataError("\(kind): no path follows the colon; expected \(source.format.expectation)")
      }
      return try annotations(source.format, at: path)
    }
    if kind.lowercased() == "cityscapes" { return cityscapes(root: root) }
    if let card = try FolderCard.named(kind) { return card.dataset(root: root) }
    guard Self.isCard(kind) else {
      throw DataError(
        "unknown data set '\(kind)': expected a name, the path of a card (a .yaml file that names classes and folders), or "
          + "annotations such as coco:PATH (\(AnnotationFormat.allCases.map(\.rawValue).joined(separator: ", "))); "
          + FolderCard.advice(on: kind))
    }
    return try FolderCard(contentsOf: kind).dataset(root: root.isEmpty ? nil : root)
  }

  /// Whether a kind of data set is the path of a card, by its extension.
  static func isCard(_ kind: String) -> Bool {
    AnnotationSource(kind) == nil && ["yaml", "yml"].contains(ImageListing.stemAndExtension(kind).fileExtension)
  }

  /// The folder of a data set that has no default place.
  /// - Throws: `DataError` if it is empty.
  static func requiredRoot(_ root: String) throws(DataError) -> String {
    if root.isEmpty { throw DataError("the data set's folder is not given: --data-root (data.root) names it") }
    return root
  }

  /// The samples of a split, sorted by name. They are listed once; files that appear later are in the list of a data
  /// set that is opened later.
  /// - Throws: `DataError` if a folder is missing, an image lacks its mask or the split is empty.
  public func samples(of split: Split) throws(DataError) -> Samples {
    var samples = try listing(of: split).samples
    if samples.isEmpty {
      throw DataError("\(root.isEmpty ? "" : root + ": ")split '\(split.rawValue)' of \(name) has no images")
    }
    if let white { samples.white = white }
    return samples
  }

  /// The samples of a split, perhaps none, and the files that were left out.
  func listing(of split: Split) throws(DataError) -> SplitListing {
    if let known = listings.listing(of: split) { return known }
    defer { ListingProgress.note(0) }
    let listing = try list(split)
    listings.keep(listing, of: split)
    return listing
  }

  /// Notes about the files in these splits' folders that are no samples, one line for each folder that has some, and about
  /// annotations that cannot be used, one line for each kind of problem.
  package func omissions(of splits: [Split]) -> [String] {
    var lines: [String] = []
    for split in splits {
      let listing: SplitListing
      do { listing = try self.listing(of: split) } catch { continue }
      for (folder, omissions) in listing.omissions {
        if let line = omissions.line(folder), !lines.contains(line) { lines.append(line) }
      }
      for line in listing.notes() where !lines.contains(line) { lines.append(line) }
    }
    return lines
  }
}
