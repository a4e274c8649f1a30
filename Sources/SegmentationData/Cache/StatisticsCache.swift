import Basics
import Files
import Foundation
import SegmentationImage

/// Counts of classes in a file whose name is the hash of what was counted. The file's content is checked; a damaged
/// file counts as absent.
struct StatisticsCache {
  private static let version = "rtseg class statistics 1"

  private let folder: String
  private let key: String

  init(folder: String, key: String) {
    self.folder = folder
    self.key = key
  }

  /// The hash of the content of all masks, in order, and of the meaning of their values.
  static func key(of samples: Samples, labels: LabelSet) throws -> String {
    let stream = ContentHash.Stream()
    stream.add(Array("\(version)\n\(labels.classes.count) classes\n\(labels.encodingText)\n".utf8))
    return try Parallel.reduce(samples.count, into: stream) { index, _ in
      guard let mask = samples[index].maskFile else { throw DataError("\(samples[index].image): has no mask") }
      return try mask.digest(using: ScratchBuffer())
    } add: { stream, _, digest in
      stream.add(Array("\(digest.hex)\n".utf8))
    }.finish()
  }

  private var file: String { "\(folder)/\(key).txt" }

  /// The counts; `nil` if there are none or the file is damaged.
  func read(images: Int, classes: Int) -> [[Int]]? {
    guard let bytes = try? InputFile.contents(of: file, limit: 1 << 28) else { return nil }
    let end = UInt8(ascii: "\n")
    guard let first = bytes.firstIndex(of: end), let second = bytes[(first + 1)...].firstIndex(of: end),
      bytes[..<first].elementsEqual(Self.version.utf8)
    else { return nil }
    let body = Array(bytes[(second + 1)...])
    guard bytes[(first + 1)..<second].elementsEqual(Self.hash(of: body).utf8) else { return nil }
    let lines = body.split(separator: end)
    guard lines.count == images else { return nil }
    var counts: [[Int]] = []
    for line in lines {
      let numbers = line.split(separator: UInt8(ascii: " ")).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
      guard numbers.count == classes, numbers.allSatisfy({ $0 >= 0 && $0 <= 1 << 40 }) else { return nil }
      counts.append(numbers)
    }
    return counts
  }

  /// Writes the counts. They can always be counted again, so a folder that cannot be written to is no error.
  func write(_ counts: [[Int]]) {
    let body = Array(counts.map { $0.map(String.init).joined(separator: " ") + "\n" }.joined().utf8)
    do {
      try FileSystem.makeFolder(folder)
      try AtomicFile.write(to: file, isDurable: false) { file in
        try file.write(Array("\(Self.version)\n\(Self.hash(of: body))\n".utf8))
        try file.write(body)
      }
    } catch {}
  }

  private static func hash(of body: [UInt8]) -> String { body.withUnsafeBytes { ContentHash.hex(of: $0) } }
}
