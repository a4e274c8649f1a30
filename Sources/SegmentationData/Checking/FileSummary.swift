import Files
import SegmentationImage

/// The facts about a file that a check keeps, in place of its pixels.
protocol FileSummary: Equatable, Sendable {
  /// The number by which the cache tells kinds of files apart.
  static var kind: UInt8 { get }

  func write(to numbers: inout NumberWriter)

  /// Reads the facts back; fails for numbers that `write` cannot have written.
  init?(_ numbers: inout NumberReader)
}

/// The result of reading a file: its facts, or the reason why it cannot be used.
enum FileFinding<Summary: FileSummary>: Equatable, Sendable {
  case good(Summary)
  case bad(reason: String)
}

/// The facts about an image.
struct ImageSummary: FileSummary {
  static let kind: UInt8 = 1

  let size: ImageSize
  /// Whether the file carries an orientation other than upright.
  let hasOrientation: Bool
  /// Whether the pixels were turned by it.
  let isTurned: Bool
  /// The lowest and the highest value, if the image has 16 bits.
  let wideRange: ClosedRange<Int>?
  /// The sums of red, green and blue over all pixels, and of their squares.
  let sums: [Int]
  let squares: [Int]
  /// The sums of each channel, if the image is read as another than 8-bit RGB; empty otherwise.
  let channels: [Channel]

  /// The sums over the values of a channel that are finite.
  struct Channel: Equatable, Sendable {
    var sum = 0.0
    var squares = 0.0
    /// The number of these values.
    var count = 0

    static func += (total: inout Channel, other: Channel) {
      total.sum += other.sum
      total.squares += other.squares
      total.count += other.count
    }
  }

  init(_ raster: Raster, hasOrientation: Bool, isTurned: Bool) {
    size = raster.size
    self.hasOrientation = hasOrientation
    self.isTurned = isTurned
    wideRange = nil
    (sums, squares) = ([0, 0, 0], [0, 0, 0])
    var channels = [Channel](repeating: Channel(), count: raster.channels)
    for (index, value) in raster.values.enumerated() where value.isFinite {
      let number = Double(value)
      channels[index % raster.channels] += Channel(sum: number, squares: number * number, count: 1)
    }
    self.channels = channels
  }

  init(_ image: Image, hasOrientation: Bool = false, isTurned: Bool = false, wideRange: ClosedRange<Int>? = nil) {
    size = image.size
    self.hasOrientation = hasOrientation
    self.isTurned = isTurned
    self.wideRange = wideRange
    var (r, g, b, rr, gg, bb) = (0, 0, 0, 0, 0, 0)
    for i in stride(from: 0, to: image.pixels.count, by: 3) {
      let (red, green, blue) = (Int(image.pixels[i]), Int(image.pixels[i + 1]), Int(image.pixels[i + 2]))
      r &+= red
      g &+= green
      b &+= blue
      rr &+= red &* red
      gg &+= green &* green
      bb &+= blue &* blue
    }
    (sums, squares, channels) = ([r, g, b], [rr, gg, bb], [])
  }

  func write(to numbers: inout NumberWriter) {
    let flags = (hasOrientation ? 1 : 0) | (isTurned ? 2 : 0) | (wideRange == nil ? 0 : 4) | (channels.isEmpty ? 0 : 8)
    let range = wideRange.map { [$0.lowerBound, $0.upperBound] } ?? []
    for number in [size.height, size.width, flags] + range + sums + squares { numbers.append(number) }
    guard !channels.isEmpty else { return }
    numbers.append(channels.count)
    for channel in channels {
      numbers.append(channel.sum)
      numbers.append(channel.squares)
      numbers.append(channel.count)
    }
  }

