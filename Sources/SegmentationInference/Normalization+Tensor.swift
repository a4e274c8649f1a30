import SegmentationImage
import SegmentationModels
import Torch

extension Normalization {
  /// The normalized image as [1, 3, H, W] on the CPU, channels last.
  /// - Throws: `TorchError` if there is no memory for it.
  package func tensor(_ image: Image) throws -> Tensor {
    let tensor = try catchingTorchErrors { Tensor.empty([1, image.height, image.width, 3], device: .cpu) }
    tensor.withUnsafeMutableBytes { bytes in
      image.pixels.withUnsafeBufferPointer { pixels in
        writeInterleaved(
          pixels.baseAddress!, count: image.height * image.width,
          to: bytes.baseAddress!.assumingMemoryBound(to: Float.self))
      }
    }
    return tensor.permute([0, 3, 1, 2])
  }

  /// The normalized image as [1, C, H, W] on the CPU, channels last.
  /// - Throws: `TorchError` if there is no memory for it.
  package func tensor(_ raster: Raster) throws -> Tensor {
    precondition(raster.channels == channels, "an image of \(raster.channels) channels, expected \(channels)")
    let tensor = try catchingTorchErrors {
      Tensor.empty([1, raster.height, raster.width, raster.channels], device: .cpu)
    }
    tensor.withUnsafeMutableBytes { bytes in
      raster.values.withUnsafeBufferPointer { values in
        write(
          values.baseAddress!, count: raster.height * raster.width, interleaved: true,
          to: bytes.baseAddress!.assumingMemoryBound(to: Float.self))
      }
    }
    return tensor.permute([0, 3, 1, 2])
  }

  /// The normalized image as [1, C, H, W] on the CPU, channels last.
  /// - Throws: `TorchError` if there is no memory for it.
  package func tensor(_ image: SourceImage) throws -> Tensor {
    switch image {
    case .rgb(let image): try tensor(image)
    case .raster(let raster): try tensor(raster)
    }
  }

  /// A region of images of one size, normalized, as [N, C, h, w] on the CPU.
  /// - Throws: `TorchError` if there is no memory for it.
  func tensor(_ images: [SourceImage], _ region: InferenceProtocol.Region) throws -> Tensor {
    let parts = try images.map { try tensor($0.cropped(rows: region.rows, columns: region.columns)) }
    return parts.count == 1 ? parts[0] : try catchingTorchErrors { cat(parts, dimension: 0) }
  }
}

extension Raster {
  /// The pixels of some rows and columns; the image itself if these are all.
  func cropped(rows: Range<Int>, columns: Range<Int>) -> Raster {
    if rows.count == height, columns.count == width { return self }
    var values: [Float] = []
    values.reserveCapacity(rows.count * columns.count * channels)
    for row in rows {
      let start = (row * width + columns.lowerBound) * channels
      values += self.values[start..<start + columns.count * channels]
    }
    return Raster(height: rows.count, width: columns.count, channels: channels, values: values)
  }
}

extension Image {
  /// The pixels of some rows and columns; the image itself if these are all.
  func cropped(rows: Range<Int>, columns: Range<Int>) -> Image {
    if rows.count == height, columns.count == width { return self }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(rows.count * columns.count * 3)
    for row in rows {
      let start = (row * width + columns.lowerBound) * 3
      pixels += self.pixels[start..<start + columns.count * 3]
    }
    return Image(height: rows.count, width: columns.count, pixels: pixels)
  }
}
