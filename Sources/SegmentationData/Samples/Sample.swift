/// An image and its mask.
public struct Sample: Sendable {
  /// The path of the image; for a member of a shard, the shard's path with the member's name behind it; or the name of a
  /// sample that is in no file.
  public let image: String
  /// The path of the mask; `nil` in a split without masks, if the labels are drawn, and for a sample that is in no file.
  public let mask: String?
  /// The value that stands for white in images of 16 bits; `nil` for the whole range (see `Dataset.white`).
  public internal(set) var white: Int?
  /// Makes the sample if it is in no file.
  let maker: SampleMaker?
  /// Draws the labels if they are in no mask.
  let drawing: LabelDrawing?
  /// The places of image and mask in a shard; nil if they are files of their own.
  let members: (image: ShardMember, mask: ShardMember?)?

  /// Creates a sample from its paths.
  public init(image: String, mask: String?, white: Int? = nil) {
    self.image = image
    self.mask = mask
    self.white = white
    (maker, drawing, members) = (nil, nil, nil)
  }

  init(image: String, mask: String?, members: (image: ShardMember, mask: ShardMember?)) {
    self.image = image
    self.mask = mask
    self.members = members
    (maker, drawing) = (nil, nil)
  }

  init(image: String, drawing: LabelDrawing) {
    self.image = image
    self.drawing = drawing
    (mask, maker, members) = (nil, nil, nil)
  }

  init(name: String, maker: SampleMaker) {
    image = name
    self.maker = maker
    (mask, drawing, members) = (nil, nil, nil)
  }
}

extension Sample: Hashable {
  /// Whether two samples have the same files, or are both made and have the same name. Labels that are drawn are the same
  /// if they are drawn from the same files.
  public static func == (a: Sample, b: Sample) -> Bool {
    a.image == b.image && a.mask == b.mask && a.white == b.white && (a.maker == nil) == (b.maker == nil)
      && a.drawing?.sources == b.drawing?.sources
  }

  /// Feeds the paths of the image and the mask into a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(image)
    hasher.combine(mask)
  }
}
