/// A part of a data set: for training, for validation or for the final test.
public enum Split: String, Codable, CaseIterable, Sendable {
  /// The images to train on, to validate on while training, and to test on at the end.
  case train, val, test
}

/// An image and its mask.
public struct Sample: Sendable {
  /// The path of the image, or the name of a sample that is in no file.
  public let image: String
  /// The path of the mask; `nil` in a split without masks, if the labels are drawn, and for a sample that is in no file.
  public let mask: String?
  /// The value that stands for white in images of 16 bits; `nil` for the whole range (see `Dataset.white`).
  public internal(set) var white: Int?
  /// Makes the sample if it is in no file.
  let maker: SampleMaker?
  /// Draws the labels if they are in no mask.
  let drawing: LabelDrawing?

  /// Creates a sample from its paths.
  public init(image: String, mask: String?, white: Int? = nil) {
    self.image = image
    self.mask = mask
    self.white = white
    (maker, drawing) = (nil, nil)
  }

  init(image: String, drawing: LabelDrawing) {
    self.image = image
    (mask, maker) = (nil, nil)
    self.drawing = drawing
  }

  init(name: String, maker: SampleMaker) {
    image = name
    (mask, drawing) = (nil, nil)
    self.maker = maker
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
