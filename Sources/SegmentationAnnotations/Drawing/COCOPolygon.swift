import Foundation

/// The pixels of a polygon as COCO's tools count them.
///
/// The outline is traced on a grid that is five times as fine. Each place where it passes from one column of pixels to
/// the next turns the inside on or off from there downwards, in an order of pixels that goes down the columns.
enum COCOPolygon {
  private static let scale = 5.0

  /// The bitmap of the image's size.
  static func bitmap(of ring: [Point], width: Int, height: Int) -> Bitmap {
    var turns = [Bool](repeating: false, count: width * height + 1)
    for (x, y) in crossings(of: ring, width: width, height: height) { turns[x * height + y].toggle() }
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

  /// The pixels from which on the inside changes.
  private static func crossings(of ring: [Point], width: Int, height: Int) -> [(x: Int, y: Int)] {
    let corners = ring.map { (x: Int($0.x * scale + 0.5), y: Int($0.y * scale + 0.5)) }
    var trace: [(x: Int, y: Int)] = []
    for (index, corner) in corners.enumerated() {
      trace += line(from: corner, to: corners[(index + 1) % corners.count])
    }
    var found: [(x: Int, y: Int)] = []
    for (before, point) in zip(trace, trace.dropFirst()) where before.x != point.x {
      let column = (Double(point.x < before.x ? point.x : point.x - 1) + 0.5) / scale - 0.5
      guard column == column.rounded(.down), column >= 0, column <= Double(width - 1) else { continue }
      let row = (Double(min(point.y, before.y)) + 0.5) / scale - 0.5
      found.append((Int(column), Int(min(max(row, 0), Double(height)).rounded(.up))))
    }
    return found
  }

  /// All points of a line on the fine grid, from its first to its last. Rounding goes from the smaller coordinate to the
  /// larger one of the longer side, whichever way the line runs.
  private static func line(from start: (x: Int, y: Int), to end: (x: Int, y: Int)) -> [(x: Int, y: Int)] {
    let (width, height) = (abs(end.x - start.x), abs(end.y - start.y))
    let isFlat = width >= height
    let isTurned = isFlat ? start.x > end.x : start.y > end.y
    let (low, high) = isTurned ? (end, start) : (start, end)
    let length = max(width, height)
    let slope =
      length == 0 ? 0 : isFlat ? Double(high.y - low.y) / Double(length) : Double(high.x - low.x) / Double(length)
    return (0...length).map { step in
      let t = isTurned ? length - step : step
      return isFlat
        ? (low.x + t, Int(Double(low.y) + slope * Double(t) + 0.5))
        : (Int(Double(low.x) + slope * Double(t) + 0.5), low.y + t)
    }
  }
}
