import SegmentationImage

/// Which data is used and how it is loaded.
public struct DataOptions: Codable, Equatable, Sendable {
  /// "cityscapes", "camvid", or the path of a card (see `FolderCard`).
  public var dataset = "cityscapes"
  /// The data set's folder; a card needs none.
  public var root = ""
  /// Threads that load samples; 0 loads them on the calling thread.
  public var workers = 2
  /// How many batches are prepared ahead.
  public var prefetch = 2
  /// Whether unreadable files are left out and counted instead of stopping the run.
  public var skipBadFiles = false
  /// Whether a run may use the same image for training and validation.
  public var allowSharedFiles = false

  /// Whether images and masks are turned upright by the orientation that cameras note in the files (`apply`), as viewers
  /// show them, or are taken as their pixels are stored (`ignore`), for masks that were drawn on the stored pixels.
  public var exifOrientation = ExifOrientation.apply

  public init() {}

  /// Throws if a value makes no sense; the message names the key.
  public func validate() throws(DataError) {
    guard (0...256).contains(workers) else { throw DataError("data.workers: expected 0 to 256, found \(workers)") }
    guard (1...64).contains(prefetch) else { throw DataError("data.prefetch: expected 1 to 64, found \(prefetch)") }
  }
}
