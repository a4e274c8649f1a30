import Basics
import Files
import SegmentationImage
import Synchronization

/// Images of different splits with the same content.
public struct SharedFile: Codable, Equatable, Sendable {
  public let sha256: String
  /// The images' paths, in the order of the splits.
  public let files: [String]
}

extension Dataset {
  /// The images that several splits share, by content. Only files of equal size are read, and none that is unreadable:
  /// it counts as shared with no other.
  public func sharedFiles(between splits: [Split]) throws -> [SharedFile] {
    var bySize: [Int: [(split: Split, file: String)]] = [:]
    for split in splits {
      for sample in try samples(of: split) {
        guard FileSystem.kind(of: sample.image) == .file, let size = try? FileSystem.size(of: sample.image) else {
          continue
        }
        bySize[size, default: []].append((split, sample.image))
      }
    }
    let candidates = bySize.values.filter { Set($0.map(\.split)).count > 1 }.flatMap { $0 }
    let hashes = try Self.hashes(of: candidates.map(\.file)) { path in try? Self.hash(of: path) }
    return Dictionary(grouping: zip(candidates, hashes), by: \.1).compactMap { hash, group in
      guard let hash, Set(group.map(\.0.split)).count > 1 else { return nil }
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
      let marks =
        contents
        ? try Self.hashes(of: files, by: Self.hash) : try files.map { String(try FileSystem.size(of: $0)) }
      for (file, mark) in zip(files, marks) {
        let name = file.hasPrefix(root + "/") ? String(file.dropFirst(root.count + 1)) : file
        lines.append("\(split.rawValue)\t\(name)\t\(mark)\n")
      }
    }
    var text = lines.joined()
    return text.withUTF8 { ContentHash.hex(of: UnsafeRawBufferPointer($0)) }
  }

  private static func hash(of path: String) throws -> String {
    try ContentHash.hex(ofFile: path, using: ScratchBuffer())
  }

  /// The files' hashes, computed on all cores.
  private static func hashes<Hash: Sendable>(
    of files: [String], by hash: @Sendable (String) throws -> Hash
  ) throws -> [Hash] {
    let results = Mutex([Hash?](repeating: nil, count: files.count))
    try Parallel.forEach(files.count) { index, _ in
      let one = try hash(files[index])
      results.withLock { $0[index] = one }
    }
    return results.withLock { $0.map { $0! } }
  }
}
