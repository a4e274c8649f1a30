import SegmentationImage

/// Reads masks as the values or colors that they hold, also those that stand for no class: readers that report problems
/// go on where a training run ends.
struct RawMaskReader: Sendable {
  let labels: LabelSet
  let orientation: ExifOrientation

  /// The raw values of a sample's labels, whether these are in a mask or drawn; `nil` if it has none, or is in no file.
  /// - Throws: `ImageError` for a mask, `DataError` for labels that cannot be drawn.
  func values(of sample: Sample) throws -> (size: ImageSize, values: [UInt32])? {
    if let mask = sample.maskFile {
      return try EncodedImage.reading(mask.open(), orientation: orientation) {
        file throws(ImageError) -> (size: ImageSize, values: [UInt32]) in
        (file.size, try values(of: file))
      }
    }
    return try sample.drawn().map { ($0.size, $0.values.map { UInt32($0) }) }
  }

  /// The raw values of a mask, or its colors as 24 bits.
  func values(of file: EncodedImage) throws(ImageError) -> [UInt32] {
    if labels.tolerance == 0 { try file.requireMaskFormat() }
    let hasValues = if case .values = labels.encoding { true } else { false }
    if hasValues, file.holdsValues {
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

  /// The raw value or color as cards write it.
  func text(_ value: UInt32) -> String {
    if case .values = labels.encoding { return "\(value)" }
    return RGB(bits: value).description
  }

  /// The training id of each pixel; those of values that stand for no class are ignored.
  func ids(_ values: [UInt32]) -> [UInt8] {
    var known: [UInt32: UInt8] = [:]
    var (last, id) = (UInt32.max, LabelSet.ignored)
    return values.map { value in
      // Neighbours are usually equal, so the dictionary is rarely asked.
      if value != last {
        id = known[value] ?? labels.meaning(value) ?? LabelSet.ignored
        known[value] = id
        last = value
      }
      return id
    }
  }
}
