import Foundation

/// The pixels of a polygon as OpenCV's `fillPoly` fills them, which the tools for YOLO's polygons use.
///
/// Corners are cut to whole pixels. The sides are drawn as lines, and each row is filled between the sides, whose
/// positions have 16 binary places.
enum OpenCVPolygon {
  private static let one = 1 << 16

  /// Calls `fill` with the rows and the first and last columns that belong to a polygon; they may lie outside of the
  /// image.
  static func fill(
    _ ring: [Point], width: Int, height: Int, _ fill: (_ row: Int, _ first: Int, _ last: Int) -> Void
  ) {
    let corners = ring.map { (x: Int($0.x), y: Int($0.y)) }
    var sides: [(rows: Range<Int>, x: Int, step: Int)] = []
    for (index, end) in corners.enumerated() {
      let start = corners[(index + corners.count - 1) % corners.count]
      line(from: start, to: end, width: width, height: height) { fill($1, $0, $0) }
      guard start.y != end.y else { continue }
      // The slope of a side that leaves the image is that of its part within.
      let part = clipped(start, end, right: width - 1, bottom: height - 1) ?? (start, end)
      let (from, to) = part.0.y == part.1.y ? (start, end) : part
      let (step, upper) = ((to.x - from.x) * one / (to.y - from.y), start.y < end.y ? from : to)
      let rows = min(start.y, end.y)..<max(start.y, end.y)
      sides.append((rows, upper.x * one + (rows.lowerBound - upper.y) * step, step))
    }
    guard let top = sides.map(\.rows.lowerBound).min(), let bottom = sides.map(\.rows.upperBound).max() else { return }
    for row in max(top, 0)..<max(0, min(bottom, height), top) {
      let crossings = sides.filter { $0.rows.contains(row) }.map { $0.x + ($0.step * (row - $0.rows.lowerBound)) }
        .sorted()
      for pair in stride(from: 1, to: crossings.count, by: 2) {
        let (first, last) = ((crossings[pair - 1] + one - 1) >> 16, crossings[pair] >> 16)
        if first <= last { fill(row, first, last) }
      }
    }
  }

  /// The pixels of a line after Bresenham. A line that leaves the image is cut at its edges first.
  private static func line(
    from start: (x: Int, y: Int), to end: (x: Int, y: Int), width: Int, height: Int,
    _ plot: (_ x: Int, _ y: Int) -> Void
  ) {
    guard let (start, end) = clipped(start, end, right: width - 1, bottom: height - 1) else { return }
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    // From left to right, as OpenCV's iterator runs for `fillPoly`.
    let (from, stepY) = dx < 0 ? (end, -dy.signum()) : (start, dy.signum())
    let (long, short) = (max(abs(dx), abs(dy)), min(abs(dx), abs(dy)))
    let isSteep = abs(dy) > abs(dx)
    var (x, y, error) = (from.x, from.y, long - 2 * short)
    for _ in 0...long {
      plot(x, y)
      let isDiagonal = error < 0
      error += isDiagonal ? 2 * long - 2 * short : -2 * short
      if isSteep {
        y += stepY
        x += isDiagonal ? 1 : 0
      } else {
        x += 1
        y += isDiagonal ? stepY : 0
      }
    }
  }

  /// The part of a line within the image; nil if there is none.
  private static func clipped(
    _ start: (x: Int, y: Int), _ end: (x: Int, y: Int), right: Int, bottom: Int
  ) -> (start: (x: Int, y: Int), end: (x: Int, y: Int))? {
    func code(_ point: (x: Int, y: Int)) -> Int {
      (point.x < 0 ? 1 : 0) + (point.x > right ? 2 : 0) + (point.y < 0 ? 4 : 0) + (point.y > bottom ? 8 : 0)
    }
    var (a, b) = (start, end)
    var (codeA, codeB) = (code(a), code(b))
    guard codeA & codeB == 0 else { return nil }
    if codeA | codeB == 0 { return (a, b) }
    func cutRows(_ point: inout (x: Int, y: Int), _ code: inout Int, _ other: (x: Int, y: Int)) {
      guard code & 12 != 0 else { return }
      let edge = code < 8 ? 0 : bottom
      point.x += Int(Double(edge - point.y) * Double(other.x - point.x) / Double(other.y - point.y))
      point.y = edge
      code = (point.x < 0 ? 1 : 0) + (point.x > right ? 2 : 0)
    }
    cutRows(&a, &codeA, b)
    cutRows(&b, &codeB, a)
    guard codeA & codeB == 0 else { return nil }
    func cutColumns(_ point: inout (x: Int, y: Int), _ code: inout Int, _ other: (x: Int, y: Int)) {
      guard code != 0 else { return }
      let edge = code == 1 ? 0 : right
      point.y += Int(Double(edge - point.x) * Double(other.y - point.y) / Double(other.x - point.x))
      point.x = edge
      code = 0
    }
    if codeA | codeB != 0 {
      cutColumns(&a, &codeA, b)
      cutColumns(&b, &codeB, a)
    }
    return codeA | codeB == 0 ? (a, b) : nil
  }
}
