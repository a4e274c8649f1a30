import Foundation
import SegmentationImage

/// A folder that is removed when nobody holds it, and small images and masks in it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "rtseg-data-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A path below, whose folder is made.
  func file(_ name: String) throws -> String {
    let file = "\(path)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    return file
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: file(name)))
  }

  /// An image whose pixels tell its number and place.
  static func image(_ number: Int, _ size: ImageSize = ImageSize(height: 24, width: 32)) -> Image {
    var image = Image(height: size.height, width: size.width)
    for y in 0..<size.height {
      for x in 0..<size.width { image[x, y] = RGB(UInt8(number % 256), UInt8(8 * x % 256), UInt8(8 * y % 256)) }
    }
    return image
  }

  static func mask(_ number: Int, _ size: ImageSize = ImageSize(height: 24, width: 32), classes: Int = 11) -> Mask {
    var mask = Mask(height: size.height, width: size.width)
    for y in 0..<size.height { for x in 0..<size.width { mask[x, y] = UInt8((number + x / 8 + y / 8) % classes) } }
    return mask
  }

  /// CamVid's layout with `count` samples of a split.
  func makeCamVid(_ split: String = "train", count: Int, size: (Int) -> ImageSize = { _ in ImageSize("24x32")! }) throws
  {
    for number in 0..<count {
      let name = String(format: "%03d.png", number)
      try Self.image(number, size(number)).write(to: URL(filePath: file("\(split)/\(name)")))
      try Self.mask(number, size(number)).write(to: URL(filePath: file("\(split)annot/\(name)")))
    }
  }
}