  init?(_ numbers: inout NumberReader) {
    guard let size = ImageSize(&numbers), let flags = numbers.next(in: 0...15) else { return nil }
    self.size = size
    (hasOrientation, isTurned) = (flags & 1 != 0, flags & 2 != 0)
    if flags & 4 != 0 {
      guard let lowest = numbers.next(in: 0...65535), let highest = numbers.next(in: lowest...65535) else { return nil }
      wideRange = lowest...highest
    } else {
      wideRange = nil
    }
    let sums = (0..<6).compactMap { _ in numbers.next(in: 0...size.area * 255 * 255) }
    guard sums.count == 6 else { return nil }
    (self.sums, squares) = (Array(sums[..<3]), Array(sums[3...]))
    var channels: [Channel] = []
    if flags & 8 != 0 {
      guard let count = numbers.next(in: 1...1 << 16) else { return nil }
      for _ in 0..<count {
        guard let sum = numbers.nextFinite(), let squares = numbers.nextFinite(),
          let values = numbers.next(in: 0...size.area)
        else { return nil }
        channels.append(Channel(sum: sum, squares: squares, count: values))
      }
    }
    self.channels = channels
  }
}

/// The facts about a mask.
struct MaskSummary: FileSummary {
  /// A raw value, or a color as 24 bits.
  struct Entry: Equatable, Sendable {
    let value: UInt32
    let pixels: Int
    /// The number of pixels whose neighbours have the same value; 0 for values that are in the map.
    let innerPixels: Int
    /// The index of the first pixel with the value.
    let first: Int
  }

  static let kind: UInt8 = 2
  /// The most values outside of the map that are told apart. Masks that are photographs have millions.
  static let unlistedLimit = 1 << 16

  let size: ImageSize
  /// The values, sorted. Of values that are not in the map these are the first ones in the mask.
  let entries: [Entry]
  /// The number of pixels with other values.
  let otherPixels: Int

  init(_ histogram: MaskHistogram, size: ImageSize, isUnlisted: (UInt32) -> Bool) {
    self.size = size
    var (listed, unlisted): ([Entry], [Entry]) = ([], [])
    for (value, counts) in histogram.entries {
      let entry = Entry(
        value: value, pixels: counts.pixels, innerPixels: counts.innerPixels, first: counts.first)
      if isUnlisted(value) { unlisted.append(entry) } else { listed.append(entry) }
    }
    unlisted.sort { $0.first < $1.first }
    entries = (listed + unlisted.prefix(Self.unlistedLimit)).sorted { $0.value < $1.value }
    otherPixels = unlisted.dropFirst(Self.unlistedLimit).reduce(0) { $0 + $1.pixels }
  }

  func write(to numbers: inout NumberWriter) {
    for number in [size.height, size.width, otherPixels, entries.count] { numbers.append(number) }
    for entry in entries {
      for number in [Int(entry.value), entry.pixels, entry.innerPixels, entry.first] { numbers.append(number) }
    }
  }

  init?(_ numbers: inout NumberReader) {
    guard let size = ImageSize(&numbers), let otherPixels = numbers.next(in: 0...size.area),
      let count = numbers.next(in: 0...1 << 18)
    else { return nil }
    self.size = size
    self.otherPixels = otherPixels
    var entries: [Entry] = []
    for _ in 0..<count {
      guard let value = numbers.next(in: 0...0xFFFFFF), value > entries.last.map({ Int($0.value) }) ?? -1,
        let pixels = numbers.next(in: 1...size.area), let inner = numbers.next(in: 0...pixels),
        let first = numbers.next(in: 0...size.area - 1)
      else { return nil }
      entries.append(Entry(value: UInt32(value), pixels: pixels, innerPixels: inner, first: first))
    }
    self.entries = entries
  }
}

extension ImageSize {
  /// Reads a size that a summary wrote.
  fileprivate init?(_ numbers: inout NumberReader) {
    guard let height = numbers.next(in: 1...1 << 20), let width = numbers.next(in: 1...1 << 20) else { return nil }
    self.init(height: height, width: width)
  }
}
