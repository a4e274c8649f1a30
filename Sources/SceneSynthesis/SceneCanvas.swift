import SegmentationImage

/// A linear color; the fourth lane is unused.
typealias SceneColor = SIMD4<Float>

/// Colors and raw label ids of the pixels of a scene, painted from far to near.
final class SceneCanvas {
  let size: ImageSize
  let camera: SceneCamera
  let haze: SceneColor
  /// Where two thirds of a color are lost to haze, in metres.
  let visibility: Float
  /// Plain memory: every pixel is written several times.
  private let colors: UnsafeMutablePointer<SceneColor>
  private let labels: UnsafeMutablePointer<UInt8>

  init(size: ImageSize, camera: SceneCamera, haze: SceneColor, visibility: Float) {
    self.size = size
    self.camera = camera
    self.haze = haze
    self.visibility = visibility
    colors = .allocate(capacity: size.area)
    labels = .allocate(capacity: size.area)
    colors.initialize(repeating: haze, count: size.area)
    labels.initialize(repeating: CityscapesID.sky, count: size.area)
  }

  deinit {
    colors.deallocate()
    labels.deallocate()
  }

  /// The share of haze at a distance.
  func hazeShare(_ z: Float) -> Float {
    let share = z / (z + visibility)
    return share * share
  }

  /// Paints every pixel that `shader` has a color for: it gets column and row of the pixel's center.
  @inline(__always)
  func paint(
    rows: Range<Int>, columns: Range<Int>, label: UInt8, _ shader: (Float, Float) -> SceneColor?
  ) {
    let rows = rows.clamped(to: 0..<size.height)
    let columns = columns.clamped(to: 0..<size.width)
    for row in rows {
      for column in columns {
        guard let color = shader(Float(column) + 0.5, Float(row) + 0.5) else { continue }
        colors[row * size.width + column] = color
        labels[row * size.width + column] = label
      }
    }
  }

  /// A wall standing on the ground between two points. `shader` gets metres along the wall and above the ground, and
  /// gives a color or nil where the wall has a hole or ends.
  @inline(__always)
  func paintWall(
    from start: (x: Float, z: Float), to end: (x: Float, z: Float), bottom: Float = 0, top: Float, label: UInt8,
    _ shader: (_ along: Float, _ above: Float) -> SceneColor?
  ) {
    var (start, end) = (start, end)
    guard min(start.z, end.z) > 0.5 else { return }
    let length = ((end.x - start.x) * (end.x - start.x) + (end.z - start.z) * (end.z - start.z)).squareRoot()
    var (first, last) = (camera.column(start.x, start.z), camera.column(end.x, end.z))
    let isReversed = first > last
    if isReversed {
      swap(&first, &last)
      swap(&start, &end)
    }
    let columns = Self.pixels(first, last).clamped(to: 0..<size.width)
    for column in columns {
      let share = (Float(column) + 0.5 - first) / (last - first)
      // 1/z and along/z are linear on the screen.
      let z = 1 / ((1 - share) / start.z + share / end.z)
      let fromStart = length * share / end.z * z
      let along = isReversed ? length - fromStart : fromStart
      let fog = hazeShare(z)
      for row in Self.pixels(camera.row(top, z), camera.row(bottom, z)).clamped(to: 0..<size.height) {
        guard let color = shader(along, camera.elevation(Float(row) + 0.5, z)) else { continue }
        colors[row * size.width + column] = color * (1 - fog) + haze * fog
        labels[row * size.width + column] = label
      }
    }
  }

  /// A flat figure facing the camera. `shader` gets metres right of its middle and above the ground.
  @inline(__always)
  func paintFigure(
    x: Float, z: Float, halfWidth: Float, bottom: Float = 0, top: Float, label: UInt8,
    _ shader: (_ across: Float, _ above: Float) -> SceneColor?
  ) {
    paintWall(from: (x - halfWidth, z), to: (x + halfWidth, z), bottom: bottom, top: top, label: label) {
      shader($0 - halfWidth, $1)
    }
  }

