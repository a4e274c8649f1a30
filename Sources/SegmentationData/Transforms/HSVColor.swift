import SegmentationImage

/// A color as hue, saturation and value with 8 bits each, computed as OpenCV's `cvtColor` does; the hue has 180 steps.
struct HSVColor {
  var hue: UInt8
  var saturation: UInt8
  var value: UInt8

  /// The fractions 255 / i, with 12 fraction bits.
  private static let saturationShares = shares(255)
  /// The fractions 30 / i, with 12 fraction bits.
  private static let hueShares = shares(30)

  private static func shares(_ whole: Double) -> [Int32] {
    [0] + (1...255).map { Int32((whole * 4096 / Double($0)).rounded(.toNearestOrEven)) }
  }

  init(_ color: RGB) {
    let (red, green, blue) = (Int32(color.red), Int32(color.green), Int32(color.blue))
    let high = max(red, green, blue)
    let chroma = high - min(red, green, blue)
    value = UInt8(high)
    saturation = UInt8((chroma * Self.saturationShares[Int(high)] + 2048) >> 12)
    let place =
      high == red ? green - blue : high == green ? blue - red + 2 * chroma : red - green + 4 * chroma
    let step = (place * Self.hueShares[Int(chroma)] + 2048) >> 12
    hue = UInt8(step < 0 ? step + 180 : step)
  }

  var rgb: RGB {
    let (saturation, value) = (Float(saturation) * (1 / 255), Float(value) * (1 / 255))
    let place = Float(hue) * (6 / 180)
    let sector = place.rounded(.down)
    let part = place - sector
    func level(_ share: Float) -> UInt8 {
      // OpenCV's vector instructions, which almost all of its builds use, cut fractions off.
      UInt8(min(max(value * (1 - saturation * share) * 255, 0), 255))
    }
    let (top, bottom, falling, rising) = (level(0), level(1), level(part), level(1 - part))
    switch Int(sector) % 6 {
    case 0: return RGB(top, rising, bottom)
    case 1: return RGB(falling, top, bottom)
    case 2: return RGB(bottom, top, rising)
    case 3: return RGB(bottom, falling, top)
    case 4: return RGB(rising, bottom, top)
    default: return RGB(top, bottom, falling)
    }
  }
}
