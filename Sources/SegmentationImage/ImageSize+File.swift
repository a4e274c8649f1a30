import CImageCodecs
import Files

// The size of images and the type of their values are words of this library too, and of those above it.
@_exported import struct Basics.ImageSize
@_exported import enum Basics.PixelType

extension ImageSize {
  /// The size of an image file, read from its header, turned as its EXIF orientation says unless that is ignored.
  public init(ofImageAt path: String, orientation: ExifOrientation = .apply) throws(ImageError) {
    try self.init(of: FileAccess.open(path), orientation: orientation)
  }

  /// The size of an image that is a file or a part of one.
  package init(of part: FilePart, orientation: ExifOrientation = .apply) throws(ImageError) {
    let buffer = ScratchBuffer()
    let limit = 1 << 16
    // The header comes first; only large metadata in a JPEG pushes it further down.
    let start = try FileAccess.read(part, limit: limit, into: buffer)
    guard let image = try? EncodedImage(start, path: part.path, orientation: orientation) else {
      self = try EncodedImage(FileAccess.read(part, into: buffer), path: part.path, orientation: orientation).size
      return
    }
    if start.count == limit, image.format == .webp, orientation == .apply {
      // The orientation follows the picture.
      self = try EncodedImage(FileAccess.read(part, into: buffer), path: part.path, orientation: orientation).size
      return
    }
    self = image.size
    // A PNG's orientation may also follow the picture.
    if start.count == limit, image.format == .png, orientation == .apply, image.orientation == 1,
      try Self.storedOrientation(ofPNG: part) >= 5
    {
      self = ImageSize(height: width, width: height)
    }
    withExtendedLifetime(buffer) {}
  }

  /// The orientation in a PNG's eXIf chunk; 1 if there is none. Reads the chunks' headers alone.
  private static func storedOrientation(ofPNG file: FilePart) throws(ImageError) -> Int {
    do throws(FileError) {
      var position = 8
      var orientation = 1
      while position + 12 <= file.size {
        let header = try file.read(at: position, count: 8)
        let length = header[..<4].reduce(0) { $0 << 8 | Int($1) }
        let name = header[4...]
        if length > file.size - position - 12 || name.elementsEqual("IEND".utf8) { break }
        if name.elementsEqual("eXIf".utf8) {
          // The first directory, which tells the orientation, begins within the first bytes.
          let block = try file.read(at: position + 8, count: min(length, 1 << 16))
          let found = Int(ci_exif_orientation(block, block.count))
          if found != 0 { orientation = found }
        }
        position += 12 + length
      }
      return orientation
    } catch {
      throw ImageError(error, file.path)
    }
  }
}
