/// The samples of a split in a few pieces of memory. A sample in files takes the bytes of its two names and 24 bytes, one
/// in a shard 32 bytes more.
struct SampleTable: Sendable {
  /// The place of a sample's members in a shard.
  struct Members: Sendable {
    /// The number of the shard.
    var shard: UInt32
    var imageSize: UInt32
    var maskSize: UInt32
    var image: Int
    var mask: Int
  }

  private var images = PathTable()
  private var masks = PathTable()
  private var shards: [ShardFile] = []
  /// The members of each sample; empty if all samples are in files of their own.
  private var members: [Members] = []

  var count: Int { images.count }

  subscript(place: Int) -> Sample {
    let (image, mask) = (images[place] ?? "", masks[place])
    guard !members.isEmpty else { return Sample(image: image, mask: mask) }
    let found = members[place]
    let shard = shards[Int(found.shard)]
    return Sample(
      image: image, mask: mask,
      members: (
        ShardMember(shard: shard, offset: found.image, size: Int(found.imageSize)),
        mask.map { _ in ShardMember(shard: shard, offset: found.mask, size: Int(found.maskSize)) }
      ))
  }

  /// Adds a sample in files.
  mutating func append(image: String, mask: String?) {
    images.append(image)
    masks.append(mask)
  }

  /// Adds a sample whose files lie below folders, which end with a slash.
  mutating func append(
    image: (folder: [UInt8], path: UnsafeBufferPointer<UInt8>),
    mask: (folder: [UInt8], path: UnsafeBufferPointer<UInt8>)?
  ) {
    images.append(folder: image.folder, below: image.path)
    if let mask { masks.append(folder: mask.folder, below: mask.path) } else { masks.append(nil) }
  }

  /// Adds a shard; samples that are added afterwards are in it.
  mutating func begin(_ shard: ShardFile) { shards.append(shard) }

  /// Adds a sample of the last shard.
  mutating func append(image: TarMember, mask: TarMember?) {
    let folder = shards[shards.count - 1].folder
    image.name.withUnsafeBufferPointer { images.append(folder: folder, below: $0) }
    if let mask {
      mask.name.withUnsafeBufferPointer { masks.append(folder: folder, below: $0) }
    } else {
      masks.append(nil)
    }
    members.append(
      Members(
        shard: UInt32(shards.count - 1), imageSize: UInt32(image.size), maskSize: UInt32(mask?.size ?? 0),
        image: image.offset, mask: mask?.offset ?? 0))
  }

  /// Whether the samples of both tables can be in one: all in files of their own, or all in shards.
  func isLike(_ other: SampleTable) -> Bool {
    count == 0 || other.count == 0 || members.isEmpty == other.members.isEmpty
  }

  static func += (table: inout SampleTable, other: SampleTable) {
    precondition(table.isLike(other))
    let first = UInt32(table.shards.count)
    table.images += other.images
    table.masks += other.masks
    table.shards += other.shards
    table.members += other.members.map { members in
      var members = members
      members.shard += first
      return members
    }
  }
}
