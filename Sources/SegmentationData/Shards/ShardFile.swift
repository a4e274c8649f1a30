import Files
import Synchronization

/// A tar archive with samples, whose members are read in any order by any number of threads.
final class ShardFile: Sendable {
  let path: String
  private let open: OpenShards

  init(_ path: String, _ open: OpenShards) {
    self.path = path
    self.open = open
  }

  /// The folder of the members' paths in messages and names, with a slash at its end.
  var folder: [UInt8] { FileName.bytes(path) + [UInt8(ascii: "/")] }

  /// The bytes of a member. The header before them is compared with what the index says, so that an index of another
  /// archive is noticed.
  /// - Parameter name: The member's name in messages.
  func part(_ member: ShardMember, path name: String) throws(FileError) -> FilePart {
    let file = try open.file(of: self)
    let place = member.offset - TarHeader.size
    let block = try file.read(at: place, count: TarHeader.size)
    guard let header = try? TarHeader(block), header.isFile, header.contentSize == member.size else {
      throw FileError(
        "read", name,
        reason: "the archive has no member of \(member.size) bytes at byte \(place), as its index says; delete "
          + "\(ShardIndex.path(besides: path)) if it is not that archive's")
    }
    return try FilePart(of: file, from: member.offset, count: member.size, path: name)
  }
}

/// The shards that are open for reading. Only some of a thousand are at a time, since systems limit open files.
final class OpenShards: Sendable {
  private static let limit = 32

  /// The open files, the one that was asked for last at the end.
  private let files = Mutex<[(shard: ObjectIdentifier, file: InputFile)]>([])

  func file(of shard: ShardFile) throws(FileError) -> InputFile {
    let identity = ObjectIdentifier(shard)
    let known = files.withLock { files -> InputFile? in
      guard let place = files.lastIndex(where: { $0.shard == identity }) else { return nil }
      let entry = files.remove(at: place)
      files.append(entry)
      return entry.file
    }
    if let known { return known }
    let file = try InputFile(shard.path)
    // A thread that still reads a file which is removed here keeps it open for as long.
    files.withLock { files in
      files.append((identity, file))
      if files.count > Self.limit { files.removeFirst() }
    }
    return file
  }
}
