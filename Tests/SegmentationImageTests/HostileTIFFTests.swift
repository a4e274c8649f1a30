import SegmentationImage
import Testing

/// Small TIFF files that claim much, or what is not read.
@Suite struct HostileTIFFTests {
  /// A little-endian file of one strip, with the tags changed.
  private func tiff(_ changes: [UInt16: UInt32]) -> [UInt8] {
    // Width, height, bits, compression, photometric interpretation, offset of the strip, channels, rows of a strip, bytes of
    // the strip, planes.
    var tags: [UInt16: UInt32] = [
      256: 4, 257: 4, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 4, 279: 16, 284: 1,
    ]
    tags.merge(changes) { $1 }
    func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    var file: [UInt8] = [0x49, 0x49, 42, 0] + bytes(UInt32(24)) + (0..<16).map { UInt8($0) }
    file += bytes(UInt16(tags.count))
    for (tag, value) in tags.sorted(by: { $0.key < $1.key }) {
      // Long numbers.
      file += bytes(tag) + bytes(UInt16(4)) + bytes(UInt32(1)) + bytes(value)
    }
    return file + bytes(UInt32(0))
  }

  private func reason(_ changes: [UInt16: UInt32]) -> String? {
    tiff(changes).withUnsafeBufferPointer { bytes in
      do {
        _ = try EncodedImage(bytes, path: "a.tif").decoded(.rgb)
        return nil
      } catch {
        return (error as? ImageError)?.reason
      }
    }
  }

  @Test func theFileItselfIsRead() { #expect(reason([:]) == nil) }

  @Test(
    arguments: [
      ([256: 60000, 257: 60000], "the image is too large (60000x60000"),
      ([256: 0], ""), ([257: 0], ""),
      ([277: 2000], "the TIFF has 2000 channels, expected 1 to 1024"),
      ([256: 10000, 257: 10000, 277: 600, 262: 2], "the image is too large (10000x10000 with 600 channels)"),
      ([258: 12], "the TIFF has values of 12 bits (sample format 1), which are not read"),
      ([259: 34676], "the TIFF's compression (34676) is not read"),
      ([262: 8, 277: 3], "the TIFF's colors (photometric interpretation 8 with 3 channels) are not read"),
      ([262: 32803], "the TIFF's colors (photometric interpretation 32803 with 1 channels) are not read"),
      ([254: 1], "the TIFF begins with a preview, as the raw files of cameras do: convert it"),
      ([256: 4000, 257: 4000], ""), ([273: 4_000_000_000], ""),
      ([322: 16, 323: 16, 324: 8, 325: 256], ""), ([322: 60000, 323: 60000, 324: 8, 325: 16], ""),
      ([322: 7, 323: 7, 324: 8, 325: 49], "the TIFF's tiles have a size that is not read"),
    ] as [([UInt16: UInt32], String)])
  func whatIsClaimedIsChecked(changes: [UInt16: UInt32], expected: String) {
    let reason = reason(changes)
    #expect(reason?.hasPrefix(expected) == true, "\(reason ?? "it was read")")
    #expect(reason?.contains("\n") == false && reason?.isEmpty == false)
  }
}
