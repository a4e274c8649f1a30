import CImageCodecs
import Foundation

/// One 8-bit value for each pixel: a class id, or a data set's raw value. Rows come from the top.
public struct Mask: Equatable, Sendable {
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// The values of all pixels: height * width.
  public var values: [UInt8]

  /// Makes a mask of exactly `height * width` values.
  public init(height: Int, width: Int, values: [UInt8]) {
    precondition(values.count == height * width, "a mask of \(height)x\(width) has \(height * width) values")
    self.height = height
    self.width = width
    self.values = values
  }

  /// A mask of one value.
  public init(height: Int, width: Int, filledWith value: UInt8 = 0) {
    self.init(height: height, width: width, values: [UInt8](repeating: value, count: height * width))
  }

  /// Reads a gray or palette file: PNG, TIFF or BMP, or WebP without loss. Palette indices are taken as stored, gray of 1,
  /// 2 or 4 bits is scaled to 8 bits (white is 255), and gray of more bits is taken as it is. The mask is turned if the
  /// file has an EXIF orientation, as images are. Color files, files whose compression changes values, and values that
  /// are no whole numbers from 0 to 255 are errors.
  public init(contentsOf url: URL, orientation: ExifOrientation = .apply) throws(ImageError) {
    self = try EncodedImage.reading(url.path, orientation: orientation) { file throws(ImageError) in
      try Mask(file)
    }
  }

  /// Decodes a file that is in memory.
  package init(_ file: EncodedImage) throws(ImageError) {
    try file.requireMaskFormat()
    self.init(height: file.size.height, width: file.size.width, values: try file.decoded(.values))
  }

  /// The height and width in pixels.
  public var size: ImageSize { ImageSize(height: height, width: width) }

  /// The value at a column and row.
  public subscript(x: Int, y: Int) -> UInt8 {
    get { values[y * width + x] }
    set { values[y * width + x] = newValue }
  }

  /// Writes the mask as PNG, atomically. With a palette, viewers show its colors; without one, values are gray.
  public func write(to url: URL, palette: Palette? = nil) throws(ImageError) {
    try EncodedImage.encode(to: url.path) { out, size, error in
      guard let palette else {
        return ci_encode_png(values, Int32(width), Int32(height), 1, nil, 0, 6, out, size, error)
      }
      return ci_encode_png(values, Int32(width), Int32(height), 1, palette.bytes, 256, 6, out, size, error)
    }
  }

  /// The bytes of a PNG file with the mask, as `write` makes it.
  package func png(palette: Palette? = nil, level: Int = 6) throws(ImageError) -> Data {
    try EncodedImage.encoded("a mask") {
      ci_encode_png(
        values, Int32(width), Int32(height), 1, palette?.bytes, palette == nil ? 0 : 256, Int32(level), $0, $1, $2)
    }
  }

  /// The mask in a palette's colors.
  public func colored(by palette: Palette) -> Image {
    let colors = palette.bytes
    let pixels = [UInt8](unsafeUninitializedCapacity: values.count * 3) { buffer, count in
      for (i, value) in values.enumerated() {
        let color = Int(value) * 3
        (buffer[3 * i], buffer[3 * i + 1], buffer[3 * i + 2]) = (colors[color], colors[color + 1], colors[color + 2])
      }
      count = values.count * 3
    }
    return Image(height: height, width: width, pixels: pixels)
  }
}
