import SegmentationImage

/// The counts over samples of a split, which are added in the order of the samples. Its size has a limit, however many
/// samples there are and whatever is in them.
struct SplitTally: Sendable {
  /// The most sizes of images that are told apart.
  private static let sizeLimit = 1 << 12

  var images = 0
  var orientedImages = 0
  var wideImages = 0
  var wideRange: ClosedRange<Int>?
  var sizes: [ImageSize: Int] = [:]
  var imagesOfOtherSizes = 0
  var badFiles = BadFileTally()
  /// The counts by raw value, or by color as 24 bits.
  var raw: [UInt32: (pixels: Int, masks: Int)] = [:]
  /// The first pixel of each unlisted value.
  var firstPlaces: [UInt32: DataReport.Place] = [:]
  /// The number of pixels of each unlisted value that are surrounded by the same value.
  var innerPixels: [UInt32: Int] = [:]
  var masks = 0
  var unlabelledMasks = 0
  var firstUnlabelled: String?
  var classPixels: [Int]
  var classImages: [Int]
  /// For each class, the number of labelled pixels in the images that show it.
  var pixelsInItsImages: [Int]
  var ignoredPixels = 0
  var unlistedPixels = 0
  var sums = [0, 0, 0]
  var squares = [0, 0, 0]
  /// The same of images that are no 8-bit RGB.
  var channels: [ImageSummary.Channel] = []
  var imagePixels = 0

  init(classes: Int) {
    classPixels = [Int](repeating: 0, count: classes)
    classImages = classPixels
    pixelsInItsImages = classPixels
  }

  private func accepts(_ unlisted: UInt32) -> Bool {
    firstPlaces.count < MaskSummary.unlistedLimit || firstPlaces[unlisted] != nil
  }

  /// Adds an image.
  mutating func add(_ image: ImageSummary) {
    images += 1
    imagePixels += image.size.area
    if sizes.count < Self.sizeLimit || sizes[image.size] != nil {
      sizes[image.size, default: 0] += 1
    } else {
      imagesOfOtherSizes += 1
    }
    if image.hasOrientation { orientedImages += 1 }
    if let range = image.wideRange {
      wideImages += 1
      wideRange =
        min(range.lowerBound, wideRange?.lowerBound ?? .max)...max(range.upperBound, wideRange?.upperBound ?? 0)
    }
    for channel in 0..<3 {
      sums[channel] += image.sums[channel]
      squares[channel] += image.squares[channel]
    }
    if channels.isEmpty { channels = [ImageSummary.Channel](repeating: .init(), count: image.channels.count) }
    for (index, channel) in image.channels.enumerated() { channels[index] += channel }
  }

  /// Adds a mask.
  /// - Parameter meaning: Returns the training id of a value, `nil` for an unlisted one.
  mutating func add(_ mask: MaskSummary, file: String, meaning: (UInt32) -> UInt8?) {
    masks += 1
    unlistedPixels += mask.otherPixels
    var shown = [Int](repeating: 0, count: classPixels.count)
    for entry in mask.entries {
      switch meaning(entry.value) {
      case nil:
        unlistedPixels += entry.pixels
        guard accepts(entry.value) else { continue }
        innerPixels[entry.value, default: 0] += entry.innerPixels
        if firstPlaces[entry.value] == nil {
          firstPlaces[entry.value] = DataReport.Place(
            file: file, x: entry.first % mask.size.width, y: entry.first / mask.size.width)
        }
      case LabelSet.ignored: ignoredPixels += entry.pixels
      case let id?: shown[Int(id)] += entry.pixels
      }
      raw[entry.value, default: (0, 0)].pixels += entry.pixels
      raw[entry.value]!.masks += 1
    }
    let labelled = shown.reduce(0, +)
    if labelled == 0 {
      unlabelledMasks += 1
      firstUnlabelled = firstUnlabelled ?? file
    }
    for (id, pixels) in shown.enumerated() where pixels > 0 {
      classPixels[id] += pixels
      classImages[id] += 1
      pixelsInItsImages[id] += labelled
    }
  }
}
