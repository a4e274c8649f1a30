import Foundation

/// The pixels of a polygon as COCO's tools count them.
///
/// The outline is traced on a grid that is five times as fine. Each place where it passes from one column of pixels to
/// the next turns the inside on or off from there downwards, in an order of pixels that goes down the columns.
enum COCOPolygon {
  private static let scale = 5.0
  /// The most points of an outline on the fine grid. So long an outline runs around the largest images six times.
  private static let pointLimit = 1 << 23

  /// The bitmap of the image's size; nil for an outline that is too long to be traced.
  static func bitmap(of ring: [Point], width: Int, height: Int) -> Bitmap? {
    let corners = ring.map { (x: Int($0.x * scale + 0.5), y: Int($0.y * scale + 0.5)) }
    var length = 0
    for (index, corner) in corners.enumerated() {
      let next = corners[(index + 1) % corners.count]
      length += max(abs(next.x - corner.x), abs(next.y - corner.y)) + 1
    }
    guard length <= pointLimit else { return nil }
    var turns = [Bool](repeating: false, count: width * height + 1)
    crossings(of: corners, width: width, height: height) { turns[$0 * height + $1].toggle() }
    var bitmap = Bitmap(
      left: 0, top: 0, width: width, height: height, pixels: Array(repeating: false, count: width * height))
    var isInside = false
    for x in 0..<width {
      for y in 0..<height {
        if turns[x * height + y] { isInside.toggle() }
        bitmap.pixels[y * width + x] = isInside
      }
    }
    return bitmap
  }

  /// Calls `found` with the pixels from which on the inside changes.
  private static func crossings(
    of corners: [(x: Int, y: Int)], width: Int, height: Int, _ found: (_ x: Int, _ y: Int) -> Void
  ) {
    var before: (x: Int, y: Int)?
    for (index, corner) in corners.enumerated() {
      line(from: corner, to: corners[(index + 1) % corners.count]) { x, y in
        defer { before = (x, y) }
        guard let before, before.x != x else { return }
        let column = (Double(x < before.x ? x : x - 1) + 0.5) / scale - 0.5
        guard column == column.rounded(.down), column >= 0, column <= Double(width - 1) else { return }
        let row = (Double(min(y, before.y)) + 0.5) / scale - 0.5
        found(Int(column), Int(min(max(row, 0), Double(height)).rounded(.up)))
      }
    }
  }

  /// Calls `visit` with all points of a line on the fine grid, from its first to its last. Rounding goes from the smaller
  /// coordinate to the larger one of the longer side, whichever way the line runs.
  private static func line(
    from start: (x: Int, y: Int), to end: (x: Int, y: Int), _ visit: (_ x: Int, _ y: Int) -> Void
  ) {
    let (width, height) = (abs(end.x - start.x), abs(end.y - start.y))
    let isFlat = width >= height
    let isTurned = isFlat ? start.x > end.x : start.y > end.y
    let (low, high) = isTurned ? (end, start) : (start, end)
    let length = max(width, height)
    let slope =
      length == 0 ? 0 : isFlat ? Double(high.y - low.y) / Double(length) : Double(high.x - low.x) / Double(length)
    for step in 0...length {
      let t = isTurned ? length - step : step
      if isFlat {
        visit(low.x + t, Int(Double(low.y) + slope * Double(t) + 0.5))
      } else {
        visit(Int(Double(low.x) + slope * Double(t) + 0.5), low.y + t)
      }
    }
  }
}
