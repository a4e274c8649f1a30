import Files
import SegmentationImage

/// Reads the files of a sample, or finds what is known about them from an earlier check.
struct SampleChecker: Sendable {
  /// The facts about a sample.
  struct Finding: Sendable {
    let sample: Sample
    let image: FileFinding<ImageSummary>
    /// The hash of the image's file; nil if it could not be read and for a sample that is in no file.
    let imageDigest: ContentDigest?
    /// The facts about the mask; nil for a sample without one, and if the image cannot be used.
    let mask: FileFinding<MaskSummary>?
    /// The number of connected areas in the mask; 0 if they are not counted.
    var parts = 0
  }

  private let masks: RawMaskReader
  /// The channels and the type of images' values.
  private let pixels: (channels: Int, type: PixelType)
  /// Whether the connected areas of masks are counted, which needs the pixels of all masks and therefore no cache.
  private let countsParts: Bool
  let cache: CheckCache?

  init(_ masks: RawMaskReader, channels: Int, type: PixelType, countsParts: Bool, cache: CheckCache?) {
    precondition(!countsParts || cache == nil, "areas are not in the cache")
    self.masks = masks
    pixels = (channels, type)
    self.countsParts = countsParts
    self.cache = cache
  }

  func check(_ sample: Sample) -> Finding {
    if sample.maker != nil { return checkMade(sample) }
    let (image, digest) = finding(of: sample.imageFile) { file throws(ImageError) -> ImageSummary in
      try summary(ofImage: file, white: sample.white)
    }
    var found = Labels()
    if case .good = image { found = labels(of: sample) }
    return Finding(sample: sample, image: image, imageDigest: digest, mask: found.mask, parts: found.parts)
  }

  private var isRGB: Bool { pixels.channels == 3 && pixels.type == .uint8 }

  private func summary(ofImage file: EncodedImage, white: Int?) throws(ImageError) -> ImageSummary {
    let (hasOrientation, isTurned) = (file.exifOrientation != 1, file.orientation != 1)
    guard isRGB else {
      try file.check(channels: pixels.channels, type: pixels.type)
      return ImageSummary(try Raster(file), hasOrientation: hasOrientation, isTurned: isTurned)
    }
    let wideRange = file.type == .uint16 ? try file.wideRange() : nil
    return ImageSummary(
      try Image(file, white: white), hasOrientation: hasOrientation, isTurned: isTurned, wideRange: wideRange)
  }

  /// The facts about labels; nothing for a sample without any.
  private struct Labels {
    var mask: FileFinding<MaskSummary>?
    var parts = 0
  }

  /// The facts about labels that are in a mask or drawn.
  private func labels(of sample: Sample) -> Labels {
    var parts = 0
    if let file = sample.maskFile {
      let (mask, _) = finding(of: file) { file throws(ImageError) -> MaskSummary in
        let values = try masks.values(of: file)
        parts = count(values, file.size)
        return summary(values, file.size)
      }
      return Labels(mask: mask, parts: parts)
    }
    do {
      guard let drawn = try sample.drawn() else { return Labels() }
      return labels(drawn)
    } catch {
      return Labels(mask: .bad(reason: "\(error)"))
    }
  }

  /// The facts about training ids.
  private func labels(_ mask: Mask) -> Labels {
    let values = mask.values.map { UInt32($0) }
    return Labels(mask: .good(summary(values, mask.size)), parts: count(values, mask.size))
  }

  private func count(_ values: [UInt32], _ size: ImageSize) -> Int {
    countsParts ? MaskParts.count(masks.ids(values), width: size.width) : 0
  }

  private func checkMade(_ sample: Sample) -> Finding {
    do {
      guard let made = try sample.made() else { preconditionFailure("the sample has no maker") }
      guard isRGB else {
        throw DataError("it is made as 8-bit RGB, expected data.channels 3 and data.pixel_type uint8")
      }
      let found = labels(made.labels)
      return Finding(
        sample: sample, image: .good(ImageSummary(made.image)), imageDigest: nil, mask: found.mask, parts: found.parts)
    } catch {
      return Finding(sample: sample, image: .bad(reason: "\(error)"), imageDigest: nil, mask: nil)
    }
  }

  /// The facts about a file: from an earlier check if its path and stamp, or its content, are the same.
  private func finding<Summary>(
    of file: SampleFile, _ summarize: (EncodedImage) throws(ImageError) -> Summary
  ) -> (FileFinding<Summary>, ContentDigest?) {
    // Before the file is read, so that a change meanwhile leaves a stamp that no file has.
    let stamp = cache.flatMap { _ in CheckCache.stampDigest(of: file) }
    if let stamp, let known = cache?.find(stamp: stamp, as: Summary.self) { return (known.0, known.1) }
    let buffer = ScratchBuffer()
    let bytes: UnsafeBufferPointer<UInt8>
    do { bytes = try file.read(into: buffer) } catch { return (.bad(reason: error.reason), nil) }
    let content = ContentHash.digest(of: UnsafeRawBufferPointer(bytes))
    let known = cache?.find(content: content, as: Summary.self)
    let finding: FileFinding<Summary>
    if let known {
      finding = known
    } else {
      do { finding = .good(try summarize(EncodedImage(bytes, path: file.path, orientation: masks.orientation))) } catch
      {
        finding = .bad(reason: error.reason)
      }
    }
    withExtendedLifetime(buffer) {}
    if known == nil || stamp != nil { cache?.add(finding, stamp: stamp, content: content) }
    return (finding, content)
  }

  private func summary(_ values: [UInt32], _ size: ImageSize) -> MaskSummary {
    func isUnlisted(_ value: UInt32) -> Bool { masks.labels.meaning(value) == nil }
    return MaskSummary(
      MaskHistogram(values, width: size.width, isUnlisted: isUnlisted), size: size, isUnlisted: isUnlisted)
  }
}

extension LabelSet {
  /// The training id that a raw value, or a color as 24 bits, stands for; `nil` if it is not in the map.
  func meaning(_ value: UInt32) -> UInt8? {
    switch encoding {
    case .values: UInt16(exactly: value).flatMap { id(of: $0) }
    case .colors: id(of: RGB(bits: value))
    }
  }
}
