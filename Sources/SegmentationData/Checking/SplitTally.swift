import SegmentationImage

/// The counts over samples of a split. Counts of parts are added up.
struct SplitTally {
  /// The most unlisted values that are told apart. Masks that are photographs have millions.
  private static let unlistedLimit = 1 << 16

  var images = 0
  var orientedImages = 0
  var wideImages = 0
  var wideRange: ClosedRange<Int>?
  var sizes: [ImageSize: Int] = [:]
  var badFiles: [Int: DataReport.BadFile] = [:]
  /// The counts by raw value, or by color as 24 bits.
  var raw: [UInt32: (pixels: Int, masks: Int)] = [:]
  /// The first sample and pixel of each unlisted value.
  var firstPlaces: [UInt32: (sample: Int, place: DataReport.Place)] = [:]
  /// The number of pixels of each unlisted value that are surrounded by the same value.
  var innerPixels: [UInt32: Int] = [:]
  var masks = 0
  var unlabelledMasks = 0
  var firstUnlabelled: (sample: Int, file: String)?
  var classPixels: [Int]
  var classImages: [Int]
  /// For each class, the number of labelled pixels in the images that show it.
  var pixelsInItsImages: [Int]
  var ignoredPixels = 0
  var unlistedPixels = 0
  var sums = [0, 0, 0]
  var squares = [0, 0, 0]
  /// The same of images that are no 8-bit RGB: sums, sums of squares and numbers of finite values for each channel.
  var channels: [(sum: Double, squares: Double, count: Int)] = []
  var imagePixels = 0

  init(classes: Int) {
    classPixels = [Int](repeating: 0, count: classes)
    classImages = classPixels
    pixelsInItsImages = classPixels
  }

  static func += (total: inout SplitTally, part: SplitTally) {
    total.images += part.images
    total.orientedImages += part.orientedImages
    total.wideImages += part.wideImages
    if let range = part.wideRange { total.widen(by: range) }
    total.sizes.merge(part.sizes, uniquingKeysWith: +)
    total.badFiles.merge(part.badFiles) { first, _ in first }
    for (value, counts) in part.raw {
      let place = part.firstPlaces[value]
      guard place == nil || total.accepts(value) else { continue }
      total.raw[value, default: (0, 0)].pixels += counts.pixels
      total.raw[value]!.masks += counts.masks
      if let place, place.sample < total.firstPlaces[value]?.sample ?? .max { total.firstPlaces[value] = place }
      if let inner = part.innerPixels[value] { total.innerPixels[value, default: 0] += inner }
    }
    total.masks += part.masks
    total.unlabelledMasks += part.unlabelledMasks
    if let first = part.firstUnlabelled, first.sample < total.firstUnlabelled?.sample ?? .max {
      total.firstUnlabelled = first
    }
    for i in total.classPixels.indices {
      total.classPixels[i] += part.classPixels[i]
      total.classImages[i] += part.classImages[i]
      total.pixelsInItsImages[i] += part.pixelsInItsImages[i]
    }
    total.ignoredPixels += part.ignoredPixels
    total.unlistedPixels += part.unlistedPixels
    for channel in 0..<3 {
      total.sums[channel] += part.sums[channel]
      total.squares[channel] += part.squares[channel]
    }
    total.imagePixels += part.imagePixels
    if total.channels.isEmpty {
      total.channels = part.channels
    } else {
      for (index, channel) in part.channels.enumerated() {
        total.channels[index].sum += channel.sum
        total.channels[index].squares += channel.squares
        total.channels[index].count += channel.count
      }
    }
  }

  private func accepts(_ unlisted: UInt32) -> Bool {
    firstPlaces.count < Self.unlistedLimit || firstPlaces[unlisted] != nil
  }

  /// Counts an image of 16 bits with its range of values.
  mutating func add(wideRange range: ClosedRange<Int>) {
    wideImages += 1
    widen(by: range)
  }

  private mutating func widen(by range: ClosedRange<Int>) {
    wideRange = min(range.lowerBound, wideRange?.lowerBound ?? .max)...max(range.upperBound, wideRange?.upperBound ?? 0)
  }

  /// Adds the pixels of an image to the sums for mean and deviation.
  mutating func add(image pixels: [UInt8], size: ImageSize) {
    images += 1
    sizes[size, default: 0] += 1
    imagePixels += size.area
    var (r, g, b, rr, gg, bb) = (0, 0, 0, 0, 0, 0)
    for i in stride(from: 0, to: pixels.count, by: 3) {
      let (red, green, blue) = (Int(pixels[i]), Int(pixels[i + 1]), Int(pixels[i + 2]))
      r &+= red
      g &+= green
      b &+= blue
      rr &+= red &* red
      gg &+= green &* green
      bb &+= blue &* blue
    }
    for (channel, (sum, square)) in [(r, rr), (g, gg), (b, bb)].enumerated() {
      sums[channel] += sum
      squares[channel] += square
    }
  }

  /// Adds the pixels of an image that is no 8-bit RGB.
  mutating func add(_ raster: Raster) {
    images += 1
    sizes[raster.size, default: 0] += 1
    imagePixels += raster.size.area
    if channels.isEmpty { channels = Array(repeating: (0, 0, 0), count: raster.channels) }
    for (index, value) in raster.values.enumerated() where value.isFinite {
      let channel = index % raster.channels
      channels[channel].sum += Double(value)
      channels[channel].squares += Double(value) * Double(value)
      channels[channel].count += 1
    }
  }

  /// Adds a mask.
  /// - Parameter meaning: Returns the training id of a value, `nil` for an unlisted one.
  mutating func add(_ mask: MaskHistogram, sample: Int, file: String, meaning: (UInt32) -> UInt8?) {
    masks += 1
    var shown = [Int](repeating: 0, count: classPixels.count)
    for (value, entry) in mask.entries {
      switch meaning(value) {
      case nil:
        unlistedPixels += entry.pixels
        guard accepts(value) else { continue }
        innerPixels[value, default: 0] += entry.innerPixels
        if sample < firstPlaces[value]?.sample ?? .max {
          let place = DataReport.Place(file: file, x: entry.first % mask.width, y: entry.first / mask.width)
          firstPlaces[value] = (sample, place)
        }
      case LabelSet.ignored: ignoredPixels += entry.pixels
      case let id?: shown[Int(id)] += entry.pixels
      }
      raw[value, default: (0, 0)].pixels += entry.pixels
      raw[value]!.masks += 1
    }
    let labelled = shown.reduce(0, +)
    if labelled == 0 {
      unlabelledMasks += 1
      if sample < firstUnlabelled?.sample ?? .max { firstUnlabelled = (sample, file) }
    }
    for (id, pixels) in shown.enumerated() where pixels > 0 {
      classPixels[id] += pixels
      classImages[id] += 1
      pixelsInItsImages[id] += labelled
    }
  }
}
