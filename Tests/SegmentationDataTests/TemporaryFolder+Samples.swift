import Foundation
import SegmentationImage
import TestSupport

/// Small images and masks in a folder.
extension TemporaryFolder {
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
