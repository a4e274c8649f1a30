import SegmentationImage

/// The masks of classes as run lengths in the compressed form of COCO, which pycocotools reads: the numbers of pixels
/// outside and inside in turns, column by column, in differences and six bits to a character.
package struct RunLengths {
  /// The text for each class that occurs.
  package private(set) var counts: [Int: String] = [:]
  /// The number of pixels of each class that occurs.
  package private(set) var areas: [Int: Int] = [:]
  /// The smallest box that holds the pixels of each class: the left column, the top row, the width and the height.
  package private(set) var boxes: [Int: [Int]] = [:]

  private struct ClassRuns {
    /// The lengths so far.
    var runs: [Int] = []
    /// The pixel after the last run of the class.
    var end = 0
    var area = 0
    var (top, bottom, left, right) = (Int.max, 0, Int.max, 0)
  }

  package init(_ mask: Mask) {
    var classes = [ClassRuns?](repeating: nil, count: 256)
    let (height, width) = (mask.height, mask.width)
    mask.values.withUnsafeBufferPointer { values in
      var position = 0
      for column in 0..<width {
        var row = 0
        while row < height {
          let value = values[row * width + column]
          let first = row
          while row < height, values[row * width + column] == value { row += 1 }
          var found = classes[Int(value)] ?? ClassRuns()
          if found.area > 0, found.end == position + first {
            // The run goes on from the foot of the column before.
            found.runs[found.runs.count - 1] += row - first
          } else {
            found.runs += [position + first - found.end, row - first]
          }
          found.end = position + row
          found.area += row - first
          (found.top, found.bottom) = (min(found.top, first), max(found.bottom, row))
          (found.left, found.right) = (min(found.left, column), column + 1)
          classes[Int(value)] = found
        }
        position += height
      }
    }
    for (id, found) in classes.enumerated() {
      guard var found else { continue }
      if found.end < height * width { found.runs.append(height * width - found.end) }
      counts[id] = Self.text(found.runs)
      areas[id] = found.area
      boxes[id] = [found.left, found.top, found.right - found.left, found.bottom - found.top]
    }
  }

  /// Each length as its difference from the length two before, from the fourth on, in groups of five bits.
  private static func text(_ runs: [Int]) -> String {
    var bytes: [UInt8] = []
    for (index, run) in runs.enumerated() {
      var rest = index > 2 ? run - runs[index - 2] : run
      while true {
        let group = rest & 31
        rest >>= 5
        let isLast = rest == (group & 16 == 0 ? 0 : -1)
        bytes.append(UInt8((isLast ? group : group | 32) + 48))
        if isLast { break }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
