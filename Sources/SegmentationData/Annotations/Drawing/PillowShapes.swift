import Foundation

/// The pixels of discs and wide lines as Pillow's `ImageDraw` fills them, which LabelMe uses.
enum PillowShapes {
  /// The largest radius. The squares of larger ones do not fit into whole numbers, and no image is as large.
  static let largestRadius = 20_000.0

  /// Calls `fill` with the rows of a disc, and the first and last columns in each.
  ///
  /// The outline of a quarter is followed from its side to its top. Each step goes to the neighbour that is nearest to the
  /// ellipse, in units of half a pixel from the center.
  static func disc(center: Point, radius: Double, _ fill: (_ row: Int, _ first: Int, _ last: Int) -> Void) {
    let (left, top) = (Int(center.x - radius), Int(center.y - radius))
    let (width, height) = (Int(center.x + radius) - left, Int(center.y + radius) - top)
    guard width > 0, height > 0 else { return fill(top, left, left + width) }
    let (a2, b2) = (width * width, height * height)
    func distance(_ x: Int, _ y: Int) -> Int { abs(a2 * y * y + b2 * x * x - a2 * b2) }
    var (x, y) = (width, height % 2)
    var filled = -1
    while true {
      if y > filled {
        for row in Set([(2 * top + height - y) / 2, (2 * top + height + y) / 2]) {
          fill(row, left + (width - x) / 2, left + (width + x) / 2)
        }
        filled = y
      }
      if (x, y) == (width % 2, height) { return }
      var next = (x: x, y: y + 2)
      if x > 1 {
        for candidate in [(x: x - 2, y: y + 2), (x: x - 2, y: y)]
        where distance(candidate.x, candidate.y) < distance(next.x, next.y) { next = candidate }
      }
      (x, y) = next
    }
  }

  /// The corners of a line of some width; nil if it has no length.
  static func line(from start: Point, to end: Point, width: Int) -> [Point]? {
    let (x, y) = (Int(start.x), Int(start.y))
    let (dx, dy) = (Int(end.x) - x, Int(end.y) - y)
    guard dx != 0 || dy != 0 else { return nil }
    let (length, half) = (hypot(Double(dx), Double(dy)), Double(width - 1) / 2)
    // A half counts on one side of the line only.
    let (less, more) = ((half - 0.5).rounded(.up) / length, (half + 0.5).rounded(.down) / length)
    func nearest(_ value: Double) -> Int { Int((abs(value) - 0.5).rounded(.up)) * (value < 0 ? -1 : 1) }
    let (left, right) = (nearest(less * Double(dy)), nearest(more * Double(dy)))
    let (up, down) = (nearest(less * Double(dx)), nearest(more * Double(dx)))
    return [
      (x - left, y + down), (x + dx - left, y + dy + down), (x + dx + right, y + dy - up), (x + right, y - up),
    ].map { Point(x: Double($0.0), y: Double($0.1)) }
  }
}
