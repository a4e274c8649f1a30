/// COCO's run lengths: pixels outside and inside by turns, beginning outside, down the columns.
struct COCORunLengths {
  let counts: [Int]

  /// The pixels of an image of this size.
  /// - Returns: Nil if the counts are not those of this size.
  func bitmap(width: Int, height: Int) -> Bitmap? {
    var total = 0
    for count in counts {
      guard count >= 0, count <= width * height - total else { return nil }
      total += count
    }
    guard total == width * height else { return nil }
    var bitmap = Bitmap(left: 0, top: 0, width: width, height: height, pixels: Array(repeating: false, count: total))
    var (position, isInside) = (0, false)
    for count in counts {
      if isInside {
        for index in position..<position + count { bitmap.pixels[index % height * width + index / height] = true }
      }
      position += count
      isInside.toggle()
    }
    return bitmap
  }

  init(counts: [Int]) { self.counts = counts }

  /// Reads the compressed form, a text. Each character holds five bits of a number, the lowest first, and whether more
  /// follow; from the fourth number on, the number two before is added.
  /// - Returns: Nil if this is no such text.
  init?(compressed text: String) {
    var counts: [Int] = []
    var (value, shift) = (0, 0)
    for byte in text.utf8 {
      guard (48..<112).contains(byte), shift < 60 else { return nil }
      let bits = Int(byte) - 48
      value |= (bits & 0x1F) << shift
      shift += 5
      guard bits & 0x20 == 0 else { continue }
      if bits & 0x10 != 0 { value |= -1 << shift }
      if counts.count > 2 {
        let (sum, isTooLarge) = value.addingReportingOverflow(counts[counts.count - 2])
        guard !isTooLarge else { return nil }
        value = sum
      }
      counts.append(value)
      (value, shift) = (0, 0)
    }
    guard shift == 0 else { return nil }
    self.counts = counts
  }
}
