extension Placement {
  /// Fills what lies outside the image with its mirror image. The window must show the whole image along each side that it
  /// leaves, as padding does; what it does not show cannot be mirrored.
  func reflectOutside<Value>(_ output: UnsafeMutablePointer<Value>, channels: Int) {
    guard leavesImage, !columns.isEmpty, !rows.isEmpty else { return }
    let stride = window.width * channels
    let (firstColumn, columnCount) = (firstOutputColumn, columns.count)
    let firstRow = flipsVertically ? outputRow(rows.upperBound - 1) : rows.lowerBound
    let inside = firstRow..<firstRow + rows.count
    let sources = (0..<window.width).map { column in
      firstColumn + Padding.reflected(column - firstColumn, count: columnCount)
    }
    for row in inside {
      let line = output + row * stride
      for column in 0..<window.width where sources[column] != column {
        for channel in 0..<channels {
          line[column * channels + channel] = line[sources[column] * channels + channel]
        }
      }
    }
    for row in 0..<window.height where !inside.contains(row) {
      let source = firstRow + Padding.reflected(row - firstRow, count: rows.count)
      (output + row * stride).update(from: output + source * stride, count: stride)
    }
  }
}
