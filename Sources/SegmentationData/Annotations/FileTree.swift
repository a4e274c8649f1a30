import Files
import Foundation
import SegmentationImage

/// The files of an import's folder.
enum FileTree {
  /// The most folders within folders.
  private static let deepest = 32

  /// The paths of the files with an ending below a folder, sorted by their bytes. Links to folders are not followed.
  static func files(below folder: String, extension ending: String) throws -> [String] {
    var found: [String] = []
    func visit(_ folder: String, depth: Int) throws {
      guard depth < deepest else { throw DataError("\(folder): folders are nested deeper than \(deepest)") }
      for name in try FileSystem.names(in: folder) where !name.hasPrefix(".") {
        let path = "\(folder)/\(name)"
        switch FileSystem.kind(of: path) {
        case .folder: try visit(path, depth: depth + 1)
        case .file where ImageListing.stemAndExtension(name).fileExtension == ending: found.append(path)
        default: break
        }
      }
    }
    try visit(folder, depth: 0)
    return found
  }

  /// The path of a file that an annotation names, if it lies in the folder of the import.
  /// - Parameters:
  ///   - name: As it is written, perhaps with `\` between names and with `..`.
  ///   - folder: The folder in which the name begins.
  ///   - root: The folder that must not be left; nil if files may lie anywhere.
  static func file(_ name: String, in folder: String, root: String?) -> String? {
    let path = String(name.map { $0 == "\\" ? "/" : $0 })
    guard !path.isEmpty, !path.hasPrefix("/") || root == nil else { return nil }
    let whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
    return FileSystem.kind(of: whole) == .file && isInside(whole, root) ? whole : nil
  }

  /// Whether a path leads into a folder when all its links are followed; true if there is no folder to stay in.
  static func isInside(_ path: String, _ root: String?) -> Bool {
    guard let root else { return true }
    guard let real = FileSystem.realPath(path), let top = FileSystem.realPath(root) else { return false }
    return real == top || real.hasPrefix(top == "/" ? "/" : top + "/")
  }

  /// The image with a name that has no ending.
  static func image(named stem: String, in folder: String, root: String?) -> String? {
    ImageFormat.endings(first: .jpeg).lazy.compactMap { file("\(stem).\($0)", in: folder, root: root) }.first
  }

  /// The last name of a path, whatever stands between names.
  static func lastName(_ path: String) -> String {
    path.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? path
  }

  static func requireFolder(_ folder: String, _ expectation: String) throws {
    guard FileSystem.isFolder(folder) else {
      throw DataError(
        "\(folder): \(FileSystem.exists(folder) ? "it is no folder" : "no such folder"); expected \(expectation)")
    }
  }
}

/// The folders of a data set's splits, if it has some.
enum SplitFolders {
  /// The names of splits as tools write them.
  static let names: [(name: String, split: Split)] = [
    ("train", .train), ("training", .train), ("val", .val), ("valid", .val), ("validation", .val), ("test", .test),
    ("testing", .test),
  ]

  /// The split that a tool's word stands for.
  static func split(named name: String) -> Split? {
    let name = name.lowercased()
    return names.first { $0.name == name }?.split
  }

  /// The folders train, val (or valid) and test, or the folder itself as the split of the options.
  static func of(_ folder: String, _ options: ImportOptions) throws -> [(split: Split, folder: String)] {
    let found = names.filter { FileSystem.isFolder("\(folder)/\($0.name)") }.map { ($0.split, "\(folder)/\($0.name)") }
    return found.isEmpty ? [(options.split, folder)] : found
  }

}

/// Text files with an entry on each line.
enum TextLines {
  /// The lines without blanks at their ends, empty ones left out.
  static func of(_ path: String, limit: Int = 1 << 26) throws -> [String] {
    let text: String
    do { text = try TextFile.read(path, limit: limit) } catch {
      throw DataError("\(path): cannot be read: \(error.reason)")
    }
    return text.split(whereSeparator: \.isNewline).map { trimmed($0) }.filter { !$0.isEmpty }
  }

  /// A text without blanks at its ends.
  static func trimmed(_ text: some StringProtocol) -> String { text.trimmingCharacters(in: .whitespaces) }
}
