import Files
import SegmentationImage

/// The place of the bytes of an image or a mask: a file of its own, or a member of a shard.
package struct SampleFile: Sendable {
  /// The file's path; for a member, the shard's path and the member's name.
  package let path: String
  let member: ShardMember?

  /// Opens the file.
  package func open() throws(ImageError) -> FilePart {
    guard let member else { return try FileAccess.open(path) }
    do { return try member.shard.part(member, path: path) } catch { throw ImageError(error, path) }
  }

  /// Reads the file into `buffer` and returns its bytes, valid until the buffer is used again.
  func read(into buffer: ScratchBuffer) throws(ImageError) -> UnsafeBufferPointer<UInt8> {
    try FileAccess.read(open(), into: buffer)
  }

  /// The stamp of the file that holds the bytes; nil if nothing is there.
  var stamp: FileStamp? { FileStamp(member?.shard.path ?? path) }

  /// The number of bytes.
  func size() throws(FileError) -> Int {
    guard let member else { return try FileSystem.size(of: path) }
    return member.size
  }

  /// Whether there is such a file.
  var exists: Bool { FileSystem.kind(of: member?.shard.path ?? path) == .file }

  /// The hash of the bytes.
  func digest(using buffer: ScratchBuffer) throws(ImageError) -> ContentDigest {
    ContentHash.digest(of: UnsafeRawBufferPointer(try read(into: buffer)))
  }
}

/// A member of a shard that is an image or a mask.
struct ShardMember: Sendable {
  let shard: ShardFile
  /// The place of its first byte in the shard.
  let offset: Int
  let size: Int
}

extension Dataset {
  /// The paths of the files that hold a split's images and labels: those themselves, or the shards.
  /// - Throws: `DataError` if the split cannot be listed.
  package func files(of split: Split) throws(DataError) -> Set<String> {
    try samples(of: split).reduce(into: []) { files, sample in
      guard sample.maker == nil else { return }
      for file in [sample.imageFile, sample.maskFile].compactMap({ $0 }) {
        files.insert(file.member?.shard.path ?? file.path)
      }
      files.formUnion(sample.drawing?.sources ?? [])
    }
  }
}

extension Sample {
  /// The place of the image's bytes, for a sample in a file.
  package var imageFile: SampleFile { SampleFile(path: image, member: members?.image) }

  /// The place of the mask's bytes; nil if the sample has no mask of its own file.
  package var maskFile: SampleFile? { mask.map { SampleFile(path: $0, member: members?.mask) } }

  /// The image's pixels, wherever it comes from.
  /// - Throws: `DataError` or `ImageError` if it cannot be made or read.
  package func decodedImage(orientation: ExifOrientation) throws -> Image {
    if let made = try made() { return made.image }
    return try EncodedImage.reading(imageFile.open(), orientation: orientation) { file throws(ImageError) in
      try Image(file, white: white)
    }
  }
}
