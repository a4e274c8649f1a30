/// Turns 8-bit pixels into network input: `(value / 255 - mean) / std` by channel.
public struct Normalization: Equatable, Sendable {
  /// The mean of red, green and blue on the scale 0 to 1.
  public let mean: [Double]
  /// The standard deviation of red, green and blue on the scale 0 to 1.
  public let std: [Double]
  /// The results for each of the three channels and each of 256 values.
  private var table: [Float]

  /// Makes a normalization of the mean and standard deviation of red, green and blue, on the scale 0 to 1. The defaults
  /// are those of ImageNet.
  public init(mean: [Double] = imageNetMean, std: [Double] = imageNetStd) {
    precondition(mean.count == 3 && std.count == 3, "mean and std have three values")
    self.mean = mean
    self.std = std
    table = zip(mean, std).flatMap { mean, std in
      (0...255).map { value in Float((Double(value) / 255 - mean) / std) }
    }
  }

  /// The factor of pixels (0 to 255), and the number that is added then, by channel.
  package var scale: [Float] { (0..<3).map { (table[$0 * 256 + 255] - table[$0 * 256]) / 255 } }
  package var shift: [Float] { (0..<3).map { table[$0 * 256] } }

  /// The normalization of pixels that first go through a table of 256 values.
  package func after(_ values: [UInt8]) -> Normalization {
    var result = self
    result.table = (0..<768).map { table[$0 / 256 * 256 + Int(values[$0 % 256])] }
    return result
  }

  /// The mean of red, green and blue in ImageNet's images, on the scale 0 to 1.
  public static let imageNetMean = [0.485, 0.456, 0.406]
  /// The standard deviation of red, green and blue in ImageNet's images, on the scale 0 to 1.
  public static let imageNetStd = [0.229, 0.224, 0.225]

  /// Writes interleaved pixels as three planes of `count` values, one after the other (CHW).
  public func writePlanar(_ pixels: UnsafePointer<UInt8>, count: Int, to output: UnsafeMutablePointer<Float>) {
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

  /// Writes interleaved pixels as interleaved values (HWC).
  public func writeInterleaved(_ pixels: UnsafePointer<UInt8>, count: Int, to output: UnsafeMutablePointer<Float>) {
    table.withUnsafeBufferPointer { table in
      let (red, green, blue) = (table.baseAddress!, table.baseAddress! + 256, table.baseAddress! + 512)
      for i in stride(from: 0, to: count * 3, by: 3) {
        output[i] = red[Int(pixels[i])]
        output[i + 1] = green[Int(pixels[i + 1])]
        output[i + 2] = blue[Int(pixels[i + 2])]
      }
    }
  }
}
