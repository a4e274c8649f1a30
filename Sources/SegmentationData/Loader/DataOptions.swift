import Basics
import Files
import Foundation
import SegmentationImage

/// Which data is used and how it is loaded.
public struct DataOptions: Codable, Equatable, Sendable, ValidatedOptions {
  /// "cityscapes", "camvid", or the path of a card (see `FolderCard`).
  public var dataset = "cityscapes"
  /// The data set's folder; a card needs none.
  public var root = ""
  /// The share of the training images that validates, for data sets without a split `val`; none: the data set's own.
  public var validationShare: Double?
  /// Threads that load samples; 0 loads them on the calling thread.
  public var workers = 2
  /// How many batches are prepared ahead.
  public var prefetch = 2
  /// Whether training files that cannot be read are left out, and listed in `log.txt` and `manifest.json`, instead of
  /// stopping the run.
  public var skipBadFiles = false
  /// The same for validation files. Without them the scores are those of another, smaller set.
  public var skipBadValidationFiles = false
  /// Whether a run may use the same image for training and validation.
  public var allowSharedFiles = false

  /// Whether images and masks are turned upright by the orientation that cameras note in the files (`apply`), as viewers
  /// show them, or are taken as their pixels are stored (`ignore`), for masks that were drawn on the stored pixels.
  public var exifOrientation = ExifOrientation.apply

  /// Takes training images so that rare classes are seen as often as common ones; none: each image once an epoch.
  public var rareClassSampling: RareClassSampling?

  /// Whether decoded images and masks are kept on the disk, so that they are decoded once.
  public var cache = CacheKind.off
  /// How much the decoded images and masks may take up together, in gigabytes. A full cache keeps what it has.
  public var cacheGigabytes = 50.0
  /// The folder for decoded images and counts of classes, which several runs may share; none: `RTSEG_CACHE`, or `rtseg`
  /// in `XDG_CACHE_HOME`, or `~/.cache/rtseg`.
  public var cacheFolder: String?

  public enum CacheKind: String, Codable, CaseIterable, Sendable {
    case off, disk
  }

  public init() {}

  public func validate() throws(InvalidOption) {
    try require(workers, in: 0...256, "workers")
    try require(prefetch, in: 1...64, "prefetch")
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
