import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// A small copy of a data set that is known by name, in the layout of its authors or of mmsegmentation.
struct DataTree: Sendable, CustomTestStringConvertible {
  let name: String
  /// The number of classes.
  let classes: Int
  /// The images of each split with their masks.
  var splits: [Split: [Pair]]
  /// The files that list the images of splits.
  var lists: [String: String] = [:]
  /// Files that belong to no split.
  var others: [String] = []
  /// Values or colors of masks, each with its class or `ignored`.
  let meanings: [String: String]

  struct Pair: Sendable {
    let image: String
    let mask: String?

    init(_ image: String, _ mask: String? = nil) { (self.image, self.mask) = (image, mask) }
  }

  var testDescription: String { name }

  /// Makes the files. The masks show each value of `meanings` in a stripe of its own.
  func write(to folder: TemporaryFolder) throws {
    let values = meanings.keys.sorted()
    let size = ImageSize(height: 16, width: 16 * values.count)
    var number = 0
    for pair in Split.allCases.flatMap({ splits[$0] ?? [] }) {
      number += 1
      try TemporaryFolder.image(number, size).write(to: URL(filePath: folder.file(pair.image)))
      guard let mask = pair.mask else { continue }
      let url = URL(filePath: try folder.file(mask))
      if values[0].hasPrefix("#") {
        try stripes(size) { RGB(hex: values[$0]) ?? .black }.write(to: url)
      } else if mask.hasSuffix(".png") {
        try Mask(
          height: size.height, width: size.width,
          values: (0..<size.area).map { UInt8(values[$0 % size.width / 16]) ?? 0 }
        ).write(to: url)
      } else {
        try stripes(size) { RGB(hex: Self.gray(values[$0])) ?? .black }.write(to: url)
      }
    }
    for (file, text) in lists { try folder.write(text, to: file) }
    for file in others { try folder.write("", to: file) }
  }

  private func stripes(_ size: ImageSize, _ color: (Int) -> RGB) -> Image {
    var image = Image(height: size.height, width: size.width)
    for y in 0..<size.height { for x in 0..<size.width { image[x, y] = color(x / 16) } }
    return image
  }

  private static func gray(_ value: String) -> String {
    let digits = String((UInt8(value) ?? 0), radix: 16)
    let both = digits.count == 1 ? "0" + digits : digits
    return "#" + both + both + both
  }
}
