import SegmentationImage

/// Changes brightness, contrast, saturation and hue by random amounts in random order, like `ColorJitter` of
/// torchvision and albumentations. The factors of brightness, contrast and saturation are evenly spread over `max(0, 1
/// - strength)...1 + strength`, and the shift of the hue over `-hue...hue` of the color circle.
package struct ColorJitter: Sendable {
  static let name = "color_jitter"
  package var brightness: Double
  package var contrast: Double
  package var saturation: Double
  package var hue: Double
  package var probability: Double

  package init(brightness: Double, contrast: Double, saturation: Double, hue: Double, probability: Double) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
    self.probability = probability
  }

  /// A change with its amount.
  package enum Adjustment: Equatable {
    case brightness(Double), contrast(Double), saturation(Double), hue(Double)
  }

  /// Draws the changes of an image. A change of strength 0 draws its number too, so that it does not move the others'
  /// numbers.
  package func draw(using random: inout RandomStream) -> [Adjustment] {
    let happens = random.happens(probability)
    func factor(_ strength: Double) -> Double { random.uniform(max(0, 1 - strength)...1 + strength) }
    var adjustments: [Adjustment] = [
      .brightness(factor(brightness)), .contrast(factor(contrast)), .saturation(factor(saturation)),
      .hue(random.uniform(-hue...hue)),
    ]
    random.shuffle(&adjustments)
    guard happens else { return [] }
    return adjustments.filter { adjustment in
      switch adjustment {
      case .brightness(let factor), .contrast(let factor), .saturation(let factor): factor != 1
      case .hue(let shift): shift != 0
      }
    }
  }

  /// Applies changes to `count` interleaved RGB pixels. Changes of single values are collected in a table of 256
  /// entries, which is applied together with the next change that needs whole pixels.
  /// - Returns: The table that is left at the end, for the normalization to apply.
  package static func apply(
    _ adjustments: [Adjustment], to pixels: UnsafeMutablePointer<UInt8>, count: Int
  ) -> [UInt8] {
    var table = (UInt8.min...UInt8.max).map { $0 }
    for adjustment in adjustments {
      switch adjustment {
      case .brightness(let factor):
        table = table.map { clamped(Double($0) * factor) }
      case .contrast(let factor):
        let mean = meanLuma(pixels, count, table)
        table = table.map { clamped(Double($0) * factor + mean * (1 - factor)) }
      case .saturation(let factor):
        saturate(pixels, count, table, factor)
        table = (UInt8.min...UInt8.max).map { $0 }
      case .hue(let shift):
        shiftHue(pixels, count, table, shift)
        table = (UInt8.min...UInt8.max).map { $0 }
      }
    }
    return table
  }

  private static func clamped(_ value: Double) -> UInt8 {
    UInt8(min(max(value.rounded(.toNearestOrEven), 0), 255))
  }

  /// The weights of ITU-R 601 luma with 14 fraction bits, as OpenCV has them.
  private static let luma: [Int32] = [4899, 9617, 1868]

  /// The share of each channel in the luma after `table`: three tables of 256 entries.
  private static func lumaTables(_ table: [UInt8]) -> [Int32] {
    luma.flatMap { weight in table.map { Int32($0) * weight } }
  }

  private static func meanLuma(_ pixels: UnsafePointer<UInt8>, _ count: Int, _ table: [UInt8]) -> Double {
    let shares = lumaTables(table)
    return shares.withUnsafeBufferPointer { shares in
      let (red, green, blue) = (shares.baseAddress!, shares.baseAddress! + 256, shares.baseAddress! + 512)
      var sum = 0
      for i in 0..<count {
        let luma = red[Int(pixels[3 * i])] &+ green[Int(pixels[3 * i + 1])] &+ blue[Int(pixels[3 * i + 2])]
        sum &+= Int((luma &+ 8192) >> 14)
      }
      return Double(sum) / Double(count)
    }
  }

  /// Computes value * factor + luma * (1 - factor), both from tables with 16 fraction bits.
  private static func saturate(
    _ pixels: UnsafeMutablePointer<UInt8>, _ count: Int, _ table: [UInt8], _ factor: Double
  ) {
    let shares = lumaTables(table)
    let scaled = table.map { Int32((Double($0) * factor * 65536).rounded()) }
    let gray = (0...255).map { Int32((Double($0) * (1 - factor) * 65536).rounded()) + 32768 }
    shares.withUnsafeBufferPointer { shares in
      scaled.withUnsafeBufferPointer { scaled in
        gray.withUnsafeBufferPointer { gray in
          let (red, green, blue) = (shares.baseAddress!, shares.baseAddress! + 256, shares.baseAddress! + 512)
          let (scaled, gray) = (scaled.baseAddress!, gray.baseAddress!)
          for i in 0..<count {
            let pixel = pixels + 3 * i
            let (r, g, b) = (Int(pixel[0]), Int(pixel[1]), Int(pixel[2]))
            let offset = gray[Int((red[r] &+ green[g] &+ blue[b] &+ 8192) >> 14)]
            pixel[0] = UInt8(truncatingIfNeeded: min(max((scaled[r] &+ offset) >> 16, 0), 255))
            pixel[1] = UInt8(truncatingIfNeeded: min(max((scaled[g] &+ offset) >> 16, 0), 255))
            pixel[2] = UInt8(truncatingIfNeeded: min(max((scaled[b] &+ offset) >> 16, 0), 255))
          }
        }
      }
    }
  }
}
