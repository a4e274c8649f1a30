import Basics
import SegmentationImage

extension DataOptions {
  /// Whether images are 8-bit RGB, which all files with colors can become.
  package var isRGB: Bool { channels == 3 && pixelType == .uint8 }

  /// A picture of a sample's image for people: the image itself, or its first channels if it is no 8-bit RGB.
  /// - Throws: `DataError` or `ImageError` for an image that cannot be made or read.
  package func picture(of sample: Sample) throws -> Image {
    if isRGB || sample.maker != nil { return try sample.decodedImage(orientation: exifOrientation) }
    let raster = try EncodedImage.reading(sample.imageFile.open(), orientation: exifOrientation) {
      file throws(ImageError) -> Raster in
      try file.check(channels: channels, type: pixelType)
      return try Raster(file)
    }
    return raster.picture()
  }
}

extension AugmentationOptions {
  /// Makes sure that images of the data's channels and values can be changed and normalized in this way.
  /// - Throws: `InvalidOption` for the first option that cannot be used with them.
  package func check(for data: DataOptions) throws(InvalidOption) {
    for (name, values) in [("mean", mean), ("std", std)] {
      try require(
        values.count == data.channels, name, "\(data.channels) values, one for each channel (data.channels)",
        found: values)
    }
    if data.isRGB { return }
    let reason = "since it is for 8-bit RGB and data.channels is \(data.channels), data.pixel_type \(data.pixelType)"
    for (name, strength) in [
      ("brightness", brightness), ("contrast", contrast), ("saturation", saturation), ("hue", hue),
    ] {
      try require(strength == 0, name, "0, \(reason)", found: strength)
    }
    try require(photometric == nil, "photometric", "null, \(reason)", found: "{...}")
    try require(blur == nil, "blur", "null, \(reason)", found: "{...}")
  }
}
