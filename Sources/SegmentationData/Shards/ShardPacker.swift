import Files
import Foundation
import SegmentationImage

/// Writes a data set into tar archives, in WebDataset's layout: `KEY.jpg` or `KEY.png` with `KEY.seg.png`, in the data
/// set's order, an index beside each archive, and a card.
///
/// The same files give the same bytes. A packing that was interrupted goes on: archives that are whole, and not older
/// than their files, are kept.
public struct ShardPacker {
  /// The results of a packing.
  public struct Report: Sendable {
    /// The number of samples of each split.
    public internal(set) var samples: [Split: Int] = [:]
    /// The number of archives of each split.
    public internal(set) var shards: [Split: Int] = [:]
    /// The number of archives that were there from an earlier packing.
    public internal(set) var kept = 0
    /// The path of the card.
    public internal(set) var card = ""
    /// Lines on what was left out.
    public internal(set) var notes: [String] = []
  }

  private let source: PackedCard
  private let dataset: Dataset
  private let output: String
  private let samplesPerShard: Int
  private let shardSize: Int

  /// Opens a data set.
  /// - Parameters:
  ///   - kind: A name, such as "cityscapes", or the path of a card.
  ///   - root: The data set's folder. For a card it replaces the card's own root and may be empty.
  ///   - output: The folder to write; it is made if needed.
  ///   - samplesPerShard: The most samples of an archive, 1 or more.
  ///   - shardSize: The most bytes of an archive, unless a single sample has more.
  /// - Throws: `DataError` if there is no such data set or its card is wrong.
  public init(
    _ kind: String, root: String = "", output: String, samplesPerShard: Int = .max, shardSize: Int = 1_000_000_000
  ) throws(DataError) {
    precondition(samplesPerShard > 0 && shardSize > 0, "\(samplesPerShard) samples, \(shardSize) bytes")
    guard AnnotationSource(kind) == nil else {
      throw DataError(
        "\(kind): annotations have no masks to pack; 'rtseg data import' writes masks and a card for them")
    }
    dataset = try Dataset.open(kind: kind, root: root)
    source = try PackedCard(kind, dataset)
    self.output = output
    self.samplesPerShard = samplesPerShard
    self.shardSize = shardSize
  }

  /// Writes the archives, their indices, and the card at the end.
  /// - Parameters:
  ///   - splits: The splits to write; nil for all that the data set has.
  ///   - progress: Called with the number of samples that are done and the number of all samples.
  /// - Throws: `DataError`, `ImageError` or `FileError` if a file cannot be read or written, or if the folder holds
  ///   anything else.
  public func pack(_ splits: [Split]? = nil, progress: (Int, Int) -> Void = { _, _ in }) throws -> Report {
    var report = Report()
    var lists: [(split: Split, samples: Samples)] = []
    for split in Split.allCases where splits?.contains(split) ?? true {
      do { lists.append((split, try dataset.samples(of: split))) } catch {
        // Many data sets have no test images, as for the check.
        guard splits == nil, error.lacksSplit || split == .test else { throw error }
        if !error.lacksSplit { report.notes.append("\(split.rawValue) is left out: \(error)") }
      }
    }
    guard !lists.isEmpty else { throw DataError("\(dataset.name) has no images") }
    try refuseOwnShards(lists.map(\.samples))
    try prepareFolder()
    let total = lists.reduce(0) { $0 + $1.samples.count }
    var (done, names) = (0, Set<String>())
    for (split, samples) in lists {
      var plan = ShardPlan(samples, root: dataset.root, samplesPerShard: samplesPerShard, shardSize: shardSize)
      var number = 0
      while let shard = try plan.next() {
        let name = Self.name(split, number)
        names.insert(name)
        if try write(shard.entries, to: "\(output)/\(name)") { report.kept += 1 }
        done += shard.samples
        number += 1
        progress(done, total)
      }
      (report.samples[split], report.shards[split]) = (samples.count, number)
    }
    for name in try FileSystem.names(in: output) where name.hasSuffix(".tar") && !names.contains(name) {
      throw DataError("\(output)/\(name) is from a packing with other options; remove it and pack again")
    }
    report.card = "\(output)/card.yaml"
    let patterns = report.shards.map { ($0.key, Self.pattern($0.key, $0.value)) }
    try source.write(Dictionary(uniqueKeysWithValues: patterns), to: report.card)
    return report
  }

  private static func name(_ split: Split, _ number: Int) -> String {
    "\(split.rawValue)-\(digits(number)).tar"
  }

  private static func pattern(_ split: Split, _ count: Int) -> String {
    count == 1 ? name(split, 0) : "\(split.rawValue)-{\(digits(0))..\(digits(count - 1))}.tar"
  }

  private static func digits(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 6 - "\(number)".count)) + "\(number)"
  }

  /// Makes sure that no archive of the data set lies in the folder, whose files are replaced.
  private func refuseOwnShards(_ lists: [Samples]) throws {
    guard let folder = FileSystem.identity(of: output) else { return }
    let shards = lists.reduce(into: Set<String>()) { shards, samples in
      for sample in samples { if let member = sample.members?.image { shards.insert(member.shard.path) } }
    }
    for shard in shards where FileSystem.identity(of: FileSystem.folder(of: shard)) == folder {
      throw DataError("\(output): the data set's own archive \(shard) is there; choose another folder")
    }
  }

  /// Makes the folder, and makes sure that nothing but an unfinished packing is in it.
  private func prepareFolder() throws {
    try FileSystem.makeFolder(output)
    AtomicFile.removeAbandoned(in: output)
    for name in try FileSystem.names(in: output) {
      let isShard = Split.allCases.contains { split in
        name.wholeMatch(of: /([a-z]+)-[0-9]{6,}\.(?:tar|idx)/).map { $0.1 == split.rawValue } ?? false
      }
      guard isShard else { throw DataError("\(output): expected a new or empty folder, found \(name) in it") }
    }
  }

  /// Writes an archive and its index, unless both are there.
  /// - Returns: Whether they were there.
  private func write(_ shard: [ShardPlan.Entry], to path: String) throws -> Bool {
    var layout = TarWriter()
    let headers = shard.map { layout.add($0.name, size: $0.size) }
    let index = ShardIndex(headers.map(\.member)).text
    let indexPath = ShardIndex.path(besides: path)
    if try isWhole(path, size: layout.size + layout.end.count, index, indexPath, shard) { return true }
    try AtomicFile.write(to: path) { file in
      let buffer = ScratchBuffer()
      for (entry, header) in zip(shard, headers) {
        let bytes = try entry.file.read(into: buffer)
        guard bytes.count == entry.size else { throw DataError("\(entry.file.path): changed while it was packed") }
        try file.write(header.bytes)
        try file.write(UnsafeRawBufferPointer(bytes))
        try file.write(header.padding)
      }
      try file.write(layout.end)
    }
    try AtomicFile.write(to: indexPath) { try $0.write(index) }
    return false
  }

  private func isWhole(
    _ path: String, size: Int, _ index: [UInt8], _ indexPath: String, _ shard: [ShardPlan.Entry]
  ) throws -> Bool {
    guard FileSystem.kind(of: path) == .file, try FileSystem.size(of: path) == size, let stamp = FileStamp(path),
      let known = try? InputFile.contents(of: indexPath, limit: 1 << 30), known == index
    else { return false }
    return shard.allSatisfy { $0.file.stamp.map { $0.isChanged(before: stamp) } ?? false }
  }
}
