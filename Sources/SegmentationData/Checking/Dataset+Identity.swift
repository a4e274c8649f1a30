import Files
import Foundation
import SegmentationImage
import Synchronization

/// Images of different splits with the same content.
public struct SharedFile: Codable, Equatable, Sendable {
  public let sha256: String
  /// The images' paths, in the order of the splits.
  public let files: [String]
}

extension Dataset {
  /// The images that several splits share, by content. Only files of equal size are read.
  public func sharedFiles(between splits: [Split]) throws -> [SharedFile] {
    var bySize: [Int: [(split: Split, file: String)]] = [:]
    for split in splits {
      for sample in try samples(of: split) {
        bySize[try Self.fileSize(sample.image), default: []].append((split, sample.image))
      }
    }
    let candidates = bySize.values.filter { Set($0.map(\.split)).count > 1 }.flatMap { $0 }
    let hashes = try Self.hashes(of: candidates.map(\.file))
    return Dictionary(grouping: zip(candidates, hashes), by: \.1).compactMap { hash, group in
      guard Set(group.map(\.0.split)).count > 1 else { return nil }
      let order = group.map(\.0).sorted {
        (splits.firstIndex(of: $0.split)!, $0.file) < (splits.firstIndex(of: $1.split)!, $1.file)
      }
      return SharedFile(sha256: hash, files: order.map(\.file))
    }.sorted { $0.files[0] < $1.files[0] }
  }

  /// A hash that tells whether two runs saw the same data: of the images' and masks' names below the root and their
  /// sizes, or with `contents` of all that they hold.
  public func fingerprint(of splits: [Split], contents: Bool = false) throws -> String {
    var lines: [String] = []
    for split in splits {
      let files = try samples(of: split).flatMap { [$0.image] + ($0.mask.map { [$0] } ?? []) }
      let marks = contents ? try Self.hashes(of: files) : try files.map { String(try Self.fileSize($0)) }
      for (file, mark) in zip(files, marks) {
        let name = file.hasPrefix(root + "/") ? String(file.dropFirst(root.count + 1)) : file
        lines.append("\(split.rawValue)\t\(name)\t\(mark)\n")
      }
    }
    var text = lines.joined()
    return text.withUTF8 { ContentHash.hex(of: UnsafeRawBufferPointer($0)) }
  }

  private static func fileSize(_ path: String) throws(DataError) -> Int {
    do { return try FileSystem.size(of: path) } catch { throw DataError(error.description) }
  }

  private static func hashes(of files: [String]) throws -> [String] {
    let results = Mutex([String](repeating: "", count: files.count))
    try Parallel.forEach(files.count) { index, _ in
      let hash = try ContentHash.hex(ofFile: files[index], using: ScratchBuffer())
      results.withLock { $0[index] = hash }
    }
    return results.withLock { $0 }
  }
}
