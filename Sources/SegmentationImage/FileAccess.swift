import Files
import Foundation

/// Reading and writing whole files, with errors that name the file.
package enum FileAccess {
  /// Reads a file, or its first `limit` bytes, into `buffer` and returns them, valid until the buffer is used again.
  package static func read(
    _ path: String, limit: Int = .max, into buffer: ScratchBuffer
  ) throws(ImageError) -> UnsafeBufferPointer<UInt8> {
    try read(open(path), limit: limit, into: buffer)
  }

  /// Opens a whole file.
  package static func open(_ path: String) throws(ImageError) -> FilePart {
    do { return try FilePart(path) } catch { throw ImageError(error, path) }
  }

  /// Reads a part of a file, or its first `limit` bytes, into `buffer` and returns them, valid until the buffer is used
  /// again.
  package static func read(
    _ part: FilePart, limit: Int = .max, into buffer: ScratchBuffer
  ) throws(ImageError) -> UnsafeBufferPointer<UInt8> {
    do throws(FileError) {
      let size = min(part.size, limit)
      // The largest images that can be decoded are smaller; a file with holes can claim any size.
      guard size <= 1 << 31 else {
        throw FileError("read", part.path, reason: "it has \(size) bytes, expected at most 2 GiB")
      }
      let bytes = buffer.reserve(max(size, 1))
      try part.read(at: 0, into: UnsafeMutableRawBufferPointer(start: bytes, count: size))
      return UnsafeBufferPointer(start: bytes, count: size)
    } catch {
      throw ImageError(error, part.path)
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

extension ImageError {
  /// The error of an image that cannot be read.
  package init(_ error: FileError, _ path: String) {
    self.init(path: path, reason: "cannot be read: \(error.reason)")
  }
}
