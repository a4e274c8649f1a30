import CImageCodecs
import Foundation

/// A color image with 8 bits for each of red, green and blue. The three values of a pixel lie side by side, and rows
/// come from the top.
public struct Image: Equatable, Sendable {
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// The values of all pixels: height * width * 3.
  public var pixels: [UInt8]

  /// Makes an image of exactly `height * width * 3` values.
  public init(height: Int, width: Int, pixels: [UInt8]) {
    precondition(pixels.count == height * width * 3, "an image of \(height)x\(width) has \(height * width * 3) values")
    self.height = height
    self.width = width
    self.pixels = pixels
  }

  /// An image of one color.
  public init(height: Int, width: Int, filledWith color: RGB = .black) {
    self.height = height
    self.width = width
    pixels = [UInt8](unsafeUninitializedCapacity: height * width * 3) { buffer, count in
      count = height * width * 3
      for i in stride(from: 0, to: count, by: 3) {
        (buffer[i], buffer[i + 1], buffer[i + 2]) = (color.red, color.green, color.blue)
      }
    }
  }

  /// Reads a PNG, JPEG, TIFF, WebP or BMP file; the content tells which. Gray, palette and CMYK files become RGB, alpha is
  /// ignored, and the image is turned upright if the file has an EXIF orientation. Damaged and truncated files are errors,
  /// and so are TIFF files of several pages or with values that are no colors of 8 or 16 bits.
  /// - Parameter orientation: Whether the EXIF orientation is applied.
  /// - Parameter white: The value of 16-bit images that becomes 255 (1 to 65535), for those that do not use the whole
  ///   range; higher values become 255 too.
  public init(
    contentsOf url: URL, orientation: ExifOrientation = .apply, white: Int? = nil
  ) throws(ImageError) {
    self = try EncodedImage.reading(url.path, orientation: orientation) { file throws(ImageError) in
      try Image(file, white: white)
    }
  }

  /// Decodes a file that is in memory.
  package init(_ file: EncodedImage, white: Int? = nil) throws(ImageError) {
    self.init(height: file.size.height, width: file.size.width, pixels: try file.decoded(.rgb, white: white))
  }

  /// The height and width in pixels.
  public var size: ImageSize { ImageSize(height: height, width: width) }

  /// The color at a column and row.
  public subscript(x: Int, y: Int) -> RGB {
    get {
      let i = (y * width + x) * 3
      return RGB(pixels[i], pixels[i + 1], pixels[i + 2])
    }
    set {
      let i = (y * width + x) * 3
      (pixels[i], pixels[i + 1], pixels[i + 2]) = (newValue.red, newValue.green, newValue.blue)
    }
  }

  /// Writes the image atomically: as JPEG if the name ends in .jpg or .jpeg, and as PNG otherwise.
  /// - Parameter quality: The quality of JPEG files, from 1 to 100.
  public func write(to url: URL, quality: Int = 95) throws(ImageError) {
    let isJPEG = ["jpg", "jpeg"].contains(url.pathExtension.lowercased())
    try EncodedImage.encode(to: url.path) { out, size, error in
      isJPEG
        ? ci_encode_jpeg(pixels, Int32(width), Int32(height), 3, Int32(quality), out, size, error)
        : ci_encode_png(pixels, Int32(width), Int32(height), 3, nil, 0, 1, out, size, error)
    }
  }
}

extension Image {
  /// The bytes of a PNG file with the image.
  package func png() throws(ImageError) -> Data {
    try EncodedImage.encoded("an image") {
      ci_encode_png(pixels, Int32(width), Int32(height), 3, nil, 0, 6, $0, $1, $2)
    }
  }

  /// The bytes of a JPEG file with the image. `quality` is JPEG's, 1 to 100.
  package func jpeg(quality: Int = 85) throws(ImageError) -> Data {
    try EncodedImage.encoded("an image") {
      ci_encode_jpeg(pixels, Int32(width), Int32(height), 3, Int32(quality), $0, $1, $2)
    }
  }
}

extension EncodedImage {
  /// Runs an encoder and frees its result.
  static func encoded(
    _ path: String,
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>, UnsafeMutablePointer<CChar>)
      -> Bool
  ) throws(ImageError) -> Data {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    try checked(path) { body(&bytes, &count, $0) }
    defer { ci_free(bytes) }
    return Data(bytes: bytes!, count: count)
  }

  /// Runs an encoder, writes its result atomically and frees it.
  static func encode(
    to path: String,
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>, UnsafeMutablePointer<CChar>)
      -> Bool
  ) throws(ImageError) {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    try checked(path) { body(&bytes, &count, $0) }
    defer { ci_free(bytes) }
    try FileAccess.write(UnsafeRawBufferPointer(start: bytes, count: count), to: path)
  }
}
