import Foundation
import SegmentationImage

/// An image as a network takes it: 8-bit RGB, or any other channels and values.
package enum SourceImage: Sendable {
  case rgb(Image)
  case raster(Raster)

  /// Reads a file for networks with a normalization.
  /// - Throws: `ImageError` for a file that cannot be read, or that has other channels.
  package init(
    contentsOf file: URL, for normalization: Normalization, orientation: ExifOrientation
  ) throws(ImageError) {
    if normalization.isRGB {
      self = .rgb(try Image(contentsOf: file, orientation: orientation))
    } else {
      self = .raster(
        try Raster(
          contentsOf: file, channels: normalization.channels, type: normalization.type, orientation: orientation))
    }
  }

  package var size: ImageSize {
    switch self {
    case .rgb(let image): image.size
    case .raster(let raster): raster.size
    }
  }

  /// The image for people.
  package var picture: Image {
    switch self {
    case .rgb(let image): image
    case .raster(let raster): raster.picture()
    }
  }

  /// The pixels of some rows and columns.
  func cropped(rows: Range<Int>, columns: Range<Int>) -> SourceImage {
    switch self {
    case .rgb(let image): .rgb(image.cropped(rows: rows, columns: columns))
    case .raster(let raster): .raster(raster.cropped(rows: rows, columns: columns))
    }
  }
}
