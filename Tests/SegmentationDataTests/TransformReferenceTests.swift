import Foundation
import SegmentationData
import SegmentationImage
import Testing

/// Transforms against OpenCV, albumentations and mmsegmentation's definition, made by Fixtures/make_transforms.py.
@Suite struct TransformReferenceTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let kind: String
    let border: String?
    let values: [Double]
    let steps: [[String]]?
    let image: Int
    let mask: Int?

    var testDescription: String { "\(kind) \(border ?? "") \(values) \(steps ?? [])" }
  }

  static let size = ImageSize(height: 24, width: 32)

  static func url(_ name: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
  }

  static let cases = try! JSONDecoder().decode([Case].self, from: Data(contentsOf: url("transforms.json")))
  static let images = try! Image(contentsOf: url("transforms.png"))
  static let masks = try! Mask(contentsOf: url("transforms_masks.png"))

  static func cases(_ kinds: String...) -> [Case] { cases.filter { kinds.contains($0.kind) } }

  static let smooth: Image = {
    var image = Image(height: size.height, width: size.width)
    for y in 0..<size.height {
      for x in 0..<size.width {
        let wave: Double = sin(Double(x) / 5) * cos(Double(y) / 7)
        let red = (128 + 100 * wave).rounded(.toNearestOrEven)
        let (green, blue): (Int, Int) = (40 + 5 * x + 2 * y, 200 - 3 * x - 4 * y)
        image[x, y] = RGB(UInt8(red), UInt8(green), UInt8(blue))
      }
    }
    return image
  }()
  static let noise = Image(
    height: size.height, width: size.width,
    pixels: (0..<size.area * 3).map { (i: Int) -> UInt8 in UInt8((i * i * 7 + i * 37 + 11) % 256) })
  static let mask = Mask(
    height: size.height, width: size.width,
    values: (0..<size.area).map { (i: Int) -> UInt8 in
      let (x, y) = (i % 32, i / 32)
      return UInt8((x / 3 + 2 * (y / 4)) % 11)
    })

  private func expected(_ item: Case) -> [UInt8] {
    let count = Self.size.area * 3
    return Array(Self.images.pixels[item.image * count..<(item.image + 1) * count])
  }

  private func expectedMask(_ item: Case) throws -> [UInt8] {
    let mask = try #require(item.mask)
    return Array(Self.masks.values[mask * Self.size.area..<(mask + 1) * Self.size.area])
  }

  /// The largest difference, and how many values differ by more than 1.
  private func difference(_ found: [UInt8], _ expected: [UInt8]) -> (largest: Int, count: Int) {
    let differences = zip(found, expected).map { abs(Int($0) - Int($1)) }
    return (differences.max() ?? 0, differences.count { $0 > 1 })
  }

  private func placement(_ item: Case) throws -> Placement {
    var placement = Placement(source: Self.size, scaled: Self.size)
    let values = item.values
    func aroundMiddle(_ map: Homography, _ size: ImageSize) -> Homography {
      map.around(Double(size.width - 1) / 2, Double(size.height - 1) / 2)
    }
    func insets(_ values: [Double]) -> [SIMD2<Double>] {
      stride(from: 0, to: 8, by: 2).map { SIMD2(values[$0], values[$0 + 1]) }
    }
    switch item.kind {
    case "rotation": placement.distort(by: aroundMiddle(Rotation.map(degrees: values[0]), Self.size))
    case "affine":
      let map = Affine.map(
        scale: values[0], shearX: values[1], shearY: values[2], moveX: values[3], moveY: values[4])
      placement.distort(by: aroundMiddle(map, Self.size))
    case "perspective": placement.distort(by: Perspective.map(width: 31, height: 23, insets: insets(values)))
    default:
      let scaled = ImageSize(height: 36, width: 48)
      placement = Placement(source: Self.size, scaled: scaled)
      placement.distort(by: aroundMiddle(Rotation.map(degrees: 20), scaled))
      placement.distort(by: Perspective.map(width: 47, height: 35, insets: insets([3, 2, 1, 4, 5, 1, 2, 3])))
      (placement.x, placement.y, placement.window) = (9, 7, Self.size)
      placement.flipsHorizontally = true
    }
    placement.padding = try #require(Padding(rawValue: item.border ?? ""))
    return placement
  }

  /// OpenCV rounds fractions of coordinates to 1/32 of a pixel, which at a border between 114 and 255 is up to 2 levels.
  @Test(arguments: cases("rotation", "affine", "perspective", "composition"))
  func geometryIsThatOfOpenCV(item: Case) throws {
    let placement = try placement(item)
    let rows = placement.sourceRows
    var pixels = [UInt8](repeating: 0, count: Self.size.area * 3)
    var values = [UInt8](repeating: 0, count: Self.size.area)
    // Only the rows that are asked for are handed over.
    placement.renderImage(
      Array(Self.smooth.pixels[(rows.lowerBound * 96)..<(rows.upperBound * 96)]), firstRow: rows.lowerBound,
      into: &pixels)
    placement.renderMask(
      Array(Self.mask.values[(rows.lowerBound * 32)..<(rows.upperBound * 32)]), firstRow: rows.lowerBound,
      into: &values,
      fill: 255)
    let difference = difference(pixels, expected(item))
    #expect(difference.largest <= 2, "\(difference)")
    #expect(values == (try expectedMask(item)))
    // Errors name the pixel that a wrong value comes from, and what is padding becomes the ignored label.
    var labels = [Int64](repeating: 0, count: Self.size.area)
    if placement.hasPadding { placement.fillPadding(of: &labels, with: 255) }
    for i in 0..<Self.size.area {
      let pixel = placement.sourcePixel(ofOutput: i % 32, i / 32)
      #expect((pixel.map { Self.mask[$0.x, $0.y] } ?? 255) == values[i])
      #expect((labels[i] == 255) == (pixel == nil))
    }
  }

  @Test(arguments: cases("blur")) func blurIsThatOfOpenCV(item: Case) throws {
    var pixels = Self.noise.pixels
    GaussianBlur.apply(to: &pixels, size: Self.size, sigma: item.values[0], using: ScratchBuffer())
    // OpenCV's weights have 8 fraction bits, those here 14: wide bells differ by 2 levels in a few pixels.
    let difference = difference(pixels, expected(item))
    #expect(difference.largest <= 2 && difference.count <= pixels.count / 100, "\(difference)")
  }

  @Test(arguments: cases("photometric")) func photometricDistortionFollowsItsDefinition(item: Case) throws {
    let changes = try #require(item.steps).map { step -> PhotometricDistortion.Change in
      switch step[0] {
      case "brightness": .brightness(Float(step[1])!)
      case "contrast": .contrast(Float(step[1])!)
      case "saturation": .saturation(Float(step[1])!)
      default: .hue(Int(step[1])!)
      }
    }
    var pixels = Self.noise.pixels
    PhotometricDistortion.apply(changes, to: &pixels, count: Self.size.area)
    #expect(difference(pixels, expected(item)).largest <= 1)
  }

  @Test(arguments: cases("cutout")) func cutOutIsThatOfAlbumentations(item: Case) throws {
    var pixels = Self.noise.pixels
    for i in stride(from: 0, to: item.values.count, by: 4) {
      let (left, top) = (Int(item.values[i]), Int(item.values[i + 1]))
      let size = ImageSize(height: Int(item.values[i + 3]) - top, width: Int(item.values[i + 2]) - left)
      PixelRectangle(x: left, y: top, size: size).fill(&pixels, width: 32, channels: 3, with: UInt8(114))
    }
    #expect(pixels == expected(item))
  }

  /// The corner of 5x7 pixels in the middle of 24x32; mirrored outputs are mirrored wholly.
  @Test(arguments: [(false, false), (true, true)]) func paddingReflectsAsOpenCVDoes(flips: (Bool, Bool)) throws {
    let item = try #require(Self.cases("padding").first)
    var placement = Placement(source: ImageSize(height: 5, width: 7), scaled: ImageSize(height: 5, width: 7))
    (placement.x, placement.y, placement.window, placement.padding) = (-12, -9, Self.size, .reflect)
    (placement.flipsHorizontally, placement.flipsVertically) = flips
    let small = (0..<35).map { (i: Int) -> Int in (i / 7) * 32 + i % 7 }
    let smallPixels = small.flatMap { Array(Self.noise.pixels[$0 * 3..<$0 * 3 + 3]) }
    var pixels = [UInt8](repeating: 0, count: Self.size.area * 3)
    var values = [UInt8](repeating: 0, count: Self.size.area)
    placement.renderImage(smallPixels, into: &pixels)
    placement.renderMask(small.map { Self.mask.values[$0] }, into: &values, fill: 255)
    let (image, mask) = (expected(item), try expectedMask(item))
    for i in 0..<Self.size.area {
      let (x, y) = (i % 32, i / 32)
      let source = (flips.1 ? 23 - y : y) * 32 + (flips.0 ? 31 - x : x)
      #expect(Array(pixels[i * 3..<i * 3 + 3]) == Array(image[source * 3..<source * 3 + 3]))
      #expect(values[i] == mask[source])
      let pixel = try #require(placement.sourcePixel(ofOutput: x, y))
      #expect(Self.mask[pixel.x, pixel.y] == values[i])
    }
    #expect(!placement.hasPadding)
  }
}
