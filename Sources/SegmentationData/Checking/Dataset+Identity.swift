import Basics
import Files
import SegmentationImage

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
    let lists = try splits.map { try samples(of: $0) }
    var sizes: [(size: Int, place: SharedImages.Place)] = []
    for (split, samples) in lists.enumerated() {
      for (index, sample) in samples.enumerated() where sample.maker == nil && sample.imageFile.exists {
        guard let size = try? sample.imageFile.size() else { continue }
        sizes.append((size, SharedImages.Place(split: split, index: index)))
      }
    }
    sizes.sort { $0.size < $1.size }
    var candidates: [SharedImages.Place] = []
    sizes.forEachRun(of: \.size) { run in
      if run.contains(where: { $0.place.split != run.first!.place.split }) { candidates += run.map(\.place) }
    }
    let places = candidates
    let images = try Parallel.reduce(places.count, into: SharedImages(splits: splits.count)) { number, _ in
      try? lists[places[number].split][places[number].index].imageFile.digest(using: ScratchBuffer())
    } add: { images, number, digest in
      if let digest { images.add(digest, places[number]) }
    }
    return images.files(lists)
  }

  /// A hash by which two runs can tell whether they saw the same data. It covers the names of images, masks and
  /// annotations below the root and their sizes or, with `contents`, everything in them. Without `contents`, a sample
  /// that is in no file counts by its name.
  /// - Throws: `DataError` if a split cannot be listed, `FileError` or `ImageError` if a file cannot be read.
  public func fingerprint(of splits: [Split], contents: Bool = false) throws -> String {
    let stream = ContentHash.Stream()
    for split in splits {
      let samples = try samples(of: split)
      // Many images may have their annotations in one file.
      let start = (stream: stream, sources: Set<String>())
      let sources = try Parallel.reduce(samples.count, into: start) { index, _ -> (lines: String, sources: [String]) in
        let sample = samples[index]
        if sample.maker != nil {
          guard contents, let made = try sample.made() else {
            return ("\(split.rawValue)\t\(sample.image)\t\n", [])
          }
          let hash = (made.image.pixels + made.labels.values).withUnsafeBytes { ContentHash.hex(of: $0) }
          return ("\(split.rawValue)\t\(sample.image)\t\(made.image.size) \(hash)\n", [])
        }
        let lines = try [sample.imageFile, sample.maskFile].compactMap { $0 }.map {
          try line(of: $0, split, contents: contents)
        }
        return (lines.joined(), sample.drawing?.sources ?? [])
      } add: { state, _, found in
        state.stream.add(Array(found.lines.utf8))
        state.sources.formUnion(found.sources)
      }.sources.sorted()
      _ = try Parallel.reduce(sources.count, into: stream) { index, _ in
        try line(of: SampleFile(path: sources[index], member: nil), split, contents: contents)
      } add: { stream, _, line in
        stream.add(Array(line.utf8))
      }
    }
    return stream.finish()
  }

  /// A file's name below the root, and the size or the hash of its content.
  private func line(of file: SampleFile, _ split: Split, contents: Bool) throws -> String {
    let name = file.path.hasPrefix(root + "/") ? String(file.path.dropFirst(root.count + 1)) : file.path
    let mark = contents ? try file.digest(using: ScratchBuffer()).hex : String(try file.size())
    return "\(split.rawValue)\t\(name)\t\(mark)\n"
  }
}
