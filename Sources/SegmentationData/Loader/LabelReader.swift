import SegmentationImage

/// Reads mask files as training ids and checks their values. Each thread has its own reader.
final class LabelReader {
  private let labels: LabelSet
  /// The training id of each value of 16 bits; -1 for values that are not in the map. It is empty if 8 bits are enough.
  private var wideTable: [Int16] = []
  /// The training id of each raw value; -1 for values that are not in the map.
  private var table = [Int64](repeating: -1, count: 256)
  /// A raw value that is in the map, which fills padding until that gets its label.
  private var harmless: UInt8 = 0
  private let decoded = ScratchBuffer()
  private let wide = ScratchBuffer()
  private let rendered = ScratchBuffer()

  init(_ labels: LabelSet) {
    self.labels = labels
    if keepsValues {
      for value in 0...255 { table[value] = labels.id(of: UInt16(value)).map(Int64.init) ?? -1 }
    } else {
      // Colors and values of 16 bits become training ids right after decoding, so here each id stands for itself.
      for id in 0...255 { table[id] = Int64(id) }
      if labels.encoding.isWide {
        wideTable = (UInt16(0)...UInt16.max).map { labels.id(of: $0).map(Int16.init) ?? -1 }
      }
    }
    harmless = UInt8(table.firstIndex { $0 >= 0 } ?? 0)
  }

  /// Whether `decode` gives raw values. It gives training ids for masks in color and of 16 bits.
  var keepsValues: Bool {
    if case .values = labels.encoding { !labels.encoding.isWide } else { false }
  }

  /// Throws if a file cannot be a mask, whatever its pixels are. A tolerance lets files pass whose compression changes
  /// values, such as JPEG.
  func check(_ file: EncodedImage) throws {
    if labels.tolerance == 0 { try file.requireMaskFormat() }
  }

  /// Writes the labels of a placement's window, with 255 for padding.
  /// - Throws: An error for a damaged file, or one that names the pixel for a value that is not in the map.
  func read(_ mask: StoredImage, _ placement: Placement, into labels: UnsafeMutablePointer<Int64>) throws {
    let rows = placement.sourceRows
    try write(values(of: mask, rows: rows), firstRow: rows.lowerBound, placement, of: mask, into: labels)
  }

  /// Rows of raw values, or of training ids if the mask is in color or has 16 bits. They are valid until the next call.
  func values(of mask: StoredImage, rows: Range<Int>) throws -> UnsafePointer<UInt8> {
    switch mask.content {
    case .encoded(let file): try decode(file, rows: rows)
    case .cached(let entry): entry.rows(from: rows.lowerBound)
    case .made(let values): copy(values[rows.lowerBound * mask.size.width..<rows.upperBound * mask.size.width])
    }
  }

  private func copy(_ values: ArraySlice<UInt8>) -> UnsafePointer<UInt8> {
    let copy = decoded.reserve(max(1, values.count))
    values.withUnsafeBufferPointer { if let base = $0.baseAddress { copy.update(from: base, count: $0.count) } }
    return UnsafePointer(copy)
  }

  /// Does the same as `read` with values that are already decoded.
  func write(
    _ values: UnsafePointer<UInt8>, firstRow: Int, _ placement: Placement, of mask: StoredImage,
    into labels: UnsafeMutablePointer<Int64>
  ) throws {
    let count = placement.window.area
    let output = rendered.reserve(count)
    placement.renderMask(values, firstRow: firstRow, into: output, fill: harmless)
    var signs: Int64 = 0
    table.withUnsafeBufferPointer { table in
      for i in 0..<count {
        let label = table[Int(output[i])]
        labels[i] = label
        signs |= label
      }
    }
    if signs < 0 {
      let wrong = (0..<count).first { labels[$0] < 0 }!
      let width = placement.window.width
      let pixel = placement.sourcePixel(ofOutput: wrong % width, wrong / width) ?? (x: 0, y: 0)
      throw unlisted("value \(output[wrong])", pixel.x, pixel.y, mask.path)
    }
    if placement.hasPadding { placement.fillPadding(of: labels, with: Int64(LabelSet.ignored)) }
  }

