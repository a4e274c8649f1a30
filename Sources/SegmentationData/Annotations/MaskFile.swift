import Files
import SegmentationImage

/// A mask that a tool wrote, turned into classes.
enum MaskFile {
  /// Reads a mask whose values stand for classes.
  /// - Parameter class: The class of a value; nil if it stands for none, which is found and ignored.
  static func values(
    _ path: String, size: ImageSize, _ findings: AnnotationFindings, class: (UInt8) -> UInt8?
  ) throws -> Mask {
    var mask = try Mask(contentsOf: .init(filePath: path))
    try require(size, mask.size, path)
    let table = (0...255).map { `class`(UInt8($0)) }
    var unknown: [UInt8: Int] = [:]
    for (index, value) in mask.values.enumerated() {
      guard let label = table[Int(value)] else {
        unknown[value, default: 0] += 1
        mask.values[index] = LabelSet.ignored
        continue
      }
      mask.values[index] = label
    }
    for (value, count) in unknown.sorted(by: { $0.key < $1.key }) {
      findings.add(.unknownValue, path, "\(count) pixels of the value \(value) are ignored")
    }
    return mask
  }

  /// Reads a mask whose colors stand for classes. Palette files have the colors of their palette.
  static func colors(
    _ path: String, size: ImageSize, _ findings: AnnotationFindings, class: (RGB) -> UInt8?
  ) throws -> Mask {
    let image = try Image(contentsOf: .init(filePath: path))
    try require(size, image.size, path)
    var mask = Mask(height: size.height, width: size.width)
    var known: [RGB: UInt8?] = [:]
    var unknown: [RGB: Int] = [:]
    for index in mask.values.indices {
      let color = RGB(image.pixels[3 * index], image.pixels[3 * index + 1], image.pixels[3 * index + 2])
      let label: UInt8?
      if let found = known[color] {
        label = found
      } else {
        label = `class`(color)
        known[color] = .some(label)
      }
      if label == nil { unknown[color, default: 0] += 1 }
      mask.values[index] = label ?? LabelSet.ignored
    }
    for (color, count) in unknown.sorted(by: { $0.key.description < $1.key.description }).prefix(
      AnnotationFindings.linesOfKind)
    {
      findings.add(.unknownValue, path, "\(count) pixels of the color \(color) are ignored")
    }
    return mask
  }

  private static func require(_ expected: ImageSize, _ found: ImageSize, _ path: String) throws {
    guard expected == found else { throw DataError("\(path): the mask has \(found), its image \(expected)") }
  }
}