  /// Darkens the ground in an ellipse around a point, softly towards its rim.
  func shadeGround(x: Float, z: Float, radiusX: Float, radiusZ: Float, strength: Float) {
    let near = max(z - radiusZ, 0.6)
    let rows = Self.pixels(camera.row(0, z + radiusZ), camera.row(0, near)).clamped(to: 0..<size.height)
    for row in rows {
      let distance = camera.groundDistance(Float(row) + 0.5)
      let dz = (distance - z) / radiusZ
      let columns = Self.pixels(camera.column(x - radiusX, distance), camera.column(x + radiusX, distance))
      for column in columns.clamped(to: 0..<size.width) {
        let index = row * size.width + column
        guard CityscapesID.isGround(labels[index]) else { continue }
        let dx = (camera.lateral(Float(column) + 0.5, distance) - x) / radiusX
        let reach = dx * dx + dz * dz
        if reach < 1 { colors[index] *= 1 - strength * (1 - reach * reach) }
      }
    }
  }

  /// The pixels whose centers lie between two positions.
  @inline(__always)
  static func pixels(_ first: Float, _ last: Float) -> Range<Int> {
    let start = Int(max(-1e6, min(first, 1e6)).rounded())
    return start..<max(start, Int(max(-1e6, min(last, 1e6)).rounded()))
  }

  /// The picture as a camera gives it: slightly blurred, darker in the corners, exposed and noisy.
  func developed(exposure: Float, noise: Float, seed: UInt32) -> Image {
    let (height, width) = (size.height, size.width)
    let pixels = [UInt8](unsafeUninitializedCapacity: size.area * 3) { buffer, count in
      for y in 0..<height {
        let rows = (max(y - 1, 0) * width, y * width, min(y + 1, height - 1) * width)
        let dy = (Float(y) / Float(height) - 0.5) * 2
        for x in 0..<width {
          let (left, right) = (max(x - 1, 0), min(x + 1, width - 1))
          let vertical = colors[rows.0 + x] + colors[rows.2 + x]
          let horizontal = colors[rows.1 + left] + colors[rows.1 + right]
          var color = colors[rows.1 + x] * 0.56 + (vertical + horizontal) * 0.11
          let dx = (Float(x) / Float(width) - 0.5) * 2
          color *= exposure * (1 - 0.12 * (dx * dx + dy * dy))
          let grain = ProceduralNoise.hash(Int32(x), Int32(y), seed) * 2 - 1
          // Square root stands for the display's gamma: noise is added after it, as sensors' shot noise nearly is.
          let shown = Self.clamped(color, to: 1).squareRoot()
          let bytes = Self.clamped((shown + grain * noise) * 255, to: 255)
          let i = (y * width + x) * 3
          buffer[i] = UInt8(bytes.x)
          buffer[i + 1] = UInt8(bytes.y)
          buffer[i + 2] = UInt8(bytes.z)
        }
      }
      count = size.area * 3
    }
    return Image(height: height, width: width, pixels: pixels)
  }

  /// SIMD's own `clamped` goes lane by lane.
  @inline(__always)
  private static func clamped(_ color: SceneColor, to limit: Float) -> SceneColor {
    let (low, high) = (SceneColor(repeating: 0), SceneColor(repeating: limit))
    return color.replacing(with: low, where: color .< low).replacing(with: high, where: color .> high)
  }

  var mask: Mask {
    Mask(
      height: size.height, width: size.width, values: Array(UnsafeBufferPointer(start: labels, count: size.area)))
  }
}

/// Cityscapes' raw ids of what scenes show.
enum CityscapesID {
  static let egoVehicle: UInt8 = 1
  static let road: UInt8 = 7
  static let sidewalk: UInt8 = 8
  static let building: UInt8 = 11
  static let pole: UInt8 = 17
  static let trafficSign: UInt8 = 20
  static let vegetation: UInt8 = 21
  static let terrain: UInt8 = 22
  static let sky: UInt8 = 23
  static let person: UInt8 = 24
  static let car: UInt8 = 26

  static func isGround(_ id: UInt8) -> Bool { id == road || id == sidewalk || id == terrain }
}
