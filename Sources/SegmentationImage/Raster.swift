import Foundation

/// An image of any number of channels. The values of a pixel lie side by side, and rows come from the top. Whole numbers of
/// 8 and 16 bits are held exactly; `nan` stands for no data.
public struct Raster: Equatable, Sendable {
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// The number of channels.
  public let channels: Int
  /// The values of all pixels: height * width * channels.
  public var values: [Float]

  /// Makes an image of exactly `height * width * channels` values.
  public init(height: Int, width: Int, channels: Int, values: [Float]) {
    precondition(
      values.count == height * width * channels,
      "an image of \(height)x\(width) with \(channels) channels has \(height * width * channels) values")
    (self.height, self.width, self.channels, self.values) = (height, width, channels, values)
  }

  /// Reads an image file. All of its channels count, also alpha; palettes and CMYK of JPEG files become RGB, and pages of a
  /// TIFF file with one channel each are channels.
  /// - Parameters:
  ///   - channels: The number of channels that the file must have.
  ///   - type: The type that its values must have; with `float32` every type will do.
  ///   - orientation: Whether the EXIF orientation is applied.
  public init(
    contentsOf url: URL, channels: Int, type: PixelType, orientation: ExifOrientation = .apply
  ) throws(ImageError) {
    self = try EncodedImage.reading(url.path, orientation: orientation) { file throws(ImageError) in
      try file.check(channels: channels, type: type)
      return try Raster(file)
    }
  }

  /// Decodes a file that is in memory, with all of its channels.
  package init(_ file: EncodedImage) throws(ImageError) {
    let count = file.size.area * file.planes
    let values: [Float]
    do {
      values = try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        try buffer.withMemoryRebound(to: UInt8.self) { try file.decode(.floats, into: $0.baseAddress!) }
        initialized = count
      }
    } catch {
      throw error as! ImageError
    }
    self.init(height: file.size.height, width: file.size.width, channels: file.planes, values: values)
  }

  /// The same image with values as floats.
  public init(_ image: Image) {
    self.init(height: image.height, width: image.width, channels: 3, values: image.pixels.map(Float.init))
  }

  /// The height and width in pixels.
  public var size: ImageSize { ImageSize(height: height, width: width) }

  /// The image at another size, sampled bilinearly with the geometry of OpenCV's `INTER_LINEAR`.
  public func resized(to size: ImageSize) -> Raster {
    let placement = Placement(source: self.size, scaled: size)
    let scaled = [Float](unsafeUninitializedCapacity: size.area * channels) { buffer, count in
      placement.renderRaster(values, channels: channels, into: buffer.baseAddress!)
      count = size.area * channels
    }
    return Raster(height: size.height, width: size.width, channels: channels, values: scaled)
  }

  /// A picture for people: the first three channels as red, green and blue, or the first one as gray if there are fewer.
  /// Each is stretched from its lowest to its highest value; pixels without data are black.
  public func picture() -> Image {
    var image = Image(height: height, width: width)
    for target in 0..<3 {
      let channel = channels < 3 ? 0 : target
      var (lowest, highest) = (Float.infinity, -Float.infinity)
      for i in stride(from: channel, to: values.count, by: channels) where values[i].isFinite {
        lowest = min(lowest, values[i])
        highest = max(highest, values[i])
      }
      guard lowest < highest else { continue }
      let factor = 255 / (Double(highest) - Double(lowest))
      for pixel in 0..<size.area {
        let value = values[pixel * channels + channel]
        guard value.isFinite else { continue }
        image.pixels[3 * pixel + target] = UInt8(
          min(max(((Double(value) - Double(lowest)) * factor).rounded(), 0), 255))
      }
    }
    return image
  }
}
