import SegmentationImage

/// What `DataChecker` found.
public struct DataReport: Codable, Equatable, Sendable {
  /// A size and how many images have it.
  public struct SizeCount: Codable, Equatable, Sendable {
    public let size: ImageSize
    public let images: Int

    public init(size: ImageSize, images: Int) {
      self.size = size
      self.images = images
    }
  }

  /// A file and what is wrong with it.
  public struct BadFile: Codable, Equatable, Sendable {
    public let file: String
    public let reason: String
  }

  /// A raw value (such as "37") or color ("#804080") of the masks.
  public struct RawValue: Codable, Equatable, Sendable {
    public let value: String
    public let pixels: Int
    /// How many masks hold it.
    public let masks: Int
    /// The class that it stands for, "ignored", or nil where it is not in the map.
    public let meaning: String?
    /// Where a value that is not in the map first occurs.
    public let first: Place?
  }

  /// A pixel of a mask.
  public struct Place: Codable, Equatable, Sendable {
    public let file: String
    public let x: Int
    public let y: Int
  }

  /// Values or colors that stand for no class, are many, and lie only along the borders between others or close to a
  /// listed color: as masks get by being resized with blending, or compressed.
  public struct Blends: Codable, Equatable, Sendable {
    /// How many different ones.
    public let values: Int
    public let pixels: Int
    /// Their share of all pixels of the masks, 0 to 1.
    public let share: Double
  }

  /// Images of 16 bits per channel.
  public struct WideImages: Codable, Equatable, Sendable {
    public let images: Int
    /// The lowest and the highest value in any of them.
    public let lowest: Int
    public let highest: Int
  }

  /// Images without a labelled pixel.
  public struct UnlabelledImages: Codable, Equatable, Sendable {
    public let images: Int
    /// The first one's mask.
    public let first: String
  }

  /// A class's pixels.
  public struct ClassShare: Codable, Equatable, Sendable {
    public let name: String
    public let pixels: Int
    /// The share of the labelled pixels, 0 to 1.
    public let share: Double
    /// How many images show it.
    public let images: Int
  }

  /// One split.
  public struct SplitReport: Codable, Equatable, Sendable {
    public let split: Split
    public let images: Int
    /// The most frequent size first.
    public let sizes: [SizeCount]
    /// How many images carry an EXIF orientation other than upright.
    public let orientedImages: Int
    public let wideImages: WideImages?
    /// Unreadable files, and masks whose size is not their image's.
    public let badFiles: [BadFile]
    /// Every raw value or color in the masks but those of `blends`; the most frequent 1000 if there are more.
    public let rawValues: [RawValue]
    public let blends: Blends?
    public let unlabelledImages: UnlabelledImages?
    public let classes: [ClassShare]
    /// The share of ignored pixels among all.
    public let ignoredShare: Double
    /// Mean and standard deviation of red, green and blue over all pixels, on the scale 0 to 1.
    public let mean: [Double]
    public let std: [Double]
    /// For losses, from this split's pixels.
    public let classWeights: ClassWeights
  }

  public let dataset: String
  public let root: String
  public let splits: [SplitReport]
  /// Images that several splits share.
  public let sharedFiles: [SharedFile]
  /// Splits that could not be listed, and why; splits that the data set does not have are not among them.
  public let missingSplits: [BadFile]
  /// A map for a card (YAML) that covers all values, if some are not in the map or all labelled pixels are one class.
  public let proposedMap: String?

  /// The problems that keep the data from being used as it is, one line each; empty if there are none.
  public let problems: [String]
  /// Facts that should be known and do not keep the data from being used, one line each.
  public let notes: [String]
}
