/// Turns pixels into network input: `(value / white - mean) / std` by channel, where white is 255 for pixels of 8 bits, 65535
/// for those of 16 bits, and 1 for floats.
public struct Normalization: Equatable, Sendable {
  /// The mean of each channel, on the scale 0 to 1; for floats in their own unit.
  public let mean: [Double]
  /// The standard deviation of each channel, on the scale 0 to 1; for floats in their own unit.
  public let std: [Double]
  /// The type of the pixels' values.
  public let type: PixelType
  /// The results for each of the three channels and each of 256 values; empty for other images than 8-bit RGB.
  private var table: [Float]

  /// Makes a normalization of the mean and standard deviation of each channel. The defaults are those of ImageNet, for
  /// 8-bit RGB.
  public init(mean: [Double] = imageNetMean, std: [Double] = imageNetStd, type: PixelType = .uint8) {
    precondition(mean.count == std.count && !mean.isEmpty, "mean and std have a value for each channel")
    (self.mean, self.std, self.type) = (mean, std, type)
    table = []
    guard isRGB else { return }
    table = zip(mean, std).flatMap { mean, std in
      (0...255).map { value in Float((Double(value) / 255 - mean) / std) }
    }
  }

  /// The number of channels.
  public var channels: Int { mean.count }
  /// Whether images are 8-bit RGB, as `Image` has it. All others are `Raster`.
  public var isRGB: Bool { channels == 3 && type == .uint8 }

  /// The factor of pixels in the unit of their type, and the number that is added then, by channel.
  package var scale: [Float] {
    guard isRGB else { return std.map { Float(1 / ($0 * type.white)) } }
    return (0..<3).map { (table[$0 * 256 + 255] - table[$0 * 256]) / 255 }
  }
  package var shift: [Float] {
    guard isRGB else { return zip(mean, std).map { Float(-$0 / $1) } }
    return (0..<3).map { table[$0 * 256] }
  }

  /// The normalization of 8-bit RGB that first goes through a table of 256 values.
  package func after(_ values: [UInt8]) -> Normalization {
    var result = self
    result.table = (0..<768).map { table[$0 / 256 * 256 + Int(values[$0 % 256])] }
    return result
  }

  /// The mean of red, green and blue in ImageNet's images, on the scale 0 to 1.
  public static let imageNetMean = [0.485, 0.456, 0.406]
  /// The standard deviation of red, green and blue in ImageNet's images, on the scale 0 to 1.
  public static let imageNetStd = [0.229, 0.224, 0.225]

  /// Writes interleaved 8-bit RGB as three planes of `count` values, one after the other (CHW).
  public func writePlanar(_ pixels: UnsafePointer<UInt8>, count: Int, to output: UnsafeMutablePointer<Float>) {
    precondition(isRGB, "the normalization is not for 8-bit RGB")
    table.withUnsafeBufferPointer { table in
      let (red, green, blue) = (table.baseAddress!, table.baseAddress! + 256, table.baseAddress! + 512)
      let (first, second, third) = (output, output + count, output + 2 * count)
      for i in 0..<count {
        first[i] = red[Int(pixels[3 * i])]
        second[i] = green[Int(pixels[3 * i + 1])]
        third[i] = blue[Int(pixels[3 * i + 2])]
      }
    }
  }

  /// Writes interleaved 8-bit RGB as interleaved values (HWC).
  public func writeInterleaved(_ pixels: UnsafePointer<UInt8>, count: Int, to output: UnsafeMutablePointer<Float>) {
    precondition(isRGB, "the normalization is not for 8-bit RGB")
    table.withUnsafeBufferPointer { table in
      let (red, green, blue) = (table.baseAddress!, table.baseAddress! + 256, table.baseAddress! + 512)
      for i in stride(from: 0, to: count * 3, by: 3) {
        output[i] = red[Int(pixels[i])]
        output[i + 1] = green[Int(pixels[i + 1])]
        output[i + 2] = blue[Int(pixels[i + 2])]
      }
    }
  }

  /// Writes interleaved pixels of `count` places, with a value for each channel, as planes (CHW) or interleaved (HWC).
  /// Values that are not finite, which stand for no data, become the mean, which is 0.
  public func write(
    _ values: UnsafePointer<Float>, count: Int, interleaved: Bool, to output: UnsafeMutablePointer<Float>
  ) {
    let channels = channels
    for channel in 0..<channels {
      let (mean, std, white) = (mean[channel], std[channel], type.white)
      let target = interleaved ? output + channel : output + channel * count
      let step = interleaved ? channels : 1
      for i in 0..<count {
        let value = values[i * channels + channel]
        target[i * step] = value.isFinite ? Float((Double(value) / white - mean) / std) : 0
      }
    }
  }
}
