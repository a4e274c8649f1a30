import Basics
import SegmentationImage

/// These options change colors as mmsegmentation's `PhotoMetricDistortion` does. Brightness, contrast, saturation and
/// hue change independently of each other; contrast comes before or after the changes of saturation and hue. Values
/// are cut off to integers after each step, as there.
public struct PhotometricDistortion: Codable, Equatable, Sendable, ValidatedOptions {
  static let name = "photometric"

  /// The probability of each of the four changes.
  public var probability = 0.5
  /// The largest amount that is added to all values or subtracted from them, on the scale 0 to 255.
  public var brightness = 32.0
  /// All values are multiplied by a random factor between these two, `[low, high]`.
  public var contrast: ClosedRange<Double> = 0.5...1.5
  /// The saturation is multiplied by a random factor between these two, `[low, high]`.
  public var saturation: ClosedRange<Double> = 0.5...1.5
  /// The largest turn of the hue, in steps of two degrees.
  public var hue = 18

  public init() {}

  public func validate() throws(InvalidOption) {
    try requireProbability(probability, "probability")
    try require(
      (0...255).contains(brightness), "brightness", "an amount from 0 to 255", found: brightness)
    for (key, range) in [("contrast", contrast), ("saturation", saturation)] {
      try require(
        range.lowerBound >= 0 && range.upperBound <= 16, key,
        "[low, high] with factors from 0 to 16", found: range)
    }
    try require((0...90).contains(hue), "hue", "a turn from 0 to 90", found: hue)
  }

  /// One change with its amount.
  package enum Change: Equatable, Sendable {
    case brightness(Float), contrast(Float), saturation(Float), hue(Int)
  }

  /// Draws the changes of one image. Changes that do not happen draw all the same.
  package func draw(using random: inout RandomStream) -> [Change] {
    func change(_ change: Change) -> [Change] { random.happens(probability) ? [change] : [] }
    let brightness = change(.brightness(Float(random.uniform(-self.brightness...self.brightness))))
    let contrast = change(.contrast(Float(random.uniform(self.contrast))))
    let saturation = change(.saturation(Float(random.uniform(self.saturation))))
    let hue = change(.hue(random.index(below: max(1, 2 * self.hue)) - self.hue))
    let contrastIsFirst = random.happens(0.5)
    return contrastIsFirst ? brightness + contrast + saturation + hue : brightness + saturation + hue + contrast
  }

  /// Changes interleaved RGB pixels in place.
  package static func apply(_ changes: [Change], to pixels: UnsafeMutablePointer<UInt8>, count: Int) {
    for change in changes {
      switch change {
      case .brightness(let delta): look(up: table { $0 + delta }, pixels, count)
      case .contrast(let factor): look(up: table { $0 * factor }, pixels, count)
      case .saturation(let factor):
        let table = table { $0 * factor }
        eachColor(pixels, count) { $0.saturation = table[Int($0.saturation)] }
      case .hue(let turn):
        let table = (0..<256).map { UInt8((($0 + turn) % 180 + 180) % 180) }
        eachColor(pixels, count) { $0.hue = table[Int($0.hue)] }
      }
    }
  }

  /// The new value for each old one; fractions are cut off.
  private static func table(_ change: (Float) -> Float) -> [UInt8] {
    (0...255).map { UInt8(min(max(change(Float($0)), 0), 255)) }
  }

  private static func look(up table: [UInt8], _ pixels: UnsafeMutablePointer<UInt8>, _ count: Int) {
    table.withUnsafeBufferPointer { table in
      for i in 0..<count * 3 { pixels[i] = table[Int(pixels[i])] }
    }
  }

  /// Changes colors as hue, saturation and value. Neighbors are often equal, so that a color is kept with its result.
  private static func eachColor(
    _ pixels: UnsafeMutablePointer<UInt8>, _ count: Int, _ change: (inout HSVColor) -> Void
  ) {
    var last = RGB(0, 0, 0)
    var result: RGB?
    for i in 0..<count {
      let pixel = pixels + 3 * i
      let color = RGB(pixel[0], pixel[1], pixel[2])
      if color != last || result == nil {
        last = color
        var changed = HSVColor(color)
        change(&changed)
        result = changed.rgb
      }
      (pixel[0], pixel[1], pixel[2]) = (result!.red, result!.green, result!.blue)
    }
  }
}
