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
  /// Whether training files that cannot be read are left out, and listed in `log.txt` and `manifest.json`, instead of
  /// stopping the run.
  public var skipBadFiles = false
  /// The same for validation files. Without them the scores are those of another, smaller set.
  public var skipBadValidationFiles = false
  /// Whether a run may use the same image for training and validation.
  public var allowSharedFiles = false

  public init() {}

  /// Throws where a value makes no sense; the message names the key.
  public func validate() throws(DataError) {
    guard (0...256).contains(workers) else { throw DataError("data.workers: expected 0 to 256, found \(workers)") }
    guard (1...64).contains(prefetch) else { throw DataError("data.prefetch: expected 1 to 64, found \(prefetch)") }
  }
}
