import SegmentationImage

/// The connected areas of a mask: pixels of one class that touch each other at sides or corners.
package enum MaskParts {
  /// The number of areas. Ignored pixels belong to none.
  package static func count(_ ids: [UInt8], width: Int) -> Int {
    guard width > 0 else { return 0 }
    var areas = Areas()
    var above: [Run] = []
    for start in stride(from: 0, to: ids.count, by: width) {
      let row = runs(of: ids[start..<min(start + width, ids.count)], in: &areas)
      var first = 0
      for run in row {
        // Runs that end before this one begins touch none of the later ones either.
        while first < above.count, above[first].columns.upperBound < run.columns.lowerBound { first += 1 }
        for other in above[first...] {
          guard other.columns.lowerBound <= run.columns.upperBound else { break }
          if other.id == run.id { areas.join(other.area, run.area) }
        }
      }
      above = row
    }
    return areas.count
  }

  /// Neighbours of one class in a row.
  private struct Run {
    let id: UInt8
    /// The columns from the first one up to, but not including, the last one's right neighbour.
    let columns: Range<Int>
    let area: Int
  }

  private static func runs(of row: ArraySlice<UInt8>, in areas: inout Areas) -> [Run] {
    var runs: [Run] = []
    var start = row.startIndex
    while start < row.endIndex {
      let id = row[start]
      var end = start + 1
      while end < row.endIndex, row[end] == id { end += 1 }
      if id != LabelSet.ignored {
        runs.append(Run(id: id, columns: start - row.startIndex..<end - row.startIndex, area: areas.add()))
      }
      start = end
    }
    return runs
  }

  /// Areas that are joined when they turn out to be one.
  private struct Areas {
    private var parents: [Int] = []
    private(set) var count = 0

    mutating func add() -> Int {
      parents.append(parents.count)
      count += 1
      return parents.count - 1
    }

    mutating func join(_ one: Int, _ other: Int) {
      let (a, b) = (root(of: one), root(of: other))
      guard a != b else { return }
      parents[max(a, b)] = min(a, b)
      count -= 1
    }

    private mutating func root(of area: Int) -> Int {
      var area = area
      while parents[area] != area {
        // Halving the path keeps later searches short.
        parents[area] = parents[parents[area]]
        area = parents[area]
      }
      return area
    }
  }
}
