/// Label Studio's run lengths of a brush: bits of a picture with four channels, of which the last one tells the strokes.
enum BrushRuns {
  /// The pixels with a stroke.
  /// - Returns: Nil if the bytes are not those of a picture of this size.
  static func bitmap(_ bytes: [UInt8], width: Int, height: Int) -> Bitmap? {
    var reader = BitReader(bytes: bytes)
    guard let count = reader.read(32), count == width * height * 4, let wordBits = reader.read(5) else { return nil }
    let lengthBits = (0..<4).compactMap { _ in reader.read(4).map { $0 + 1 } }
    guard lengthBits.count == 4 else { return nil }
    var bitmap = Bitmap(
      left: 0, top: 0, width: width, height: height, pixels: Array(repeating: false, count: width * height))
    var position = 0
    while position < count {
      guard let isRun = reader.read(1), let choice = reader.read(2), let length = reader.read(lengthBits[choice]),
        length < count - position
      else { return nil }
      var value = 0
      for index in position...position + length {
        if isRun == 0 || index == position {
          guard let word = reader.read(wordBits + 1) else { return nil }
          value = word
        }
        if index % 4 == 3 { bitmap.pixels[index / 4] = value != 0 }
      }
      position += length + 1
    }
    return bitmap
  }

  /// Reads numbers of some bits, the most significant one first.
  private struct BitReader {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func read(_ count: Int) -> Int? {
      guard count <= bytes.count * 8 - position else { return nil }
      var value = 0
      for _ in 0..<count {
        value = value << 1 | Int(bytes[position >> 3] >> (7 - position & 7) & 1)
        position += 1
      }
      return value
    }
  }
}
