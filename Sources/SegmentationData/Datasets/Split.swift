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

  public init(image: String, mask: String?) {
    self.image = image
    self.mask = mask
  }
}
