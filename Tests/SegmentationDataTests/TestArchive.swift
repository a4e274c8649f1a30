import Foundation
import SegmentationImage

/// A tar archive that a test puts together, right or wrong.
struct TestArchive {
  var bytes: [UInt8] = []

  /// An archive with the end mark.
  var whole: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

  /// Adds a header with a right checksum, and the content that follows it.
  /// - Parameters:
  ///   - size: The size in the header; that of the content if nil.
  ///   - change: Changes the header before its checksum is computed.
  mutating func add(
    _ name: String, _ content: [UInt8] = [], type: Character = "0", size: String? = nil,
    change: (inout [UInt8]) -> Void = { _ in }
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at place: Int) { header.replaceSubrange(place..<place + text.utf8.count, with: text.utf8) }
    put(name, at: 0)
    put("0000644\0", at: 100)
    put(
      size ?? String(repeating: "0", count: 11 - Self.octal(content.count).count) + Self.octal(content.count), at: 124)
    put(String(type), at: 156)
    put("ustar\u{0}00", at: 257)
    put("        ", at: 148)
    change(&header)
    let sum = Self.octal(header.reduce(0) { $0 + Int($1) })
    header.replaceSubrange(148..<156, with: Array((String(repeating: "0", count: 6 - sum.count) + sum + "\0 ").utf8))
    bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  /// Adds an image of one color and its mask.
  mutating func addSample(_ key: String, mask: String = "seg.png") throws {
    add("\(key).png", Array(try Image(height: 2, width: 2, filledWith: RGB(9, 9, 9)).png()))
    add("\(key).\(mask)", Array(try Mask(height: 2, width: 2).png()))
  }

  private static func octal(_ number: Int) -> String { String(number, radix: 8) }
}
