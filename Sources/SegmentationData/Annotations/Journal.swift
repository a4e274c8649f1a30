import Files
import Foundation

/// Says what an import is about to write into a folder, so that the same one can go on with it and others leave it alone.
struct Journal {
  private struct Entry: Codable, Equatable {
    let format: String
    let source: String
    let background: String
    let classes: [String]?
    let split: String
    let allowsOutside: Bool
  }

  private let entry: Entry
  private let path: String
  private let output: String

  init(_ work: AnnotationImport) throws {
    output = work.output
    path = "\(output)/.import.json"
    entry = Entry(
      format: work.format.rawValue, source: FileSystem.realPath(work.path) ?? work.path,
      background: "\(work.options.background)", classes: work.options.classes, split: work.options.split.rawValue,
      allowsOutside: work.options.allowsOutside)
    guard FileSystem.exists(output) else { return }
    guard FileSystem.isFolder(output) else {
      throw DataError("\(output): it is no folder; expected a new or an empty one")
    }
    let names: [String]
    do { names = try FileSystem.names(in: output).filter { $0 == ".import.json" || !$0.hasPrefix(".") } } catch {
      throw DataError(error.description)
    }
    if names.isEmpty { return }
    guard names.contains(".import.json") else {
      throw DataError("\(output): the folder is not empty, \(names[0]) is in it; give a new one")
    }
    let other = try? JSONDecoder().decode(Entry.self, from: Data(InputFile.contents(of: path, limit: 1 << 20)))
    guard other == entry else {
      throw DataError(
        "\(output): an import of other annotations, or with other options, was begun there; give a new folder")
    }
    AtomicFile.removeAbandoned(in: output)
  }

  /// Notes that the import has begun.
  func begin() throws {
    do {
      try FileSystem.makeFolder(output)
      try AtomicFile.write(try JSONEncoder().encode(entry), to: URL(filePath: path))
    } catch let error as FileError {
      throw DataError(error.description)
    }
  }

  /// Removes the note: the folder is whole.
  func end() { try? FileManager.default.removeItem(atPath: path) }
}
