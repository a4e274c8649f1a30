import Files
import SegmentationImage

/// Divides samples among archives and names their members.
struct ShardPlan {
  /// A member to write.
  struct Entry {
    let name: [UInt8]
    let file: SampleFile
    let size: Int
  }

  private let samples: Samples
  private let samplesPerShard: Int
  private let shardSize: Int
  private let root: String
  /// The folders that all images share below the root.
  private let shared: Int
  private var index = 0

  init(_ samples: Samples, root: String, samplesPerShard: Int, shardSize: Int) {
    (self.samples, self.samplesPerShard, self.shardSize) = (samples, samplesPerShard, shardSize)
    self.root = root
    var shared: ArraySlice<ArraySlice<UInt8>>?
    for sample in samples {
      let folders = Self.parts(of: sample, root).dropLast()
      guard let known = shared else {
        shared = folders
        continue
      }
      shared = known.prefix(zip(known, folders).prefix { $0 == $1 }.count)
    }
    self.shared = shared?.count ?? 0
  }

  /// The members of the next archive, at least those of one sample, and the number of its samples; nil at the end.
  mutating func next() throws -> (entries: [Entry], samples: Int)? {
    var (entries, count, layout, keys): ([Entry], Int, TarWriter, Set<[UInt8]>) = ([], 0, TarWriter(), [])
    while index < samples.count, count < samplesPerShard {
      let sample = samples[index]
      let members = try self.members(of: sample, &keys)
      var grown = layout
      for member in members { _ = grown.add(member.name, size: member.size) }
      if count > 0, grown.size + grown.end.count > shardSize { break }
      layout = grown
      entries += members
      count += 1
      index += 1
    }
    return entries.isEmpty ? nil : (entries, count)
  }

  private func members(of sample: Sample, _ keys: inout Set<[UInt8]>) throws -> [Entry] {
    var key = key(of: sample)
    // Names that differ in what is left out, such as a.jpg and a.png.
    if !keys.insert(key).inserted {
      var number = 2
      while !keys.insert(key + Array("_\(number)".utf8)).inserted { number += 1 }
      key += Array("_\(number)".utf8)
    }
    let image = try entry(key, "", sample.imageFile)
    guard let mask = sample.maskFile else { return [image] }
    return [image, try entry(key, "seg.", mask)]
  }

  private func entry(_ key: [UInt8], _ field: String, _ file: SampleFile) throws -> Entry {
    let part = try file.open()
    guard part.size <= TarScanner.sizeLimit else {
      throw ImageError(path: file.path, reason: "it has \(part.size) bytes, expected at most 2 GiB")
    }
    let start: [UInt8]
    do { start = try part.read(at: 0, count: min(32, part.size)) } catch { throw ImageError(error, file.path) }
    guard let format = start.withUnsafeBufferPointer({ ImageFormat(of: $0) }) else {
      throw ImageError(path: file.path, reason: "no \(ImageFormat.list("or")) file")
    }
    let name = key + Array(".\(field)\(format.fileExtensions[0])".utf8)
    return Entry(name: name, file: file, size: part.size)
  }

  /// The part of the name that the members of a sample share: the image's path below the folder that all images share,
  /// without the extension. Dots and blanks become `_`, since WebDataset divides names at the first dot.
  private func key(of sample: Sample) -> [UInt8] {
    var parts = Self.parts(of: sample, root).dropFirst(shared).map(Array.init)
    let name = parts.removeLast()
    parts.append(Array(name[..<(name.lastIndex(of: UInt8(ascii: ".")) ?? name.count)]))
    let clean = parts.map { part in
      var part = part.map { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: ".") ? UInt8(ascii: "_") : $0 }
      // WebDataset passes over names that begin like this.
      while part.starts(with: "__".utf8) { part.removeFirst() }
      return part.isEmpty ? [UInt8(ascii: "_")] : part
    }
    return Array(clean.joined(separator: [UInt8(ascii: "/")]))
  }

  /// The names in the path of an image below the root, or in its shard.
  private static func parts(of sample: Sample, _ root: String) -> [ArraySlice<UInt8>] {
    var path = FileName.bytes(sample.image)[...]
    let folder = sample.members?.image.shard.folder ?? FileName.bytes(root) + [UInt8(ascii: "/")]
    if path.starts(with: folder) { path = path.dropFirst(folder.count) }
    let parts = path.split(separator: UInt8(ascii: "/")).filter {
      !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
    }
    return parts.isEmpty ? [path] : parts
  }
}
