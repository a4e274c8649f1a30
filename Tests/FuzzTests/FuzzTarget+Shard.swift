import Foundation
import SegmentationData
import SegmentationImage

extension FuzzTarget {
  /// Lists the samples of a tar archive and reads their images. Bytes that begin like an index are one, beside an
  /// archive of zeros.
  static func readShard(_ bytes: some Collection<UInt8>) throws {
    let isIndex = bytes.starts(with: "v1.".utf8)
    let content = isIndex ? [UInt8](repeating: 0, count: 10240) : Array(bytes)
    try content.withUnsafeBytes { content in
      try withFile(content) { file in
        let index = URL(filePath: file.path + ".idx")
        if isIndex { try Data(bytes).write(to: index) }
        defer { if isIndex { try? FileManager.default.removeItem(at: index) } }
        let card = """
          classes: [{name: a, color: [0, 0, 0]}]
          map: {0: a}
          splits: {train: {shards: \(file.path)}}
          """
        do {
          let samples = try FolderCard(yaml: card, path: "/nowhere/card.yaml").dataset().samples(of: .train)
          for sample in samples.prefix(4) where (try? sample.size(orientation: .apply).area) ?? .max < 1 << 20 {
            _ = try? sample.decodedImage(orientation: .apply)
          }
        } catch {
          precondition(!"\(error)".contains("\n"), "\(error)")
        }
      }
    }
  }

  /// The bytes with right checksums in all blocks that look like a header, without which nothing of a changed one would
  /// be read.
  static func withHeaderChecksums(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var archive = Array(bytes)
    for start in stride(from: 0, to: archive.count - 511, by: 512) {
      guard archive[start + 257..<start + 262].elementsEqual("ustar".utf8) else { continue }
      archive.replaceSubrange(start + 148..<start + 156, with: [UInt8](repeating: 0x20, count: 8))
      let sum = String(archive[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
      let text = String(repeating: "0", count: 6 - sum.count) + sum
      archive.replaceSubrange(start + 148..<start + 155, with: Array(text.utf8) + [0])
    }
    return archive
  }
}
