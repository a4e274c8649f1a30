import Foundation

/// How a Resize node finds numbers between pixels.
struct Interpolation {
  enum Mode: String { case nearest, linear, cubic }

  let mode: Mode
  /// The rule that maps positions of the result to positions of the input.
  let coordinates: String
  /// The rounding of positions for the mode nearest.
  let rounding: String
  let cubicFactor: Double
  let excludesOutside: Bool
  let antialias: Bool

  init(_ node: ImportedNode) throws {
    mode = Mode(rawValue: try node.text("mode", or: "nearest", among: ["nearest", "linear", "cubic"])) ?? .nearest
    if node.version < 11 || node.node.opType == "Upsample" {
      (coordinates, rounding) = ("asymmetric", "floor")
    } else {
      coordinates = try node.text(
        "coordinate_transformation_mode", or: "half_pixel",
        among: ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"])
      rounding = try node.text(
        "nearest_mode", or: "round_prefer_floor", among: ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
    }
    cubicFactor = try node.float("cubic_coeff_a") ?? -0.75
    excludesOutside = try node.flag("exclude_outside")
    antialias = try node.flag("antialias")
  }
}

/// The resizing of a map along one axis.
struct ResizedAxis {
  let length: Int
  let result: Int
  private let scale: Double
  private let kind: Interpolation

  /// - Parameter scale: The factor that the file gives; `nil` if it gives the size of the result.
  init(length: Int, result: Int, scale: Double?, _ kind: Interpolation) {
    (self.length, self.result, self.kind) = (length, result, kind)
    self.scale = scale ?? Double(result) / Double(length)
  }

  /// Whether the axis stays as it is.
  var isIdentity: Bool { length == result && abs(scale - 1) < 1e-9 }

  /// The position in the input for a position in the result.
  private func position(_ index: Int) -> Double {
    let x = Double(index)
    switch kind.coordinates {
    case "align_corners": return result == 1 ? 0 : x * Double(length - 1) / Double(result - 1)
    case "asymmetric": return x / scale
    case "pytorch_half_pixel": return result == 1 ? 0 : (x + 0.5) / scale - 0.5
    case "half_pixel_symmetric":
      let adjustment = Double(result) / (scale * Double(length))
      let center = Double(length) / 2
      return center * (1 - adjustment) + (x + 0.5) / scale - 0.5
    default: return (x + 0.5) / scale - 0.5
    }
  }

  /// The pixel that the mode nearest takes.
  private func nearest(_ index: Int) -> Int {
    let x = position(index)
    let rounded: Double
    switch kind.rounding {
    case "floor": rounded = x.rounded(.down)
    case "ceil": rounded = x.rounded(.up)
    case "round_prefer_ceil": rounded = (x + 0.5).rounded(.down)
    default: rounded = (x - 0.5).rounded(.up)
    }
    return min(max(Int(rounded), 0), length - 1)
  }

  /// Whether libtorch's nearest resizing takes the same pixels.
  var isLibtorchNearest: Bool {
    let step = Float(length) / Float(result)
    return (0..<result).allSatisfy { index in
      nearest(index) == min(Int((Float(index) * step).rounded(.down)), length - 1)
    }
  }

  /// Whether libtorch's bilinear resizing aligns corners if it is to give the same numbers; `nil` if it gives others.
  var libtorchBilinear: Bool? {
    guard kind.mode == .linear, !kind.antialias || result >= length else { return nil }
    if kind.coordinates == "align_corners" { return true }
    let isHalf = ["half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"].contains(kind.coordinates)
    let isExact = abs(scale * Double(length) - Double(result)) < 1e-4
    return isHalf && isExact && (kind.coordinates == "half_pixel" || result > 1) ? false : nil
  }

  /// The weights of the input's elements for each element of the result, row by row.
  var matrix: [Float] {
    var matrix = [Float](repeating: 0, count: result * length)
    for index in 0..<result {
      for (position, weight) in weights(index) {
        let place = min(max(position, 0), length - 1)
        matrix[index * length + place] += Float(weight)
      }
    }
    return matrix
  }

  private func weights(_ index: Int) -> [(position: Int, weight: Double)] {
    if kind.mode == .nearest { return [(nearest(index), 1)] }
    // With antialiasing a smaller result takes more neighbors into account.
    let stretch = kind.antialias ? max(1, 1 / scale) : 1
    let radius = (kind.mode == .linear ? 1 : 2) * stretch
    var x = position(index)
    if kind.mode == .linear, !kind.antialias { x = min(max(x, 0), Double(length - 1)) }
    let first = Int((x - radius).rounded(.down)) + 1
    let last = Int((x + radius).rounded(.up)) - 1
    guard first <= last else { return [(Int(x.rounded()), 1)] }
    var found = (first...last).map { position in
      let distance = abs((Double(position) - x) / stretch)
      return (position: position, weight: kind.mode == .linear ? max(0, 1 - distance) : cubic(distance))
    }
    if kind.excludesOutside {
      found = found.filter { (0..<length).contains($0.position) }
    }
    let total = found.reduce(0) { $0 + $1.weight }
    return total == 0 ? [(Int(x.rounded()), 1)] : found.map { ($0.position, $0.weight / total) }
  }

  private func cubic(_ distance: Double) -> Double {
    let (a, d) = (kind.cubicFactor, distance)
    if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
  }
}
