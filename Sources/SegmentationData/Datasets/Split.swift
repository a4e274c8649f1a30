/// A part of a data set.
public enum Split: String, Codable, CaseIterable, Sendable {
  case train, val, test
}

/// One image and its mask.
public struct Sample: Hashable, Sendable {
  /// The image's path.
  public let image: String
  /// The mask's path; nil in splits without masks.
  public let mask: String?
  /// The value of 16-bit images that stands for white; nil for the whole range (see `Dataset.white`).
  public let white: Int?

  public init(image: String, mask: String?, white: Int? = nil) {
    self.image = image
    self.mask = mask
    self.white = white
  }
}