  /// The number of pixels of each training id in a mask, with ignored pixels at 255.
  func counts(of mask: StoredImage) throws -> [Int] {
    let values = try values(of: mask, rows: 0..<mask.size.height)
    var raw = [Int](repeating: 0, count: 256)
    let pixels = UnsafeBufferPointer(start: values, count: mask.size.area)
    for value in pixels { raw[Int(value)] += 1 }
    var counts = [Int](repeating: 0, count: 256)
    for (value, count) in raw.enumerated() where count > 0 {
      guard table[value] >= 0 else {
        let place = pixels.firstIndex(of: UInt8(value))!
        throw unlisted("value \(value)", place % mask.size.width, place / mask.size.width, mask.path)
      }
      counts[Int(table[value])] += count
    }
    return counts
  }

  /// Decodes rows to raw values, or to training ids if the mask is in color or has 16 bits.
  func decode(_ file: EncodedImage, rows: Range<Int>) throws -> UnsafePointer<UInt8> {
    let count = rows.count * file.size.width
    guard case .colors = labels.encoding else {
      let isGray = file.holdsValues
      if isGray, !keepsValues { return try decodeWide(file, rows: rows) }
      let values = decoded.reserve(isGray ? count : count * 3)
      if isGray {
        try file.decode(.values, rows: rows, into: values)
      } else {
        try decodeGray(file, rows: rows, into: values)
      }
      return UnsafePointer(values)
    }
    let pixels = decoded.reserve(count * 3)
    try file.decode(.rgb, rows: rows, into: pixels)
    // The ids replace the colors in place. Neighbours are usually equal, so the dictionary is rarely asked.
    var last: RGB?
    var id: UInt8 = 0
    for i in 0..<count {
      let color = RGB(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2])
      if color != last {
        guard let found = labels.id(of: color) else {
          throw unlisted("color \(color)", i % file.size.width, rows.lowerBound + i / file.size.width, file.path)
        }
        (last, id) = (color, found)
      }
      pixels[i] = id
    }
    return UnsafePointer(pixels)
  }

  /// Decodes values of 16 bits, or of 8 bits that belong to a map with values of 16 bits, to training ids.
  private func decodeWide(_ file: EncodedImage, rows: Range<Int>) throws -> UnsafePointer<UInt8> {
    let count = rows.count * file.size.width
    try file.decode(.wideValues, rows: rows, into: wide.reserve(2 * count))
    let values = wide.reserve(count, of: UInt16.self)
    let ids = decoded.reserve(count)
    for i in 0..<count { ids[i] = try wideID(of: values[i], i, rows: rows, file) }
    return UnsafePointer(ids)
  }

  /// The training id of a value of 16 bits.
  private func wideID(of value: UInt16, _ i: Int, rows: Range<Int>, _ file: EncodedImage) throws -> UInt8 {
    let id = wideTable[Int(value)]
    guard id >= 0 else {
      throw unlisted("value \(value)", i % file.size.width, rows.lowerBound + i / file.size.width, file.path)
    }
    return UInt8(id)
  }

  /// Decodes gray values that are stored as RGB, or with a compression that changes them.
  private func decodeGray(_ file: EncodedImage, rows: Range<Int>, into pixels: UnsafeMutablePointer<UInt8>) throws {
    try file.decode(.rgb, rows: rows, into: pixels)
    for i in 0..<rows.count * file.size.width {
      let color = RGB(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2])
      guard color.isGray(within: labels.tolerance) else {
        let (x, y) = (i % file.size.width, rows.lowerBound + i / file.size.width)
        throw DataError(
          "\(file.path): color \(color) at (\(x), \(y)), but this data set maps gray values to classes; a card with a map "
            + "from colors reads such masks")
      }
      pixels[i] = try keepsValues ? color.green : wideID(of: UInt16(color.green), i, rows: rows, file)
    }
  }

  private func unlisted(_ what: String, _ x: Int, _ y: Int, _ path: String) -> DataError {
    let allowed: String
    switch labels.encoding {
    case .values(let map): allowed = Self.ranges(map.keys.sorted())
    case .colors(let map, _):
      let names = map.keys.map(\.description).sorted()
      allowed = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", ... (\(names.count) colors)" : "")
    }
    return DataError(
      "\(path): \(what) at (\(x), \(y)) stands for no class; allowed are \(allowed) "
        + "('rtseg data check' lists all values and proposes a map)")
  }

  /// The values in words, such as "0-11, 255".
  static func ranges(_ values: [UInt16]) -> String {
    var parts: [(first: UInt16, last: UInt16)] = []
    for value in values {
      if let last = parts.last?.last, last &+ 1 == value {
        parts[parts.count - 1].last = value
      } else {
        parts.append((value, value))
      }
    }
    return parts.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(separator: ", ")
  }
}
