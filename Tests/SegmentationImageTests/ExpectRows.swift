import SegmentationImage
import Testing

/// Decodes rows of an image, from each row to each of those that `ends` gives for it and the image's height, and compares
/// them with the same rows of the whole image.
func expectRows(of name: String, to ends: (_ first: Int, _ height: Int) -> [Int]) throws {
  let bytes = try Fixtures.bytes(name)
  try bytes.withUnsafeBufferPointer { bytes in
    let file = try EncodedImage(bytes, path: name)
    let whole = try file.decoded(.rgb)
    let stride = file.size.width * 3
    for first in 0..<file.size.height {
      for last in ends(first, file.size.height) {
        var rows = [UInt8](repeating: 0, count: (last - first) * stride)
        try file.decode(.rgb, rows: first..<last, into: &rows)
        #expect(rows == Array(whole[first * stride..<last * stride]), "rows \(first)..<\(last)")
      }
    }
  }
}
