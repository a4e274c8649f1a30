import Files
import SegmentationImage

/// A YAML card that describes any folder of images and masks. Every field:
///
/// ```yaml
/// name: garden                  # optional: what output calls it; the file's name by default
/// root: ../garden               # optional: where paths begin, relative to the card; the card's folder by default
/// white: 4095                   # optional: the value that is white in images of 16 bits; 65535 by default
/// classes:                      # training ids 0, 1, ... in this order
///   - {name: path, color: [128, 64, 128]}
///   - {name: lawn, color: [0, 128, 0]}
/// map:                          # what each raw mask value means: a class or `ignored`
///   0: path
///   255: lawn
///   128: ignored
/// splits:                       # train, val and test, as many as there are
///   train: {images: images/train, masks: masks/train}   # a.jpg with a.png
///   val: {list: val.txt}        # an image and a mask on each line
///   test: {images: images/test} # without masks: for prediction only
/// ```
///
/// A split says where its files are in one of these ways:
///
/// ```yaml
/// # Names that differ: 0001_rgb.jpg with 0001_L.png. `prefix` is what names begin with. The folders may be one.
/// train: {images: {folder: rgb, suffix: _rgb.jpg}, masks: {folder: labels, suffix: _L.png}}
/// # Folders below, one for each scene or city: images/ulm/a.jpg with masks/ulm/a.png.
/// train: {images: images, masks: masks, recursive: true}
/// # Names in a file (Pascal VOC, CVAT, mmsegmentation): each line names one image without folder and extension.
/// train: {images: JPEGImages, masks: SegmentationClass, list: ImageSets/Segmentation/train.txt}
/// # Paths in a file: an image and its mask on each line.
/// train: {list: train.txt}
/// ```
///
/// In lists of paths a tab stands between image and mask; a comma or blanks will do if no name has them. Blank lines and
/// lines that begin with `#` are passed over. Masks are PNG files.
///
/// RGB masks have a map from colors, such as `"#804080": path`. The key `other` (`other: ignored`) stands for all values
/// or colors that are not listed; without it an unlisted one is an error. Unknown keys are errors.
public struct FolderCard: Sendable, Equatable {
  /// Where a split's samples are.
  public enum Source: Sendable, Equatable {
    /// Images and masks paired by name: all of the folders, or those that a list names.
    case folders(images: NamePattern, masks: NamePattern?, list: String? = nil, isRecursive: Bool = false)
    /// A list of the paths of images and masks.
    case list(String)
  }

  /// The card's own path.
  public let path: String
  public let name: String
  /// The folder where paths begin.
  public let root: String
  public let labels: LabelSet
  /// The value that stands for white in images of 16 bits (see `Dataset.white`).
  public let white: Int?
  public let splits: [Split: Source]

  /// Reads a card.
  /// - Throws: `DataError` with the line of what is missing, unknown or wrong.
  public init(contentsOf path: String) throws(DataError) {
    let yaml: String
    do { yaml = try TextFile.read(path, limit: YAMLText.sizeLimit) } catch {
      throw DataError(
        "\(path): the card cannot be read\(FileListing.place(of: path)): \(error.reason); --dataset gives its path")
    }
    try self.init(yaml: yaml, path: path)
  }

  /// Reads a card's text; `path` is where it lies, for messages and relative roots.
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

  /// The described data set; `root` replaces the card's.
  public func dataset(root: String? = nil) -> Dataset {
    let root = root ?? self.root
    var dataset = Dataset(name: name, root: root, labels: labels) { split throws(DataError) -> SplitListing in
      let what = "split '\(split.rawValue)' of \(path)"
      switch splits[split] {
      case nil: throw DataError(lack(of: split))
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
