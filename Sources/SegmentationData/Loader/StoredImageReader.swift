import SegmentationImage

/// Opens images and masks, from the cache if there is one. Each thread has its own reader.
package final class StoredImageReader {
  private let orientation: ExifOrientation
  /// The channels and the type of images' values.
  private let pixels: (channels: Int, type: PixelType)
  private let cache: SampleCache?
  let labels: LabelReader
  private let imageFile = ScratchBuffer()
  private let maskFile = ScratchBuffer()
  private let whole = ScratchBuffer()
  /// The labels of the sample in no file that was made last: they are asked for after its image.
  private var madeLabels: (sample: String, mask: Mask)?
  /// The text that distinguishes ways of decoding masks in the cache.
  private let maskVariant: String

  package init(
    labels: LabelSet, orientation: ExifOrientation, cache: SampleCache?, channels: Int = 3, type: PixelType = .uint8
  ) {
    self.orientation = orientation
    pixels = (channels, type)
    self.cache = cache
    self.labels = LabelReader(labels)
    // Raw values are the same for all maps, but colors and values of 16 bits are decoded to training ids, which depend
    // on the map. A tolerance counts for both, since it lets JPEG files pass.
    let encoding = self.labels.keepsValues ? "values" : labels.encoding.text
    maskVariant = "mask \(orientation.rawValue) \(encoding)" + labels.toleranceText
  }

  /// Opens an image. It is valid until the next call.
  package func image(of sample: Sample) throws -> StoredImage {
    if let made = try sample.made() {
      madeLabels = (sample.image, made.labels)
      guard isRGB else {
        throw DataError("\(sample.image): it is made as 8-bit RGB, expected data.channels 3 and data.pixel_type uint8")
      }
      return StoredImage(made: made.image.pixels, size: made.image.size, path: sample.image)
    }
    guard isRGB else { return try raster(sample.imageFile) }
    let variant = "rgb \(orientation.rawValue) \(sample.white ?? 0)"
    return try open(sample.imageFile, variant: variant, channels: 3, into: imageFile) { file in
      let pixels = whole.reserve(file.size.area * 3)
      try file.decode(.rgb, white: sample.white, into: pixels)
      return UnsafePointer(pixels)
    }
  }

  private var isRGB: Bool { pixels.channels == 3 && pixels.type == .uint8 }

  /// Opens an image of any channels, whose pixels are floats.
  private func raster(_ file: SampleFile) throws -> StoredImage {
    let (count, type) = pixels
    let bytes = count * MemoryLayout<Float>.stride
    let variant = "floats \(count) \(type.rawValue) \(orientation.rawValue)"
    let image = try open(file, variant: variant, channels: bytes, into: imageFile) { file in
      try file.check(channels: count, type: type)
      let decoded = whole.reserve(file.size.area * bytes)
      try file.decode(.floats, into: decoded)
      return UnsafePointer(decoded)
    }
    if case .encoded(let file) = image.content { try file.check(channels: count, type: type) }
    return image
  }

  /// Opens the mask of a sample, which must be as large as its image. It is valid until the next call.
  func mask(of sample: Sample, fitting image: StoredImage) throws -> StoredImage {
    let mask = try mask(of: sample)
    guard mask.size == image.size else {
      let reason = SampleReader.sizeMismatch(
        mask: mask.size, image: sample.image, image.size, isTurned: image.isTurned)
      throw DataError("\(mask.path): \(reason)")
    }
    return mask
  }

  /// Opens the mask of a sample; it is valid until the next call.
  func mask(of sample: Sample) throws -> StoredImage {
    if let file = sample.maskFile { return try mask(file) }
    if let drawn = try sample.drawn() {
      return StoredImage(made: drawn.values, size: drawn.size, path: sample.image)
    }
    if madeLabels?.sample != sample.image, let made = try sample.made() { madeLabels = (sample.image, made.labels) }
    guard sample.maker != nil, let labels = madeLabels?.mask else { throw DataError("\(sample.image): has no mask") }
    return StoredImage(made: labels.values, size: labels.size, path: sample.image)
  }

  private func mask(_ file: SampleFile) throws -> StoredImage {
    let mask = try open(file, variant: maskVariant, channels: 1, into: maskFile) { file in
      try labels.check(file)
      return try labels.decode(file, rows: 0..<file.size.height)
    }
    if case .encoded(let file) = mask.content { try labels.check(file) }
    return mask
  }

  private func open(
    _ source: SampleFile, variant: String, channels: Int, into buffer: ScratchBuffer,
    decodingWhole decode: (EncodedImage) throws -> UnsafePointer<UInt8>
  ) throws -> StoredImage {
    let path = source.path
    let stamp = cache.flatMap { _ in source.stamp }
    if let entry = cache?.find(path, stamp: stamp, variant: variant) { return StoredImage(entry, path: path) }
    let bytes = try source.read(into: buffer)
    let file = try EncodedImage(bytes, path: path, orientation: orientation)
    guard let cache else { return StoredImage(file) }
    let key = SampleCache.key(of: bytes, variant: variant)
    if let entry = cache.find(key: key, path: path, stamp: stamp, variant: variant) {
      return StoredImage(entry, path: path)
    }
    // A damaged file may still have all rows that are needed, so it is decoded each time instead of being stored.
    guard cache.isGrowing, let pixels = try? decode(file) else { return StoredImage(file) }
    let (size, isTurned) = (file.size, file.orientation != 1)
    cache.store(pixels, size: size, channels: channels, isTurned: isTurned, key: key)
    guard let entry = cache.find(key: key, path: path, stamp: stamp, variant: variant) else { return StoredImage(file) }
    return StoredImage(entry, path: path)
  }
}
