import Files
import SegmentationImage
import Synchronization

/// The samples of a split, and the other files in its folders.
struct SplitListing: Sendable {
  var samples: Samples
  /// The files that were left out, by folder.
  var omissions: [(folder: String, omissions: ListingOmissions)] = []
  /// Tells what else there is to say about the samples, one line each. Some of it is known after they were read.
  var notes: @Sendable () -> [String] = { [] }
}

/// The listings of a data set's splits, so that a million files are listed once and all that use them see the same ones.
final class ListingMemory: Sendable {
  private let listings = Mutex<[Split: SplitListing]>([:])

  func listing(of split: Split) -> SplitListing? { listings.withLock { $0[split] } }

  func keep(_ listing: SplitListing, of split: Split) { listings.withLock { $0[split] = listing } }
}

/// Lists folders and resolves paths.
enum FileListing {
  static let imageExtensions = ImageListing.fileExtensions

  /// The endings of masks' names. JPEG files are masks only if a card has a tolerance.
  static func maskExtensions(withJPEG: Bool) -> Set<String> {
    withJPEG ? imageExtensions : imageExtensions.subtracting(ImageFormat.jpeg.fileExtensions)
  }

  /// The images of a folder.
  /// - Parameter expected: A description of the folder, for messages.
  /// - Throws: `DataError` if there is no such folder.
  static func images(in folder: String, isRecursive: Bool = false, expected: String) throws(DataError) -> ImageListing {
    try refuseMissing(folder, expected: expected)
    do { return try ImageListing(of: folder, isRecursive: isRecursive) } catch { throw DataError(error.description) }
  }

  /// The sorted names in a folder, without hidden ones.
  /// - Throws: `DataError` if there is no such folder.
  static func names(in folder: String, expected: String) throws(DataError) -> [String] {
    try refuseMissing(folder, expected: expected)
    do { return try FileSystem.names(in: folder).filter { !$0.hasPrefix(".") } } catch {
      throw DataError(error.description)
    }
  }

  private static func refuseMissing(_ folder: String, expected: String) throws(DataError) {
    if FileSystem.isFolder(folder) { return }
    let reason = FileSystem.exists(folder) ? "not a folder" : "no such folder"
    throw DataError("\(folder): \(reason)\(place(of: folder)); expected \(expected)")
  }

  /// The words that tell where a relative path was looked for; empty for an absolute path.
  static func place(of path: String) -> String {
    guard !path.hasPrefix("/"), let current = FileSystem.realPath(".") else { return "" }
    return " below \(current)"
  }

  /// A path below a folder; an absolute path stays as it is.
  static func join(_ folder: String, _ path: String) -> String {
    path.isEmpty || path == "." ? folder : path.hasPrefix("/") ? path : "\(folder)/\(path)"
  }

  /// A path that a person wrote, below a folder. A `\` between names, as Windows writes it, is understood.
  static func resolve(_ path: String, below folder: String) -> String {
    let joined = join(folder, path)
    guard path.contains("\\"), !FileSystem.exists(joined) else { return joined }
    let turned = join(folder, String(path.map { $0 == "\\" ? "/" : $0 }))
    return FileSystem.exists(turned) ? turned : joined
  }
}
