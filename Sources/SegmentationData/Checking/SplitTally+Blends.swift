import SegmentationImage

extension SplitTally {
  /// The unlisted values in some splits that look like blends of others: almost none of their pixels is surrounded by
  /// the same value, or they are close to a listed color, as lossy compression makes them. The result is empty if there
  /// are so few that each may be a class.
  static func blends(in splits: [SplitTally], of encoding: LabelEncoding) -> Set<UInt32> {
    let colors: [UInt32] =
      switch encoding {
      case .values: []
      case .colors(let map, _): map.keys.map(\.bits)
      }
    let unlisted = splits.reduce(into: Set<UInt32>()) { $0.formUnion($1.firstPlaces.keys) }
    let blends = unlisted.filter { value in
      let inner = splits.reduce(0) { $0 + ($1.innerPixels[value] ?? 0) }
      let pixels = splits.reduce(0) { $0 + ($1.raw[value]?.pixels ?? 0) }
      return Double(inner) <= 0.01 * Double(pixels) || colors.contains { areClose($0, value) }
    }
    return blends.count > 8 ? blends : []
  }

  /// Whether two colors differ by at most 16 in every channel.
  private static func areClose(_ one: UInt32, _ other: UInt32) -> Bool {
    func difference(_ shift: UInt32) -> Int { abs(Int(one >> shift & 255) - Int(other >> shift & 255)) }
    return difference(0) <= 16 && difference(8) <= 16 && difference(16) <= 16
  }
}

extension RGB {
  /// The color as 24 bits.
  var bits: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }

  init(bits: UInt32) { self.init(UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)) }
}
