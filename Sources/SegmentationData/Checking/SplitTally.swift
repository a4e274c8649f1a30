import SegmentationImage

/// Counts over samples: one for each thread, added up at the end.
struct SplitTally {
  var images = 0
  var sizes: [ImageSize: Int] = [:]
  var badFiles: [Int: DataReport.BadFile] = [:]
  /// By raw value, or by color as 24 bits.
  var raw: [UInt32: (pixels: Int, masks: Int)] = [:]
  /// Where unlisted values first occur: sample, then pixel.
  var firstPlaces: [UInt32: (sample: Int, place: DataReport.Place)] = [:]
  var classPixels: [Int]
  var classImages: [Int]
  /// The labelled pixels of the images that show a class.
  var pixelsInItsImages: [Int]
  var ignoredPixels = 0
  var unlistedPixels = 0
  var sums = [0, 0, 0]
  var squares = [0, 0, 0]
  var imagePixels = 0

  init(classes: Int) {
    classPixels = [Int](repeating: 0, count: classes)
    classImages = classPixels
    pixelsInItsImages = classPixels
  }

  static func += (total: inout SplitTally, part: SplitTally) {
    total.images += part.images
    total.sizes.merge(part.sizes, uniquingKeysWith: +)
    total.badFiles.merge(part.badFiles) { first, _ in first }
    total.raw.merge(part.raw) { ($0.pixels + $1.pixels, $0.masks + $1.masks) }
    total.firstPlaces.merge(part.firstPlaces) { $0.sample < $1.sample ? $0 : $1 }
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
  }

  /// Adds an image's pixels to mean and deviation.
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

  /// Adds a mask's histogram; `meaning` gives a value's training id, `place` where a value first is.
  mutating func add(
    histogram: [UInt32: Int], sample: Int, meaning: (UInt32) -> UInt8?, place: (UInt32) -> DataReport.Place
  ) {
    var shown = [Int](repeating: 0, count: classPixels.count)
    for (value, pixels) in histogram {
      raw[value, default: (0, 0)].pixels += pixels
      raw[value]!.masks += 1
      switch meaning(value) {
      case nil:
        unlistedPixels += pixels
        if firstPlaces[value].map({ sample < $0.sample }) ?? true { firstPlaces[value] = (sample, place(value)) }
      case LabelSet.ignored: ignoredPixels += pixels
      case let id?: shown[Int(id)] += pixels
      }
    }
    let labelled = shown.reduce(0, +)
    for (id, pixels) in shown.enumerated() where pixels > 0 {
      classPixels[id] += pixels
      classImages[id] += 1
      pixelsInItsImages[id] += labelled
    }
  }
}
