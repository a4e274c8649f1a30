import Files
import SegmentationImage

/// A YAML card that describes any folder of images and masks. It has these fields:
///
/// ```yaml
/// name: garden                  # optional: the name in output; the file's name by default
/// root: ../garden               # optional: the folder where paths begin, relative to the card; its folder by default
/// white: 4095                   # optional: the value that stands for white in images of 16 bits; 65535 by default
/// classes:                      # training ids 0, 1, ... in this order
///   - {name: path, color: [128, 64, 128]}
///   - {name: lawn, color: [0, 128, 0]}
/// map:                          # the meaning of each raw mask value: a class or `ignored`
///   0: path
///   255: lawn
///   128: ignored
/// splits:                       # train, val and test, or some of them
///   train: {images: images/train, masks: masks/train}   # a.jpg with a.png
///   val: {list: val.txt}        # an image and a mask on each line
///   test: {images: images/test} # without masks: for prediction only
/// ```
///
/// A split says in one of these ways where its files are:
///
/// ```yaml
/// # The names differ: 0001_rgb.jpg with 0001_L.png. `prefix` is the start of names. Both folders may be the same.
/// train: {images: {folder: rgb, suffix: _rgb.jpg}, masks: {folder: labels, suffix: _L.png}}
/// # The folders have a folder for each scene or city: images/ulm/a.jpg with masks/ulm/a.png.
/// train: {images: images, masks: masks, recursive: true}
/// # A file lists names (Pascal VOC, CVAT, mmsegmentation): each line has an image's name without folder and extension.
/// train: {images: JPEGImages, masks: SegmentationClass, list: ImageSets/Segmentation/train.txt}
/// # A file lists paths: an image and its mask on each line.
/// train: {list: train.txt}
/// ```
///
/// In a list of paths, a tab stands between image and mask; a comma or blanks will do if no name contains them. Blank
/// lines and lines that begin with `#` are skipped. Masks are PNG files.
///
/// Masks in color have a map from colors, such as `"#804080": path`. The key `other` (`other: ignored`) stands for all
/// values or colors that are not listed; without it an unlisted one is an error. Unknown keys are errors.
public struct FolderCard: Sendable, Equatable {
  /// The place of a split's samples.
  public enum Source: Sendable, Equatable {
    /// Images and masks are paired by name: all of the folders, or those that a list names.
    case folders(images: NamePattern, masks: NamePattern?, list: String? = nil, isRecursive: Bool = false)
    /// A file lists the paths of images and masks.
    case list(String)
  }

  /// The card's own path.
  public let path: String
  /// The name in output and manifests.
  public let name: String
  /// The folder in which relative paths begin.
  public let root: String
  /// The classes, and the values or colors that stand for them in masks.
  public let labels: LabelSet
  /// The value that stands for white in images of 16 bits (see `Dataset.white`).
  public let white: Int?
  /// The place of the samples of each split that the card names.
  public let splits: [Split: Source]

  /// Reads a card from a file.
  /// - Throws: `DataError` with the line of the first mistake.
  public init(contentsOf path: String) throws(DataError) {
    let yaml: String
    do { yaml = try TextFile.read(path, limit: YAMLText.sizeLimit) } catch {
      throw DataError(
        "\(path): the card cannot be read\(FileListing.place(of: path)): \(error.reason); --dataset gives its path")
    }
    try self.init(yaml: yaml, path: path)
  }

  /// Reads a card from text.
  /// - Parameters:
  ///   - yaml: The text of the card.
  ///   - path: The path of the card, for messages and for a relative root.
  /// - Throws: `DataError` with the line of the first mistake.
  public init(yaml: String, path: String) throws(DataError) {
    let card = try CardReader(yaml: yaml, path: path)
    try card.allow(["name", "root", "white", "classes", "map", "splits"], in: card.top, "the card")
    self.path = path
    let fileName = path.split(separator: "/").last.map(String.init) ?? path
    name = try card.string("name", in: card.top) ?? ImageListing.stemAndExtension(fileName).stem.printable()
    root = FileListing.resolve(try card.string("root", in: card.top) ?? "", below: FileSystem.folder(of: path))
    white = try card.white()
    let classes = try card.classes()
    labels = LabelSet(classes: classes, encoding: try card.encoding(classes: classes))
    splits = try card.splits()
  }

  /// The data set that the card describes.
  /// - Parameter root: A folder that replaces the card's own root.
  public func dataset(root: String? = nil) -> Dataset {
    let root = root ?? self.root
    var dataset = Dataset(name: name, root: root, labels: labels) { split throws(DataError) -> SplitListing in
      let what = "split '\(split.rawValue)' of \(path)"
      switch splits[split] {
      case nil: throw DataError(lack(of: split), lacksSplit: true)
      case .folders(let images, let masks, let list, let isRecursive):
        let imagesBelow = images.inFolder(FileListing.resolve(images.folder, below: root))
        let masksBelow = masks.map { $0.inFolder(FileListing.resolve($0.folder, below: root)) }
        if let list {
          return SplitListing(
            samples: try SampleList(FileListing.resolve(list, below: root), what: what)
              .samples(images: imagesBelow, masks: masksBelow, root: root))
        }
        return try PairedFolders(
          images: imagesBelow, masks: masksBelow, isRecursive: isRecursive, what: what, card: (images, masks)
        ).listing()
      case .list(let file):
        return SplitListing(
          samples: try SampleList(FileListing.resolve(file, below: root), what: what).samples(root: root))
      }
    }
    dataset.white = white
    return dataset
  }

  private func lack(of split: Split) -> String {
    let known = Split.allCases.filter { splits[$0] != nil }.map(\.rawValue).joined(separator: ", ")
    let way =
      split == .val && splits[.train] != nil
      ? "; data.validation_share (such as 0.1) takes validation images from train, --no-validation trains without any"
      : ""
    return "\(path): no split '\(split.rawValue)' in the card (it has \(known))\(way)"
  }
}
