/// Computes exact Euclidean distances on a grid of pixels, in time linear in their number.
///
/// A. Meijster, J. Roerdink, W. Hesselink: A general algorithm for computing distance transforms in linear time (2000).
package struct DistanceTransform {
  let height: Int
  let width: Int

  package init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// Writes each pixel's distance to the nearest pixel of a set. The set must not be empty.
  package func distances(into result: UnsafeMutablePointer<Float>, isInSet: (Int) -> Bool) {
    let columns = columnDistances(isInSet)
    var starts = [Int](repeating: 0, count: width)
    var sites = [Int](repeating: 0, count: width)
    for y in 0..<height {
      let squares = (0..<width).map { columns[y * width + $0] * columns[y * width + $0] }
      func distance(_ x: Int, from site: Int) -> Int { (x - site) * (x - site) + squares[site] }
      // The columns whose parabolas are the lowest somewhere, from left to right, and the first x at which each one is.
      var last = 0
      (sites[0], starts[0]) = (0, 0)
      for x in 1..<max(1, width) {
        while last >= 0, distance(starts[last], from: sites[last]) > distance(starts[last], from: x) { last -= 1 }
        if last < 0 {
          last = 0
          sites[0] = x
          continue
        }
        let site = sites[last]
        let start = 1 + (x * x - site * site + squares[x] - squares[site]) / (2 * (x - site))
        guard start < width else { continue }
        last += 1
        (sites[last], starts[last]) = (x, start)
      }
      for x in stride(from: width - 1, through: 0, by: -1) {
        result[y * width + x] = Float(distance(x, from: sites[last])).squareRoot()
        if x == starts[last] { last -= 1 }
      }
    }
  }

  /// Each pixel's distance to the nearest pixel of the set in its column; if there is none, a number larger than any
  /// distance.
  private func columnDistances(_ isInSet: (Int) -> Bool) -> [Int] {
    var distances = [Int](repeating: height + width, count: height * width)
    for x in 0..<width {
      var distance = height + width
      for y in 0..<height {
        distance = isInSet(y * width + x) ? 0 : min(distance + 1, height + width)
        distances[y * width + x] = distance
      }
      distance = height + width
      for y in stride(from: height - 1, through: 0, by: -1) {
        distance = min(distance + 1, distances[y * width + x])
        distances[y * width + x] = distance
      }
    }
    return distances
  }
}
