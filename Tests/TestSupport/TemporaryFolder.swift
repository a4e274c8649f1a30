import Foundation

/// A folder of its own for a test, removed when nobody holds the value.
public final class TemporaryFolder: Sendable {
  /// The place of the folder.
  public let url: URL
  /// The path of the folder.
  public var path: String { url.path }

  /// Creates an empty folder.
  public init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "rtseg-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The names of the files in the folder, sorted.
  public var files: [String] { get throws { try TestSupport.files(in: url) } }

  /// The path of a file in the folder, whose own folder is made if needed.
  public func file(_ name: String) throws -> String {
    let file = "\(path)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    return file
  }

  /// Writes a text to a file in the folder.
  public func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: file(name)))
  }
}
