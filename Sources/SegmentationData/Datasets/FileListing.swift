import Files
import SegmentationImage

/// The samples of a split, and what lies beside them and was left out.
struct SplitListing {
  var samples: [Sample]
  /// What was left out, by folder.
  var omissions: [(folder: String, omissions: ListingOmissions)] = []
}

/// Lists folders and resolves paths.
enum FileListing {
  static let imageExtensions: Set<String> = ["png", "jpg", "jpeg"]

  /// The images of a folder. `expected` says what the folder is for.
  static func images(in folder: String, isRecursive: Bool = false, expected: String) throws(DataError) -> ImageListing {
    try refuseMissing(folder, expected: expected)
    do { return try ImageListing(of: folder, isRecursive: isRecursive) } catch { throw DataError(error.description) }
  }

  /// The names in a folder, sorted, without hidden ones.
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

  /// Where a relative path was looked for, as messages say it; nothing for others.
  static func place(of path: String) -> String {
    guard !path.hasPrefix("/"), let current = FileSystem.realPath(".") else { return "" }
    return " below \(current)"
  }

  /// A path below a folder; absolute ones stay as they are.
  static func join(_ folder: String, _ path: String) -> String {
    path.isEmpty || path == "." ? folder : path.hasPrefix("/") ? path : "\(folder)/\(path)"
  }

  /// A path that somebody wrote, below a folder. Windows writes `\` between names.
  static func resolve(_ path: String, below folder: String) -> String {
    let joined = join(folder, path)
    guard path.contains("\\"), !FileSystem.exists(joined) else { return joined }
    let turned = join(folder, String(path.map { $0 == "\\" ? "/" : $0 }))
    return FileSystem.exists(turned) ? turned : joined
  }
}
