/// The number of pixels of each raw value, or of each color as 24 bits, in a mask, and the first place of each.
struct MaskHistogram {
  struct Entry {
    var pixels = 0
    /// The number of pixels whose neighbours on all four sides have the same value. The areas of a class have such
    /// pixels. Colors that come from blending two others have none, since they lie on a border or change from pixel to
    /// pixel.
    var innerPixels = 0
    /// The index of the first pixel with the value.
    var first: Int
  }

  let width: Int
  private(set) var entries: [UInt32: Entry] = [:]

  /// Counts the values of a mask. Inner pixels are counted only for values for which `isUnlisted` holds.
  init(_ values: [UInt32], width: Int, isUnlisted: (UInt32) -> Bool) {
    self.width = width
    values.withUnsafeBufferPointer { values in
      var start = 0
      // Neighbours are usually equal, so the dictionary is asked once for each run of equal values.
      while start < values.count {
        let value = values[start]
        var end = start + 1
        while end < values.count, values[end] == value { end += 1 }
        entries[value, default: Entry(first: start)].pixels += end - start
        start = end
      }
      let unlisted = Set(entries.keys.filter(isUnlisted))
      if !unlisted.isEmpty { countInner(of: unlisted, in: values) }
    }
  }

  private mutating func countInner(of unlisted: Set<UInt32>, in values: UnsafeBufferPointer<UInt32>) {
    let height = values.count / width
    guard width > 2, height > 2 else { return }
    for y in 1..<height - 1 {
      for i in y * width + 1..<(y + 1) * width - 1 {
        let value = values[i]
        if value == values[i - 1], value == values[i + 1], value == values[i - width], value == values[i + width],
          unlisted.contains(value)
        {
          entries[value]!.innerPixels += 1
        }
      }
    }
  }
}
