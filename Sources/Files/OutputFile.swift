import Foundation

/// A file open for writing from start to end.
package struct OutputFile: Sendable {
  let descriptor: Int32
  /// The file's name in error messages.
  package let path: String

  package init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes
    while !rest.isEmpty {
      // Systems refuse or shorten writes of 2 GiB and more.
      let count = Foundation.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError("write", path)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  package func write(_ data: some ContiguousBytes) throws(FileError) {
    do { try data.withUnsafeBytes { try write($0) } } catch { throw error as! FileError }
  }
}
