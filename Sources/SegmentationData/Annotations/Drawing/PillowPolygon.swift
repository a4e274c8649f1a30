import Foundation

/// The pixels of a polygon as Pillow's `ImageDraw.polygon` fills them, which LabelMe and Cityscapes' scripts use.
///
/// Corners are cut to whole pixels. In each row the outline's crossings, in single precision, are paired from the left;
/// pixels from one to the next belong to the polygon, and so do horizontal sides.
enum PillowPolygon {
  private struct Side {
    let start: (x: Int, y: Int)
    let rows: ClosedRange<Int>
    /// The columns that one row moves the crossing.
    let slope: Float

    init(from start: (x: Int, y: Int), to end: (x: Int, y: Int)) {
      self.start = start
      rows = min(start.y, end.y)...max(start.y, end.y)
      slope = Float(end.x - start.x) / Float(end.y - start.y)
    }

    func crossing(at row: Int) -> Float { Float(row - start.y) * slope + Float(start.x) }
  }

  /// Calls `fill` with the rows and the first and last columns that belong to a polygon, those outside of an image of
  /// this height left out.
  static func fill(_ ring: [Point], height: Int, _ fill: (_ row: Int, _ first: Int, _ last: Int) -> Void) {
    let corners = ring.map { (x: Int($0.x), y: Int($0.y)) }
    guard let first = corners.first else { return }
    let closed = corners.count > 1 && corners[corners.count - 1] == first ? corners : corners + [first]
    var sides: [Side] = []
    for (start, end) in zip(closed, closed.dropFirst()) {
      if start.y == end.y {
        fill(start.y, min(start.x, end.x), max(start.x, end.x))
      } else {
        sides.append(Side(from: start, to: end))
      }
    }
    guard let top = sides.map(\.rows.lowerBound).min(), let bottom = sides.map(\.rows.upperBound).max() else { return }
    for row in stride(from: max(top, 0), through: min(bottom, height), by: 1) {
      let crossings = crossings(of: sides, at: row, isLast: row == min(bottom, height)).sorted()
      for pair in stride(from: 1, to: crossings.count, by: 2) {
        fill(row, nearest(crossings[pair - 1], isHalfUp: true), nearest(crossings[pair], isHalfUp: false))
      }
    }
  }

  private static func crossings(of sides: [Side], at row: Int, isLast: Bool) -> [Float] {
    var crossings: [Float] = []
    for (index, side) in sides.enumerated() where side.rows.contains(row) {
      var x = side.crossing(at: row)
      if row == side.rows.upperBound, !isLast {
        // The side that goes on below has a crossing here as well; two keep inside and outside apart.
        crossings.append(x)
      } else if row == side.rows.lowerBound || row == side.rows.upperBound, side.slope != 0 {
        x = joined(x, of: side, with: sides[..<index], at: row)
      }
      crossings.append(x)
    }
    return crossings
  }

  /// A crossing at the tip of two flat sides, moved so that the tip touches the next row's pixels.
  private static func joined(_ x: Float, of side: Side, with others: ArraySlice<Side>, at row: Int) -> Float {
    let next = row == side.rows.upperBound ? row - 1 : row + 1
    for other in others where other.slope != 0 && (row == other.rows.lowerBound || row == other.rows.upperBound) {
      guard other.rows.contains(next), x.rounded() == other.crossing(at: row).rounded() else { continue }
      let (near, far) = (side.crossing(at: next), other.crossing(at: next))
      if x > near + 1, x > far + 1 { return max(near, far).rounded() + 1 }
      if x < near - 1, x < far - 1 { return min(near, far).rounded() - 1 }
      return x
    }
    return x
  }

  /// The nearest column. A half goes away from zero at the left end of a run, and towards it at the right end.
  private static func nearest(_ x: Float, isHalfUp: Bool) -> Int {
    let size = Double(abs(x))
    let column = Int(isHalfUp ? (size + 0.5).rounded(.down) : (size - 0.5).rounded(.up))
    return x < 0 ? -column : column
  }
}
