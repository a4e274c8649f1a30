/// How often each raw value (or color, as 24 bits) occurs in a mask, and where.
struct MaskHistogram {
  struct Entry {
    var pixels = 0
    /// Pixels whose neighbors on all four sides have the same value. A class's areas have them; colors that come from
    /// blending two others have none, as they lie on a border or change from pixel to pixel.
    var innerPixels = 0
    /// The index of the first pixel.
    var first: Int
  }

  let width: Int
  private(set) var entries: [UInt32: Entry] = [:]

  /// Counts a mask's values; inner pixels only of values that `isUnlisted` holds for.
  init(_ values: [UInt32], width: Int, isUnlisted: (UInt32) -> Bool) {
    self.width = width
    values.withUnsafeBufferPointer { values in
      var start = 0
      // Neighbors mostly agree: the dictionary is asked once for each run.
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
