/// The place of an output window on a scaled image. Scaling, padding, cropping and flipping are one step, so that only
/// the pixels of the window are computed. Geometry and rounding are those of OpenCV's `resize` (`INTER_LINEAR` for
/// images, `INTER_NEAREST` for masks) on the whole image, followed by the rest.
package struct Placement: Equatable, Sendable {
  /// The stored image's size.
  package var source: ImageSize
  /// Its size after scaling.
  package var scaled: ImageSize
  /// The window's corner in the scaled image; negative if the window begins before the image.
  package var x = 0
  package var y = 0
  /// The window's size.
  package var window: ImageSize
  /// Whether the window's columns, or its rows, come out in reverse.
  package var flipsHorizontally = false
  package var flipsVertically = false
  /// The values that pixels outside the image get.
  package var padding = Padding.constant
  /// Turns, shears and changes of perspective: the place on the scaled image that is seen at a place of the window's plane.
  /// If there is one, pixels are computed in another way (see Placement+Distortion), and none of this matters to the rest.
  package var distortion: Homography?

  /// The whole image at a size.
  package init(source: ImageSize, scaled: ImageSize) {
    self.source = source
    self.scaled = scaled
    window = scaled
  }

  /// The window's columns that lie on the image.
  var columns: Range<Int> { Self.visible(x, window.width, scaled.width) }
  /// The window's rows that lie on the image.
  var rows: Range<Int> { Self.visible(y, window.height, scaled.height) }

  private static func visible(_ origin: Int, _ count: Int, _ limit: Int) -> Range<Int> {
    let start = min(max(0, -origin), count)
    return start..<max(start, min(count, limit - origin))
  }

  /// Whether some of the window's pixels lie outside of the image.
  package var hasPadding: Bool { padding == .constant && (distortion != nil || leavesImage) }

  /// Whether the undistorted window leaves the image.
  var leavesImage: Bool { columns.count < window.width || rows.count < window.height }

  /// The output column (row) of the window's column (row).
  func outputColumn(_ column: Int) -> Int { flipsHorizontally ? window.width - 1 - column : column }
  func outputRow(_ row: Int) -> Int { flipsVertically ? window.height - 1 - row : row }

  /// The stored rows that bilinear (and nearest) sampling of the window touches.
  package var sourceRows: Range<Int> {
    if let sampling { return distortedRows(sampling) }
    guard !rows.isEmpty else { return 0..<0 }
    if scaled == source { return (y + rows.lowerBound)..<(y + rows.upperBound) }
    let taps = Taps(source: source.height, scaled: scaled.height)
    let nearest = Nearest(source: source.height, scaled: scaled.height)
    let first = y + rows.lowerBound
    let last = y + rows.upperBound - 1
    let start = min(max(taps[first].index, 0), nearest[first])
    return start..<max(min(taps[last].index + 1, source.height - 1), nearest[last]) + 1
  }

  /// The stored pixel that nearest sampling takes for an output pixel; nil for padding.
  package func sourcePixel(ofOutput column: Int, _ row: Int) -> (x: Int, y: Int)? {
    if let sampling { return nearestPixel(sampling, column, row) }
    var (column, row) = (outputColumn(column), outputRow(row))
    if padding == .reflect {
      column = columns.lowerBound + Padding.reflected(column - columns.lowerBound, count: columns.count)
      row = rows.lowerBound + Padding.reflected(row - rows.lowerBound, count: rows.count)
    }
    guard columns.contains(column), rows.contains(row) else { return nil }
    return (
      Nearest(source: source.width, scaled: scaled.width)[x + column],
      Nearest(source: source.height, scaled: scaled.height)[y + row]
    )
  }
}

/// The two pixels and their weights that a position takes in bilinear sampling along one axis.
struct Taps {
  private let step: Double

  init(source: Int, scaled: Int) {
    step = 1 / (Double(scaled) / Double(source))
  }

  /// The first pixel (-1 before the image) and the second one's share.
  subscript(position: Int) -> (index: Int, share: Float) {
    let exact = Float((Double(position) + 0.5) * step - 0.5)
    let index = exact.rounded(.down)
    return (Int(index), exact - index)
  }

  /// A share of 1 is 2048.
  static func fixedPoint(_ share: Float) -> Int16 {
    Int16((share * 2048).rounded(.toNearestOrEven))
  }
}

/// The pixel that a position takes in nearest sampling along one axis.
struct Nearest {
  private let step: Double
  private let last: Int

  init(source: Int, scaled: Int) {
    step = 1 / (Double(scaled) / Double(source))
    last = source - 1
  }

  subscript(position: Int) -> Int {
    min(Int((Double(position) * step).rounded(.down)), last)
  }
}
