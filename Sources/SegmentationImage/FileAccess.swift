import Files
import Foundation

/// Reading and writing whole files, with errors that name the file.
package enum FileAccess {
  /// Reads a file, or its first `limit` bytes, into `buffer` and returns them, valid until the buffer is used again.
  package static func read(
    _ path: String, limit: Int = .max, into buffer: ScratchBuffer
  ) throws(ImageError) -> UnsafeBufferPointer<UInt8> {
    do throws(FileError) {
      let file = try InputFile(path)
      let size = min(file.size, limit)
      // The largest images that can be decoded are smaller; a file with holes can claim any size.
      guard size <= 1 << 31 else {
        throw FileError("read", path, reason: "it has \(size) bytes, expected at most 2 GiB")
      }
      let bytes = buffer.reserve(max(size, 1))
      try file.read(at: 0, into: UnsafeMutableRawBufferPointer(start: bytes, count: size))
      return UnsafeBufferPointer(start: bytes, count: size)
    } catch {
      throw ImageError(path: path, reason: "cannot be read: \(error.reason)")
    }
  }

  /// Writes a file, so that the target is whole or untouched.
  package static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(ImageError) {
    do {
      // An image is quickly made again, so there is no need to wait for the disk.
      try AtomicFile.write(to: path, isDurable: false) { try $0.write(bytes) }
    } catch {
      throw ImageError(path: path, reason: "cannot be written: \((error as? FileError)?.reason ?? "\(error)")")
    }
  }
}
