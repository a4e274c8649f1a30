import CImageCodecs

/// The file format of an image, told by its first bytes.
public enum ImageFormat: String, Sendable, Codable {
  case png, jpeg
}

/// A PNG or JPEG file in memory: its header, and its pixels on demand. Borrows the bytes.
package struct EncodedImage {
  package let path: String
  package let format: ImageFormat
  package let size: ImageSize
  /// Whether pixels are palette indices.
  package let isPalette: Bool
  /// Whether pixels have three color channels in the file.
  package let isColor: Bool
  private let bytes: UnsafeBufferPointer<UInt8>

  /// Reads the header. Throws where the bytes are not PNG or JPEG, are damaged, or claim an absurd size.
  package init(_ bytes: UnsafeBufferPointer<UInt8>, path: String) throws(ImageError) {
    var info = ci_info()
    try Self.checked(path) { ci_read_info(bytes.baseAddress, bytes.count, &info, $0) }
    self.path = path
    self.bytes = bytes
    format = info.format == CI_PNG ? .png : .jpeg
    size = ImageSize(height: Int(info.height), width: Int(info.width))
    isPalette = info.palette
    isColor = info.channels >= 3
  }

  /// What pixels come out as.
  package enum Layout: Sendable {
    /// Interleaved, 3 bytes a pixel.
    case rgb
    /// A mask's values, 1 byte a pixel; color files are refused.
    case values

    var channels: Int { self == .rgb ? 3 : 1 }
  }

  /// Decodes `rows` (all by default) into `pixels`, which holds rows * width * channels bytes. Damage below the last row
  /// goes unnoticed, but for truncation.
  package func decode(
    _ layout: Layout, rows: Range<Int>? = nil, into pixels: UnsafeMutablePointer<UInt8>
  ) throws(ImageError) {
    let rows = rows ?? 0..<size.height
    let layout = layout == .rgb ? CI_RGB : CI_VALUES
    try Self.checked(path) {
      ci_decode(bytes.baseAddress, bytes.count, layout, Int32(rows.lowerBound), Int32(rows.count), pixels, $0)
    }
  }

  /// Decodes all pixels into a new array.
  package func decoded(_ layout: Layout) throws(ImageError) -> [UInt8] {
    let count = size.area * layout.channels
    do {
      return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        try decode(layout, into: buffer.baseAddress!)
        initialized = count
      }
    } catch {
      throw error as! ImageError
    }
  }

  /// The colors of a palette file; empty for others.
  package func palette() throws(ImageError) -> Palette {
    var colors = [UInt8](repeating: 0, count: 768)
    var count: Int32 = 0
    try Self.checked(path) { ci_read_palette(bytes.baseAddress, bytes.count, &colors, &count, $0) }
    return Palette((0..<Int(count)).map { RGB(colors[3 * $0], colors[3 * $0 + 1], colors[3 * $0 + 2]) })
  }

  /// Runs a codec function and throws what it wrote.
  static func checked(_ path: String, _ body: (UnsafeMutablePointer<CChar>) -> Bool) throws(ImageError) {
    let reason: String? = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CI_ERROR_SIZE)) { text in
      text[0] = 0
      return body(text.baseAddress!) ? nil : String(cString: text.baseAddress!)
    }
    if let reason { throw ImageError(path: path, reason: reason) }
  }

  /// Reads a file, hands its header to `body` and frees its bytes.
  static func reading<Result>(
    _ path: String, _ body: (EncodedImage) throws(ImageError) -> Result
  ) throws(ImageError) -> Result {
    let buffer = ScratchBuffer()
    let image = try EncodedImage(FileAccess.read(path, into: buffer), path: path)
    let result = try body(image)
    withExtendedLifetime(buffer) {}
    return result
  }
}

extension ImageSize {
  /// The size of a PNG or JPEG file, read from its header.
  public init(ofImageAt path: String) throws(ImageError) {
    let buffer = ScratchBuffer()
    // The header comes first; only large metadata in a JPEG pushes it further down.
    if let image = try? EncodedImage(FileAccess.read(path, limit: 1 << 16, into: buffer), path: path) {
      self = image.size
    } else {
      self = try EncodedImage(FileAccess.read(path, into: buffer), path: path).size
    }
  }
}
