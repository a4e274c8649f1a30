import Foundation
import SegmentationImage

/// PNG files within other files. They show a part of an image, so none may be larger than it: a few bytes can claim to be
/// a picture of a hundred million pixels.
enum PNGBytes {
  /// The values of a gray or palette PNG.
  /// - Throws: `ImageError` for a file that is damaged, or larger than an image of a size.
  static func values(of data: Data, in size: ImageSize) throws -> Mask { try reading(data, size) { try Mask($0) } }

  /// The pixels of a PNG that are not black; of gray and palette files those whose value is not 0.
  /// - Throws: `ImageError` for a file that is damaged, or larger than an image of a size.
  static func strokes(of data: Data, in size: ImageSize) throws -> Mask {
    try reading(data, size) { file in
      guard file.isColor else { return try Mask(file) }
      let colors = try file.decoded(.rgb)
      let values = (0..<file.size.area).map { max(colors[3 * $0], colors[3 * $0 + 1], colors[3 * $0 + 2]) }
      return Mask(height: file.size.height, width: file.size.width, values: values)
    }
  }

  private static func reading(_ data: Data, _ size: ImageSize, _ body: (EncodedImage) throws -> Mask) throws -> Mask {
    let path = "a PNG within the file"
    return try data.withUnsafeBytes { bytes in
      let file = try EncodedImage(bytes.bindMemory(to: UInt8.self), path: path, orientation: .ignore)
      guard file.format == .png else { throw ImageError(path: path, reason: "it is no PNG file") }
      guard file.size.height <= size.height, file.size.width <= size.width else {
        throw ImageError(path: path, reason: "it is \(file.size), the image \(size)")
      }
      return try body(file)
    }
  }
}
