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
  }

  private let labels: LabelSet
  private let orientation: ExifOrientation
  let cache: CheckCache?

  init(_ dataset: Dataset, _ orientation: ExifOrientation, cache: CheckCache?) {
    labels = dataset.labels
    self.orientation = orientation
    self.cache = cache
  }

  func check(_ sample: Sample) -> Finding {
    if sample.maker != nil { return checkMade(sample) }
    let (image, digest) = finding(of: sample.imageFile) { file throws(ImageError) in
      try ImageSummary(
        Image(file, white: sample.white), hasOrientation: file.exifOrientation != 1, isTurned: file.orientation != 1,
        wideRange: file.bitDepth == 16 ? file.wideRange() : nil)
    }
    guard case .good = image, let maskFile = sample.maskFile else {
      return Finding(sample: sample, image: image, imageDigest: digest, mask: nil)
    }
    let (mask, _) = finding(of: maskFile, summary)
    return Finding(sample: sample, image: image, imageDigest: digest, mask: mask)
  }

  private func checkMade(_ sample: Sample) -> Finding {
    do {
      guard let made = try sample.made() else { preconditionFailure("the sample has no maker") }
      let values = made.labels.values.map { UInt32($0) }
      return Finding(
        sample: sample, image: .good(ImageSummary(made.image)), imageDigest: nil,
        mask: .good(summary(values, made.labels.size)))
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
      do { finding = .good(try summarize(EncodedImage(bytes, path: file.path, orientation: orientation))) } catch {
        finding = .bad(reason: error.reason)
      }
    }
    withExtendedLifetime(buffer) {}
    if known == nil || stamp != nil { cache?.add(finding, stamp: stamp, content: content) }
    return (finding, content)
  }

  private func summary(_ file: EncodedImage) throws(ImageError) -> MaskSummary {
    try summary(rawValues(of: file), file.size)
  }

  private func summary(_ values: [UInt32], _ size: ImageSize) -> MaskSummary {
    func isUnlisted(_ value: UInt32) -> Bool { labels.meaning(value) == nil }
    return MaskSummary(
      MaskHistogram(values, width: size.width, isUnlisted: isUnlisted), size: size, isUnlisted: isUnlisted)
  }

  /// The raw values of a mask, or its colors as 24 bits.
  private func rawValues(of file: EncodedImage) throws(ImageError) -> [UInt32] {
    if labels.tolerance == 0 { try file.requireMaskFormat() }
    let hasValues = if case .values = labels.encoding { true } else { false }
    if hasValues, !file.isColor, file.format == .png {
      guard labels.encoding.isWide else { return try file.decoded(.values).map { UInt32($0) } }
      return try file.decoded(.wideValues).withUnsafeBytes { $0.bindMemory(to: UInt16.self).map { UInt32($0) } }
    }
    let pixels = try file.decoded(.rgb)
    let colors = (0..<file.size.area).map { i in
      RGB(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]).bits
    }
    guard hasValues else { return colors }
    guard colors.allSatisfy({ RGB(bits: $0).isGray(within: labels.tolerance) }) else {
      throw ImageError(
        path: file.path,
        reason: "a color image, but this data set maps gray values to classes; a card with a map from colors reads "
          + "such masks")
    }
    return colors.map { $0 >> 8 & 255 }
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
