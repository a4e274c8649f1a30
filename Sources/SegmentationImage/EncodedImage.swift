import CImageCodecs
import Files

/// An image file in memory: its header, and its pixels on demand. Borrows the bytes.
package struct EncodedImage {
  package let path: String
  package let format: ImageFormat
  /// The image's size, turned as its orientation says unless that is ignored.
  package let size: ImageSize
  /// Whether pixels are palette indices.
  package let isPalette: Bool
  /// Whether pixels have three color channels in the file.
  package let isColor: Bool
  /// Bits of each channel in the file.
  package let bitDepth: Int
  /// The type of the values; `float32` stands for all that are no whole numbers from 0 of up to 16 bits.
  package let type: PixelType
  /// The number of channels of the layout `floats`.
  package let planes: Int
  /// Whether the values may differ from those that were saved, as in JPEG files.
  package let isLossy: Bool
  /// The file's EXIF orientation (1 to 8); 1 if it has none.
  package let exifOrientation: Int
  /// How the pixels are turned on decoding: by the EXIF orientation, or 1 (not at all) if that is ignored.
  package let orientation: Int
  private let stored: ImageSize
  private let bytes: UnsafeBufferPointer<UInt8>

  /// Reads the header. Throws if the bytes are of no known format, are damaged, or claim an absurd size.
  package init(
    _ bytes: UnsafeBufferPointer<UInt8>, path: String, orientation handling: ExifOrientation = .apply
  ) throws(ImageError) {
    var info = ci_info()
    try Self.checked(path) { ci_read_info(bytes.baseAddress, bytes.count, &info, $0) }
    self.path = path
    self.bytes = bytes
    format = ImageFormat(info.format)!
    stored = ImageSize(height: Int(info.height), width: Int(info.width))
    exifOrientation = Int(info.orientation)
    orientation = handling == .apply ? exifOrientation : 1
    size = orientation >= 5 ? ImageSize(height: stored.width, width: stored.height) : stored
    isPalette = info.palette
    isColor = info.channels >= 3
    bitDepth = Int(info.bit_depth)
    type = info.kind == CI_UINT8 ? .uint8 : info.kind == CI_UINT16 ? .uint16 : .float32
    planes = Int(info.planes)
    isLossy = info.is_lossy
  }

  /// The form of decoded pixels.
  package enum Layout: Sendable {
    /// Interleaved, 3 bytes for each pixel.
    case rgb
    /// A mask's values, 1 byte for each pixel; color files and files whose compression changes values are refused.
    case values
    /// The same values, 2 bytes for each pixel in the processor's byte order.
    case wideValues
    /// All channels, also alpha, as floats.
    case floats

    fileprivate var code: ci_layout {
      switch self {
      case .rgb: CI_RGB
      case .values: CI_VALUES
      case .wideValues: CI_WIDE_VALUES
      case .floats: CI_FLOATS
      }
    }
  }

  /// The bytes of a decoded pixel.
  private func bytes(_ layout: Layout) -> Int {
    switch layout {
    case .rgb: 3
    case .values: 1
    case .wideValues: 2
    case .floats: planes * MemoryLayout<Float>.stride
    }
  }

  /// Decodes `rows` (all by default) into `pixels`, which holds the bytes of rows * width pixels. Damage below the last row
  /// goes unnoticed, but for truncation. An image that has to be turned is decoded as a whole.
  /// - Parameter white: The value of 16-bit images that becomes 255; 65535 if there is none.
  package func decode(
    _ layout: Layout, rows: Range<Int>? = nil, white: Int? = nil, into pixels: UnsafeMutablePointer<UInt8>
  ) throws(ImageError) {
    let rows = rows ?? 0..<size.height
    guard orientation != 1 else { return try decodeStored(layout, rows: rows, white: white, into: pixels) }
    let whole = ScratchBuffer()
    let memory = whole.reserve(stored.area * bytes(layout))
    try decodeStored(layout, rows: 0..<stored.height, white: white, into: memory)
    ci_turn(
      memory, Int32(stored.width), Int32(stored.height), Int32(bytes(layout)), Int32(orientation),
      Int32(rows.lowerBound), Int32(rows.count), pixels)
    withExtendedLifetime(whole) {}
  }

  private func decodeStored(
    _ layout: Layout, rows: Range<Int>, white: Int?, into pixels: UnsafeMutablePointer<UInt8>
  ) throws(ImageError) {
    try Self.checked(path) {
      ci_decode(
        bytes.baseAddress, bytes.count, layout.code, Int32(rows.lowerBound), Int32(rows.count), Int32(white ?? 0),
        pixels, $0)
    }
  }

  /// Decodes all pixels into a new array.
  package func decoded(_ layout: Layout, white: Int? = nil) throws(ImageError) -> [UInt8] {
    let count = size.area * bytes(layout)
    do {
      return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        try decode(layout, white: white, into: buffer.baseAddress!)
        initialized = count
      }
    } catch {
      throw error as! ImageError
    }
  }

  /// The lowest and the highest value of a 16-bit image.
  package func wideRange() throws(ImageError) -> ClosedRange<Int> {
    var (lowest, highest): (Int32, Int32) = (0, 0)
    try Self.checked(path) { ci_read_range(bytes.baseAddress, bytes.count, &lowest, &highest, $0) }
    return Int(lowest)...Int(max(lowest, highest))
  }

  /// Throws if this file cannot be a mask, whatever its pixels are: a JPEG file's values are not those that were saved.
  package func requireMaskFormat() throws(ImageError) {
    guard isLossy else { return }
    let which = format == .jpeg ? "is a JPEG, whose" : "is a \(format.title) whose"
    throw ImageError(path: path, reason: "\(which) compression changes values; save masks as PNG")
  }

  /// Throws unless the file has so many channels and values of that type; `float32` takes every type.
  package func check(channels: Int, type wanted: PixelType) throws(ImageError) {
    guard planes == channels else {
      throw ImageError(
        path: path,
        reason: "it has \(planes) \(planes == 1 ? "channel" : "channels"), expected \(channels) (data.channels)")
    }
    guard wanted == .float32 || type == wanted else {
      throw ImageError(path: path, reason: "its values are of type \(type), expected \(wanted) (data.pixel_type)")
    }
  }

  /// Whether the file has the values of a mask as they were saved, one for each pixel.
  package var holdsValues: Bool { !isColor && !isLossy }

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
  package static func reading<Result>(
    _ path: String, orientation: ExifOrientation = .apply,
    _ body: (EncodedImage) throws(ImageError) -> Result
  ) throws(ImageError) -> Result {
    try reading(FileAccess.open(path), orientation: orientation, body)
  }

  /// Reads a part of a file, hands its header to `body` and frees its bytes.
  package static func reading<Result>(
    _ part: FilePart, orientation: ExifOrientation = .apply,
    _ body: (EncodedImage) throws(ImageError) -> Result
  ) throws(ImageError) -> Result {
    let buffer = ScratchBuffer()
    let image = try EncodedImage(FileAccess.read(part, into: buffer), path: part.path, orientation: orientation)
    let result = try body(image)
    withExtendedLifetime(buffer) {}
    return result
  }
}
