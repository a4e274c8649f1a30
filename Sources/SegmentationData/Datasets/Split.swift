/// A part of a data set: for training, for validation or for the final test.
public enum Split: String, Codable, CaseIterable, Sendable {
  /// The images to train on, to validate on while training, and to test on at the end.
  case train, val, test
}

/// An image and its mask.
public struct Sample: Hashable, Sendable {
  /// The path of the image.
  public let image: String
  /// The path of the mask; `nil` in a split without masks.
  public let mask: String?
  /// The value that stands for white in images of 16 bits; `nil` for the whole range (see `Dataset.white`).
  public let white: Int?

  /// Creates a sample from its paths.
  public init(image: String, mask: String?, white: Int? = nil) {
    self.image = image
    self.mask = mask
    self.white = white
  }
}
