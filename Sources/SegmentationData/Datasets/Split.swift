/// A part of a data set.
public enum Split: String, Codable, CaseIterable, Sendable {
  case train, val, test
}

/// One image and its mask.
public struct Sample: Sendable {
  /// The image's path, or the name of a sample that is in no file.
  public let image: String
  /// The mask's path; nil in splits without masks, and for a sample that is in no file.
  public let mask: String?
  /// The value of 16-bit images that stands for white; nil for the whole range (see `Dataset.white`).
  public internal(set) var white: Int?
  /// Makes the sample if it is in no file.
  let maker: SampleMaker?

  public init(image: String, mask: String?, white: Int? = nil) {
    self.image = image
    self.mask = mask
    self.white = white
    maker = nil
  }

  init(name: String, maker: SampleMaker) {
    image = name
    mask = nil
    self.maker = maker
  }
}

extension Sample: Hashable {
  public static func == (a: Sample, b: Sample) -> Bool {
    a.image == b.image && a.mask == b.mask && a.white == b.white && (a.maker == nil) == (b.maker == nil)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(image)
    hasher.combine(mask)
  }
}
