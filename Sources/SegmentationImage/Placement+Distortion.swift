/// Sampling through a homography: scaling, distortion, padding, cropping and flipping are one map from the window's pixels
/// to the stored ones, so that each pixel is interpolated once. Geometry is that of OpenCV's `warpPerspective`
/// (`INTER_LINEAR` for images, `INTER_NEAREST` for masks); weights have 11 fraction bits.
extension Placement {
  /// Lets another map act on the scaled image, after the maps that act on it already.
  package mutating func distort(by map: Homography) {
    distortion = (distortion ?? .identity) * map.inverse
  }

  /// The place of an output pixel on the stored image; nil if nothing distorts the image.
  var sampling: Homography? {
    guard let distortion else { return nil }
    let flip = Homography(
      flipsHorizontally ? SIMD3(-1, 0, Double(window.width - 1)) : SIMD3(1, 0, 0),
      flipsVertically ? SIMD3(0, -1, Double(window.height - 1)) : SIMD3(0, 1, 0))
    let stepX = Double(source.width) / Double(scaled.width)
    let stepY = Double(source.height) / Double(scaled.height)
    let stored = Homography(SIMD3(stepX, 0, (stepX - 1) / 2), SIMD3(0, stepY, (stepY - 1) / 2))
    return stored * distortion * .translation(Double(x), Double(y)) * flip
  }

  /// The stored rows that sampling touches.
  func distortedRows(_ sampling: Homography) -> Range<Int> {
    let all = 0..<source.height
    guard padding == .constant else { return all }
    // W is positive at the corners, and therefore everywhere between them.
    var (lowest, highest) = (Double.infinity, -Double.infinity)
    for (column, row) in [(0, 0), (window.width - 1, 0), (0, window.height - 1), (window.width - 1, window.height - 1)]
    {
      guard let place = sampling(Double(column), Double(row)) else { return all }
      lowest = min(lowest, place.y)
      highest = max(highest, place.y)
    }
    let limit = Double(source.height)
    let first = Int(min(max(lowest.rounded(.down) - 1, 0), limit))
    let end = Int(min(max(highest.rounded(.up) + 2, 0), limit))
    return first < end ? first..<end : 0..<0
  }

  /// The stored pixel nearest to an output pixel; nil for padding.
  func nearestPixel(_ sampling: Homography, _ column: Int, _ row: Int) -> (x: Int, y: Int)? {
    guard let place = sampling(Double(column), Double(row)) else {
      return padding == .constant ? nil : (0, 0)
    }
    let x = Self.index(place.x.rounded(.toNearestOrEven))
    let y = Self.index(place.y.rounded(.toNearestOrEven))
    if padding == .reflect {
      return (Padding.reflected(x, count: source.width), Padding.reflected(y, count: source.height))
    }
    guard x >= 0, x < source.width, y >= 0, y < source.height else { return nil }
    return (x, y)
  }

  /// A coordinate as an integer. Coordinates far outside of the image would not all fit and are limited.
  @inline(__always)
  static func index(_ coordinate: Double) -> Int { Int(min(max(coordinate, -1e6), 1e6)) }

  func distortMask(
    _ values: UnsafePointer<UInt8>, firstRow: Int, into output: UnsafeMutablePointer<UInt8>, fill: UInt8,
    _ sampling: Homography
  ) {
    for row in 0..<window.height {
      let line = output + row * window.width
      for column in 0..<window.width {
        let pixel = nearestPixel(sampling, column, row)
        line[column] = pixel.map { values[($0.y - firstRow) * source.width + $0.x] } ?? fill
      }
    }
  }

  func distortImage(
    _ pixels: UnsafePointer<UInt8>, firstRow: Int, into output: UnsafeMutablePointer<UInt8>, fill: UInt8,
    _ sampling: Homography
  ) {
    let (width, height) = (source.width, source.height)
    for row in 0..<window.height {
      for column in 0..<window.width {
        let target = output + (row * window.width + column) * 3
        guard let place = sampling(Double(column), Double(row)) else {
          (target[0], target[1], target[2]) = (fill, fill, fill)
          continue
        }
        let (left, top) = (Self.index(place.x.rounded(.down)), Self.index(place.y.rounded(.down)))
        let right = Int32(min(max((place.x - Double(left)) * 2048, 0), 2048).rounded())
        let below = Int32(min(max((place.y - Double(top)) * 2048, 0), 2048).rounded())
        if left >= 0, top >= 0, left + 1 < width, top + 1 < height {
          let upper = pixels + ((top - firstRow) * width + left) * 3
          let lower = upper + width * 3
          for channel in 0..<3 {
            target[channel] = Self.mix(
              upper[channel], upper[channel + 3], lower[channel], lower[channel + 3], right, below)
          }
          continue
        }
        for channel in 0..<3 {
          func value(_ x: Int, _ y: Int) -> UInt8 {
            if padding == .reflect {
              let (x, y) = (Padding.reflected(x, count: width), Padding.reflected(y, count: height))
              return pixels[((y - firstRow) * width + x) * 3 + channel]
            }
            guard x >= 0, x < width, y >= 0, y < height else { return fill }
            return pixels[((y - firstRow) * width + x) * 3 + channel]
          }
          target[channel] = Self.mix(
            value(left, top), value(left + 1, top), value(left, top + 1), value(left + 1, top + 1), right, below)
        }
      }
    }
  }

  /// Four neighbors by the shares (of 2048) of the right ones and the lower ones.
  @inline(__always)
  private static func mix(
    _ upperLeft: UInt8, _ upperRight: UInt8, _ lowerLeft: UInt8, _ lowerRight: UInt8, _ right: Int32, _ below: Int32
  ) -> UInt8 {
    let left = 2048 &- right
    let upper = Int32(upperLeft) &* left &+ Int32(upperRight) &* right
    let lower = Int32(lowerLeft) &* left &+ Int32(lowerRight) &* right
    return UInt8(truncatingIfNeeded: (upper &* (2048 &- below) &+ lower &* below &+ 1 << 21) >> 22)
  }
}
