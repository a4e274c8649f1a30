import Files
import Foundation
import SegmentationImage

/// The decoded pixels of one file, mapped from the cache into memory.
///
/// An entry is a file of its own: a header of 256 bytes, then the rows. It is created under another name and renamed,
/// and never written again, so that mapped memory does not change whatever other processes do.
package final class CachedImage: @unchecked Sendable {
  static let headerSize = 256
  private static let magic = Array("rtseg pixels 1\n".utf8)

  let size: ImageSize
  /// The bytes of each pixel.
  let channels: Int
  /// Whether the pixels were turned by the image's EXIF orientation.
  let isTurned: Bool
  /// The stamp of the entry itself, by which a later change is noticed.
  let stamp: FileStamp
  private let memory: UnsafeRawPointer
  private let byteCount: Int
  private let hash: String

  /// Maps an entry; fails if there is none.
  /// - Throws: `DataError` with the damage if the entry is damaged.
  init?(_ path: String, key: String) throws(DataError) {
    let descriptor = FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size >= Self.headerSize else {
      throw DataError("it is too short")
    }
    let byteCount = Int(status.st_size)
    guard let memory = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0), memory != MAP_FAILED else {
      return nil
    }
    let text = String(
      decoding: UnsafeRawBufferPointer(start: memory, count: Self.headerSize).prefix { $0 != 0 }, as: UTF8.self)
    let fields = text.split(separator: "\n").map(String.init)
    let numbers = fields.count == 4 ? fields[3].split(separator: " ").compactMap { Int($0) } : []
    guard text.utf8.starts(with: Self.magic), numbers.count == 4, fields[1] == key, (1...1 << 20).contains(numbers[0]),
      (1...1 << 20).contains(numbers[1]), (1...4096).contains(numbers[2]),
      byteCount == Self.headerSize + numbers[0] * numbers[1] * numbers[2]
    else {
      munmap(memory, byteCount)
      throw DataError("its header is damaged")
    }
    self.memory = UnsafeRawPointer(memory)
    self.byteCount = byteCount
    size = ImageSize(height: numbers[0], width: numbers[1])
    channels = numbers[2]
    isTurned = numbers[3] != 0
    hash = fields[2]
    stamp = FileStamp(status)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: memory), byteCount) }

  /// The rows from a row to the last one.
  package func rows(from row: Int) -> UnsafePointer<UInt8> {
    (memory + Self.headerSize + row * size.width * channels).assumingMemoryBound(to: UInt8.self)
  }

  /// Whether the header and the pixels are as they were written, by their hash.
  var isWhole: Bool {
    let pixels = UnsafeRawBufferPointer(start: memory + Self.headerSize, count: byteCount - Self.headerSize)
    return hash == Self.hash(of: pixels, Self.shape(size, channels, isTurned))
  }

  private static func shape(_ size: ImageSize, _ channels: Int, _ isTurned: Bool) -> String {
    "\(size.height) \(size.width) \(channels) \(isTurned ? 1 : 0)"
  }

  private static func hash(of pixels: UnsafeRawBufferPointer, _ shape: String) -> String {
    let stream = ContentHash.Stream()
    stream.add(Array(shape.utf8))
    stream.add(pixels)
    return stream.finish()
  }

  /// Writes an entry.
  static func write(
    _ pixels: UnsafePointer<UInt8>, size: ImageSize, channels: Int, isTurned: Bool, key: String, to path: String
  ) throws {
    let bytes = UnsafeRawBufferPointer(start: pixels, count: size.area * channels)
    let shape = shape(size, channels, isTurned)
    var header = magic + Array("\(key)\n\(hash(of: bytes, shape))\n\(shape)\n".utf8)
    header += [UInt8](repeating: 0, count: headerSize - header.count)
    try AtomicFile.write(to: path, isDurable: false) { file in
      try file.write(header)
      try file.write(bytes)
    }
  }
}
