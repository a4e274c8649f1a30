import Foundation

/// A data set: its classes, and the samples of each split, listed when asked for.
public struct Dataset: Sendable {
  /// What the data set is called in output and manifests.
  public let name: String
  /// The folder that holds it.
  public let root: String
  public let labels: LabelSet
  /// The value that stands for white in images of 16 bits, such as 4095 if a camera of 12 bits made them; nil if they use
  /// the whole range. Images of 8 bits are read as they are.
  public var white: Int?
  private let list: @Sendable (Split) throws(DataError) -> [Sample]

  /// A data set whose samples `list` gives; it throws for a split that is not there.
  public init(
    name: String, root: String, labels: LabelSet, list: @escaping @Sendable (Split) throws(DataError) -> [Sample]
  ) {
    self.name = name
    self.root = root
    self.labels = labels
    self.list = list
  }

  /// Opens "cityscapes", "camvid" or a folder described by a card, given by the path of its YAML file (see
  /// `FolderCard`). `root` is the data set's folder; for a card it replaces the card's own root and may be empty.
  public static func open(kind: String, root: String) throws(DataError) -> Dataset {
    switch kind.lowercased() {
    case "cityscapes": return cityscapes(root: root)
    case "camvid": return camVid(root: root)
    default:
      guard kind.hasSuffix(".yaml") || kind.hasSuffix(".yml") else {
        throw DataError(
          "unknown data set '\(kind)': expected cityscapes, camvid or the path of a card (a .yaml file, see FolderCard)"
        )
      }
      return try FolderCard(contentsOf: kind).dataset(root: root.isEmpty ? nil : root)
    }
  }

  /// The samples of a split in the order of their names. Throws where folders are missing, an image lacks its mask or
  /// the split is empty.
  public func samples(of split: Split) throws(DataError) -> [Sample] {
    let samples = try list(split)
    if samples.isEmpty { throw DataError("\(root): split '\(split.rawValue)' of \(name) has no images") }
    guard let white else { return samples }
    return samples.map { Sample(image: $0.image, mask: $0.mask, white: white) }
  }
}
