import SegmentationImage
import Torch

extension Batch {
  /// An image of the batch in the colors that it had before it was normalized, or a picture of its first channels if it
  /// was no 8-bit RGB.
  package func picture(_ index: Int, mean: [Double], std: [Double], type: PixelType) -> Image {
    let values: [Float] = images.select(index, dimension: 0).elements()
    if mean.count != 3 || type != .uint8 {
      let (channels, height, width) = (images.shape[1], images.shape[2], images.shape[3])
      let interleaved = (0..<height * width * channels).map { values[$0 % channels * height * width + $0 / channels] }
      return Raster(height: height, width: width, channels: channels, values: interleaved).picture()
    }
    var image = Image(height: images.shape[2], width: images.shape[3])
    for channel in 0..<3 {
      let (mean, std) = (Float(mean[channel]), Float(std[channel]))
      for i in 0..<image.height * image.width {
        let value = (values[channel * image.height * image.width + i] * std + mean) * 255
        image.pixels[3 * i + channel] = UInt8(min(max(value.rounded(), 0), 255))
      }
    }
    return image
  }
}

extension Mask {
  /// The mask with an index among several masks [N, h, w] of training ids.
  package init(_ classes: Tensor, _ index: Int) {
    let values: [Int64] = classes.select(index, dimension: 0).to(device: .cpu).elements()
    self.init(
      height: classes.shape[1], width: classes.shape[2], values: values.map { UInt8(truncatingIfNeeded: $0) })
  }
}

extension ImageSize {
  /// The size, reduced so that the longer side is at most `side`.
  package func shrunk(to side: Int) -> ImageSize {
    let factor = min(1, Double(side) / Double(max(height, width)))
    return ImageSize(height: max(1, Int(Double(height) * factor)), width: max(1, Int(Double(width) * factor)))
  }
}
