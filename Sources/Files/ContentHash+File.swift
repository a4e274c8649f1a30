import Foundation

extension ContentHash {
  /// The hash of a file's bytes as 64 hexadecimal digits.
  /// - Throws: `FileError` if the file cannot be read.
  package static func hex(ofFileAt path: String) throws(FileError) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { throw FileError("read", path) }
    defer { try? file.close() }
    let stream = Stream()
    do {
      while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { stream.add(piece) }
    } catch {
      throw FileError("read", path)
    }
    return stream.finish()
  }
}
