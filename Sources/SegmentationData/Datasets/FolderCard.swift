import Files
import SegmentationImage

/// A YAML card that describes any folder of images and masks. It has these fields:
///
/// ```yaml
/// name: garden                  # optional: the name in output; the file's name by default
/// base: cityscapes              # optional: a data set known by name, which gives what the card leaves out
/// root: ../garden               # optional: the folder where paths begin, relative to the card; its folder by default
/// white: 4095                   # optional: the value that stands for white in images of 16 bits; 65535 by default
/// tolerance: 0                  # optional: the greatest difference of a mask's value or color from a listed one
/// background: lawn              # optional: the class, or `ignored`, of values and colors that the map does not list
/// merge: {green: [lawn, tree]}  # optional: new classes, each with the classes that become it
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
/// # A regular expression matches the files' paths below a folder. Its groups pair an image with its mask.
/// train: {images: {folder: ., match: '(\d+)/rgb/(.*)\.jpg'}, masks: {folder: ., match: '(\d+)/labels/(.*)\.png'}}
/// # There are several places. `root` is the folder where the paths of one of them begin.
/// train: [{root: day, images: images, masks: masks}, {root: night, images: images, masks: masks}]
/// # Tar archives hold the samples, in WebDataset's layout: 0001.jpg with 0001.seg.png.
/// train: {shards: 'train-{000000..000012}.tar'}
/// ```
///
/// In a list of paths, a tab stands between image and mask; a comma or blanks will do if no name contains them. Blank
/// lines and lines that begin with `#` are skipped. Masks are PNG, TIFF, BMP or lossless WebP files, or JPEG files if the
/// card has a tolerance.
///
/// Masks in color have a map from colors, such as `"#804080": path`. A value or color that is not listed is an error
/// unless there is a background. Unknown keys are errors.
public struct FolderCard: Sendable, Equatable {
  /// The place of a split's samples.
  public enum Source: Sendable, Equatable {
    /// Images and masks are paired by name: all of the folders, or those that a list names. Paths begin at `root`, a
    /// folder below the card's root.
    case folders(
      images: NamePattern, masks: NamePattern?, list: String? = nil, isRecursive: Bool = false, root: String = "")
    /// A file lists the paths of images and masks. Paths begin at `root`, a folder below the card's root.
    case list(String, root: String = "")
    /// Tar archives hold the samples, in WebDataset's layout. The names may have ranges in braces, such as
    /// `train-{000000..000012}.tar`. `images` and `masks` are what follows the key in the members' names, such as `jpg`
    /// and `seg.png`, in the order in which they are looked for; `nil` stands for the usual ones. Paths begin at `root`,
    /// a folder below the card's root.
    case shards([String], images: [String]? = nil, masks: [String]? = nil, root: String = "")
  }

