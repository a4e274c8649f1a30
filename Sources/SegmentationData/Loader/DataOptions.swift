import Basics
import Files
import Foundation
import SegmentationImage

/// These options choose the data set and how it is loaded.
public struct DataOptions: Codable, Equatable, Sendable, ValidatedOptions {
  /// The data set: a name such as `cityscapes` or `ade20k` (`rtseg data` lists them), the path of a card (a .yaml file that
  /// names classes and folders), or the annotations of another tool, such as `coco:street`.
  public var dataset = "cityscapes"
  /// The data set's folder. It replaces the folder that a card names, or the path of annotations.
  public var root = ""
  /// The share of the training images that is kept for validation, for a data set without a split `val`. If this is
  /// null, the data set's own split is used.
  public var validationShare: Double?
  /// The number of threads that load images. With 0, the thread that trains loads them. The number does not change
  /// the result.
  public var workers = 2
  /// The number of batches that are prepared ahead.
  public var prefetch = 2
  /// Whether training files that cannot be read are left out and listed in `log.txt` and `manifest.json`. If this is
  /// false, such a file ends the run.
  public var skipBadFiles = false
  /// Whether validation files that cannot be read are left out too. The scores are then those of a smaller set.
  public var skipBadValidationFiles = false
  /// Whether a run may use the same image for training and for validation.
  public var allowSharedFiles = false

  /// The number of channels of images. Files must have it, also alpha counts; only with 3 channels of type `uint8`
  /// do gray, palettes, CMYK and 16 bits become RGB, and alpha is left out. Pages of a TIFF file with one channel each
  /// are channels.
  public var channels = 3
  /// The type of images' values, which tells the scale of `augmentation.mean` and `augmentation.std`: 0 to 1 for
  /// `uint8` and `uint16`, and the values of the files for `float32`, which reads every type.
  public var pixelType = PixelType.uint8

  /// The treatment of the orientation (EXIF) that cameras note in image files.
  public var exifOrientation = ExifOrientation.apply

  /// Images with rare classes are taken more often. If this is null, each image is taken once per epoch; `{}` turns
  /// it on with its defaults.
  public var rareClassSampling: RareClassSampling?

  /// The place where decoded images and masks are kept, so that each is decoded once. `disk` helps if decoding is
  /// slower than the network.
  public var cache = CacheKind.off
  /// The space that decoded images and masks may take up together, in gigabytes. A full cache keeps what it has.
  public var cacheGigabytes = 50.0
  /// The folder for decoded images and counts of classes, which several runs may share. If this is null, it is the
  /// folder in `RTSEG_CACHE`, or `rtseg` in `XDG_CACHE_HOME`, or `~/.cache/rtseg`.
  public var cacheFolder: String?

  /// The places where decoded images can be kept.
  public enum CacheKind: String, Codable, CaseIterable, Sendable {
    /// Nothing is kept: images and masks are decoded each time.
    case off
    /// Decoded images and masks are kept in files in `data.cache_folder`.
    case disk
  }

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws(InvalidOption) {
    try require(workers, in: 0...256, "workers")
    try require(prefetch, in: 1...64, "prefetch")
    try require(channels, in: 1...1024, "channels")
    if let share = validationShare {
      try require(
        share > 0 && share < 1, "validationShare", "a share above 0 and below 1, such as 0.1", found: share)
    }
    try require(valid: rareClassSampling, "rareClassSampling")
    try require(
      cacheGigabytes > 0 && cacheGigabytes <= 1e6, "cacheGigabytes", "a size above 0, at most 1000000",
      found: cacheGigabytes)
    try require(cacheFolder != "", "cacheFolder", "a folder", found: "nothing")
  }

  /// A folder in the one for what can be made again.
  func cacheFolder(_ name: String) -> String { (cacheFolder.map(Self.absolute) ?? CacheFolder.path()) + "/\(name)" }

  /// The same options with paths that mean the same from any folder: a run that is gone on with elsewhere finds its data.
  public func located() -> DataOptions {
    var options = self
    if Dataset.isCard(dataset) { options.dataset = Self.absolute(dataset) }
    if var source = AnnotationSource(dataset), !source.path.isEmpty {
      source.path = Self.absolute(source.path)
      options.dataset = source.kind
    }
    if !root.isEmpty { options.root = Self.absolute(root) }
    options.cacheFolder = cacheFolder.map(Self.absolute)
    return options
  }

  /// A path that means the same from any folder.
  package static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    if path == "~" || path.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"] {
      return home + path.dropFirst()
    }
    guard let current = FileSystem.realPath(".") else { return path }
    let below = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    return below.isEmpty || below == "." ? current : "\(current)/\(below)"
  }
}
