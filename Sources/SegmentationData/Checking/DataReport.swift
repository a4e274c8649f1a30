import SegmentationImage

/// The results of `DataChecker`.
public struct DataReport: Codable, Equatable, Sendable {
  /// A size and the number of images that have it.
  public struct SizeCount: Codable, Equatable, Sendable {
    /// The size in pixels.
    public let size: ImageSize
    /// The number of images.
    public let images: Int

    /// Creates a pair of size and number.
    public init(size: ImageSize, images: Int) {
      self.size = size
      self.images = images
    }
  }

  /// A file that cannot be used.
  public struct BadFile: Codable, Equatable, Sendable {
    /// The path of the file.
    public let file: String
    /// The reason in one line.
    public let reason: String
  }

  /// A reason for which files cannot be used.
  public struct BadFileReason: Codable, Equatable, Sendable {
    /// The reason in one line.
    public let reason: String
    /// The number of files with this reason.
    public internal(set) var files: Int
  }

  /// A raw value, such as "37", or a color, such as "#804080", that occurs in masks.
  public struct RawValue: Codable, Equatable, Sendable {
    /// The value or color as text.
    public let value: String
    /// The number of pixels that have it.
    public let pixels: Int
    /// The number of masks in which it occurs.
    public let masks: Int
    /// The class that it stands for, or "ignored"; `nil` if it is not in the map.
    public let meaning: String?
    /// The first place of a value that is not in the map.
    public let first: Place?
  }

  /// The position of a pixel in a mask, counted from the upper left corner.
  public struct Place: Codable, Equatable, Sendable {
    /// The path of the mask.
    public let file: String
    /// The column, from 0.
    public let x: Int
    /// The row, from 0.
    public let y: Int
  }

  /// Values or colors that stand for no class, are many, and lie only along borders or close to a listed color. Masks
  /// get such values from resizing with blending, or from lossy compression.
  public struct Blends: Codable, Equatable, Sendable {
    /// The number of different values or colors.
    public let values: Int
    /// The number of pixels that have one of them.
    public let pixels: Int
    /// Their share of all pixels of the masks, from 0 to 1.
    public let share: Double
  }

  /// The images with 16 bits per channel.
  public struct WideImages: Codable, Equatable, Sendable {
    /// The number of such images.
    public let images: Int
    /// The lowest value in any of them.
    public let lowest: Int
    /// The highest value in any of them.
    public let highest: Int
  }

  /// The images without a labelled pixel.
  public struct UnlabelledImages: Codable, Equatable, Sendable {
    /// The number of such images.
    public let images: Int
    /// The path of the first one's mask.
    public let first: String
  }

  /// The share of a class.
  public struct ClassShare: Codable, Equatable, Sendable {
    /// The name of the class.
    public let name: String
    /// The number of its pixels.
    public let pixels: Int
    /// Its share of the labelled pixels, from 0 to 1.
    public let share: Double
    /// The number of images that show it.
    public let images: Int
  }

  /// The results for a split.
  public struct SplitReport: Codable, Equatable, Sendable {
    /// The split.
    public let split: Split
    /// The number of images.
    public let images: Int
    /// The sizes of the images, the most frequent one first. If there are more than 4096, these are the first ones that
    /// occurred.
    public let sizes: [SizeCount]
    /// The number of images whose sizes are not among `sizes`.
    public let imagesOfOtherSizes: Int
    /// The number of images with an EXIF orientation other than upright.
    public let orientedImages: Int
    /// The images of 16 bits; `nil` if there are none.
    public let wideImages: WideImages?
    /// Unreadable files, and masks whose size differs from their image's: the first 10 files of each reason in
    /// `badFileReasons`.
    public let badFiles: [BadFile]
    /// The reasons for which files cannot be used, in the order in which they first occurred; at most 100.
    public let badFileReasons: [BadFileReason]
    /// The number of files that cannot be used for other reasons.
    public let otherBadFiles: Int
    /// The raw values or colors in the masks, without those of `blends`; only the 1000 most frequent ones if there are
    /// more.
    public let rawValues: [RawValue]
    /// The values that come from blending; `nil` if there are none.
    public let blends: Blends?
    /// The images without a labelled pixel; `nil` if there are none.
    public let unlabelledImages: UnlabelledImages?
    /// The share of each class, in the order of training ids.
    public let classes: [ClassShare]
    /// The share of ignored pixels among all pixels of the masks, from 0 to 1.
    public let ignoredShare: Double
    /// The mean of each channel over all pixels, on the scale from 0 to 1 (`PixelType`).
    public let mean: [Double]
    /// The standard deviation of each channel over all pixels, on the scale from 0 to 1 (`PixelType`).
    public let std: [Double]
    /// Weights of the classes for losses, computed from this split's pixels.
    public let classWeights: ClassWeights
  }

  /// The data set's name.
  public let dataset: String
  /// The data set's folder.
  public let root: String
  /// The results for each split that could be listed.
  public let splits: [SplitReport]
  /// The images that occur in several splits, at most 100.
  public let sharedFiles: [SharedFile]
  /// The number of images that occur in several splits.
  public let sharedFileCount: Int
  /// The splits that could not be listed, with the reason. Splits that the data set does not name are left out.
  public let missingSplits: [BadFile]
  /// A map for a card, in YAML, that covers all values; `nil` unless some values are not in the map or all labelled
  /// pixels have one class.
  public let proposedMap: String?

  /// The problems that keep the data from being used as it is, one line each; empty if there are none.
  public let problems: [String]
  /// Facts that are worth knowing but do not keep the data from being used, one line each.
  public let notes: [String]
}
