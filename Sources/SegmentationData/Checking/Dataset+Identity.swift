import Basics
import Files
import SegmentationImage
import Synchronization

/// Images with the same content in different splits.
public struct SharedFile: Codable, Equatable, Sendable {
  /// The SHA-256 hash of the content, as 64 hexadecimal digits.
  public let sha256: String
  /// The images' paths, in the order of the splits.
  public let files: [String]
}

extension Dataset {
  /// The images that occur in several splits, by their content. Only files of equal size are read. An image that cannot
  /// be read, or that is in no file, counts as different from all others.
  /// - Throws: `DataError` if a split cannot be listed.
  public func sharedFiles(between splits: [Split]) throws -> [SharedFile] {
    var bySize: [Int: [(split: Split, file: String)]] = [:]
    for split in splits {
      for sample in try samples(of: split) where sample.maker == nil {
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

  /// A hash by which two runs can tell whether they saw the same data. It covers the names of images, masks and annotations
  /// below the root and their sizes or, with `contents`, everything in them. Without
  /// `contents`, a sample that is in no file counts by its name.
  /// - Throws: `DataError` if a split cannot be listed, `FileError` or `ImageError` if a file cannot be read.
  public func fingerprint(of splits: [Split], contents: Bool = false) throws -> String {
    var lines: [String] = []
    for split in splits {
      let samples = try samples(of: split)
      for sample in samples {
        guard let made = contents ? try sample.made() : nil else {
          if sample.maker != nil { lines.append("\(split.rawValue)\t\(sample.image)\t\n") }
          continue
        }
        let hash = (made.image.pixels + made.labels.values).withUnsafeBytes { ContentHash.hex(of: $0) }
        lines.append("\(split.rawValue)\t\(sample.image)\t\(made.image.size) \(hash)\n")
      }
      // Many images may have their annotations in one file.
      let sources = Set(samples.flatMap { $0.drawing?.sources ?? [] }).sorted()
      let files = samples.filter { $0.maker == nil }.flatMap { [$0.image] + ($0.mask.map { [$0] } ?? []) } + sources
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

  /// The hash of each file, computed on all cores.
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