  /// The card's own path; the name of a data set that is known by name.
  public let path: String
  /// The name in output and manifests.
  public let name: String
  /// The folder in which relative paths begin.
  public let root: String
  /// The classes, and the values or colors that stand for them in masks.
  public let labels: LabelSet
  /// The value that stands for white in images of 16 bits (see `Dataset.white`).
  public let white: Int?
  /// The places of the samples of each split that the card names.
  public let splits: [Split: [Source]]
  /// Whether the card belongs to the library, so that only `--data-root` tells where the data set is.
  let isBuiltIn: Bool

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
    try self.init(yaml: yaml, path: path, isBuiltIn: false)
  }

  init(yaml: String, path: String, isBuiltIn: Bool) throws(DataError) {
    let card = try CardReader(yaml: yaml, path: path)
    try card.allow(CardReader.keys, in: card.top, "the card")
    self.path = path
    self.isBuiltIn = isBuiltIn
    name = try card.string("name", in: card.top) ?? (isBuiltIn ? path : Self.name(ofFileAt: path))
    root = FileListing.resolve(try card.string("root", in: card.top) ?? "", below: FileSystem.folder(of: path))
    let base = try card.base()
    white = try card.white() ?? base?.white
    labels = try card.labels(base: base?.labels)
    splits = try card.splits(base: base?.splits)
  }

  private static func name(ofFileAt path: String) -> String {
    let fileName = path.split(separator: "/").last.map(String.init) ?? path
    return ImageListing.stemAndExtension(fileName).stem.printable()
  }

  init(builtIn name: String, labels: LabelSet, splits: [Split: [Source]]) {
    (path, self.name, self.labels, self.splits) = (name, name, labels, splits)
    (root, white, isBuiltIn) = ("", nil, true)
  }

  /// The data set that the card describes.
  /// - Parameter root: A folder that replaces the card's own root.
  public func dataset(root: String? = nil) -> Dataset {
    let root = root ?? self.root
    var dataset = Dataset(name: name, root: root, labels: labels) { split throws(DataError) -> SplitListing in
      let below = try isBuiltIn ? Dataset.requiredRoot(root) : root
      guard let sources = splits[split] else { throw DataError(lack(of: split), lacksSplit: true) }
      var all = SplitListing(samples: [])
      for source in sources {
        let listing = try listing(of: source, root: below, split)
        all.samples += listing.samples
        all.omissions += listing.omissions
      }
      return all
    }
    dataset.white = white
    return dataset
  }

  private func listing(of source: Source, root: String, _ split: Split) throws(DataError) -> SplitListing {
    let what =
      isBuiltIn
      ? "\(name)'s split '\(split.rawValue)' (--data-root gives the data set's folder)"
      : "split '\(split.rawValue)' of \(path)"
    let acceptsJPEG = labels.tolerance > 0
    switch source {
    case .folders(let images, let masks, let list, let isRecursive, let folder):
      let root = FileListing.resolve(folder, below: root)
      let imagesBelow = images.inFolder(FileListing.resolve(images.folder, below: root))
      let masksBelow = masks.map { $0.inFolder(FileListing.resolve($0.folder, below: root)) }
      if let list {
        return SplitListing(
          samples: try SampleList(FileListing.resolve(list, below: root), what: what)
            .samples(images: imagesBelow, masks: masksBelow, root: root, acceptsJPEG: acceptsJPEG))
      }
      return try PairedFolders(
        images: imagesBelow, masks: masksBelow, isRecursive: isRecursive, acceptsJPEG: acceptsJPEG, what: what,
        card: isBuiltIn ? nil : (images, masks)
      ).listing()
    case .list(let file, let folder):
      let root = FileListing.resolve(folder, below: root)
      return SplitListing(
        samples: try SampleList(FileListing.resolve(file, below: root), what: what).samples(root: root))
    case .shards(let patterns, let images, let masks, let folder):
      let root = FileListing.resolve(folder, below: root)
      var shards: [String] = []
      for pattern in patterns {
        for name in try ShardPattern.names(pattern) { shards.append(FileListing.resolve(name, below: root)) }
      }
      for shard in shards where FileSystem.kind(of: shard) != .file {
        throw DataError(
          "\(shard): \(FileSystem.exists(shard) ? "not a file" : "no such file")\(FileListing.place(of: shard)); expected "
            + "a tar archive of \(what)")
      }
      return try ShardListing(
        shards: shards, fields: ShardListing.Fields(images, masks: masks), acceptsJPEG: acceptsJPEG,
        cacheFolder: DataOptions().cacheFolder("shards")
      ).listing()
    }
  }

  private func lack(of split: Split) -> String {
    let known = Split.allCases.filter { splits[$0] != nil }.map(\.rawValue).joined(separator: ", ")
    let way =
      split == .val && splits[.train] != nil
      ? "; data.validation_share (such as 0.1) takes validation images from train, --no-validation trains without any"
      : ""
    let place =
      isBuiltIn ? "\(name) has no split '\(split.rawValue)'" : "\(path): no split '\(split.rawValue)' in the card"
    return "\(place) (it has \(known))\(way)"
  }
}
