extension Placement {
  /// Samples an image bilinearly. `pixels` holds the stored rows from `firstRow` on, at least `sourceRows`. `output`
  /// gets window.area * 3 values; pixels outside the image get `fill`.
  package func renderImage(
    _ pixels: UnsafePointer<UInt8>, firstRow: Int = 0, into output: UnsafeMutablePointer<UInt8>, fill: UInt8 = 114
  ) {
    if let sampling {
      distortImage(pixels, firstRow: firstRow, into: output, fill: fill, sampling)
      return
    }
    let rows = rows
    fillOutside(output, channels: 3, with: fill)
    guard !rows.isEmpty, !columns.isEmpty else { return }
    if scaled == source {
      copy(pixels, firstRow: firstRow, into: output, channels: 3)
    } else {
      interpolate(pixels, firstRow: firstRow, into: output)
    }
    if padding == .reflect { reflectOutside(output, channels: 3) }
  }

  /// Samples a mask by nearest neighbors. Otherwise it is like `renderImage`, with one value per pixel.
  package func renderMask(
    _ values: UnsafePointer<UInt8>, firstRow: Int = 0, into output: UnsafeMutablePointer<UInt8>, fill: UInt8
  ) {
    if let sampling {
      distortMask(values, firstRow: firstRow, into: output, fill: fill, sampling)
      return
    }
    let (rows, columns) = (rows, columns)
    fillOutside(output, channels: 1, with: fill)
    guard !rows.isEmpty, !columns.isEmpty else { return }
    defer { if padding == .reflect { reflectOutside(output, channels: 1) } }
    if scaled == source {
      copy(values, firstRow: firstRow, into: output, channels: 1)
      return
    }
    let (horizontal, vertical) = (
      Nearest(source: source.width, scaled: scaled.width), Nearest(source: source.height, scaled: scaled.height)
    )
    let start = firstOutputColumn
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: columns.count) { indices in
      for column in columns { indices[outputColumn(column) - start] = Int32(horizontal[x + column]) }
      for row in rows {
        let line = values + (vertical[y + row] - firstRow) * source.width
        let target = output + outputRow(row) * window.width + start
        for i in 0..<indices.count { target[i] = line[Int(indices[i])] }
      }
    }
  }

  /// The first output column that lies on the image.
  var firstOutputColumn: Int {
    flipsHorizontally ? outputColumn(columns.upperBound - 1) : columns.lowerBound
  }

  /// Overwrites the labels of pixels outside the image.
  package func fillPadding(of labels: UnsafeMutablePointer<Int64>, with label: Int64) {
    guard padding == .constant else { return }
    if let sampling {
      for row in 0..<window.height {
        for column in 0..<window.width where nearestPixel(sampling, column, row) == nil {
          labels[row * window.width + column] = label
        }
      }
      return
    }
    fillOutside(labels, channels: 1, with: label)
  }

  /// Fills the pixels outside the image.
  func fillOutside<Value>(_ output: UnsafeMutablePointer<Value>, channels: Int, with value: Value) {
    let (rows, columns) = (rows, columns)
    guard leavesImage else { return }
    let stride = window.width * channels
    let start = columns.isEmpty ? 0 : firstOutputColumn
    for row in 0..<window.height {
      let line = output + outputRow(row) * stride
      if rows.contains(row) && !columns.isEmpty {
        line.update(repeating: value, count: start * channels)
        let end = (start + columns.count) * channels
        (line + end).update(repeating: value, count: stride - end)
      } else {
        line.update(repeating: value, count: stride)
      }
    }
  }

  /// Renders an image that is not scaled.
  func copy<Value>(
    _ pixels: UnsafePointer<Value>, firstRow: Int, into output: UnsafeMutablePointer<Value>, channels: Int
  ) {
    let columns = columns
    let start = firstOutputColumn
    for row in rows {
      let line = pixels + ((y + row - firstRow) * source.width + x + columns.lowerBound) * channels
      let target = output + (outputRow(row) * window.width + start) * channels
      guard flipsHorizontally else {
        target.update(from: line, count: columns.count * channels)
        continue
      }
      if channels == 1 {
        for i in 0..<columns.count { target[i] = line[columns.count - 1 - i] }
      } else if channels == 3 {
        for i in 0..<columns.count {
          let pixel = line + (columns.count - 1 - i) * 3
          (target[3 * i], target[3 * i + 1], target[3 * i + 2]) = (pixel[0], pixel[1], pixel[2])
        }
      } else {
        for i in 0..<columns.count {
          (target + i * channels).update(from: line + (columns.count - 1 - i) * channels, count: channels)
        }
      }
    }
  }

  /// One output column's source: byte offset of the first pixel and the shares of it and its neighbor.
  private struct Column {
    var offset: Int32
    var first: Int16
    var second: Int16
  }

  private func makeColumns(_ table: UnsafeMutableBufferPointer<Column>) {
    let taps = Taps(source: source.width, scaled: scaled.width)
    let start = firstOutputColumn
    for column in columns {
      let (index, share) = taps[x + column]
      // At the borders the whole weight lies on the outermost pixel; a neighbor must exist all the same.
      let entry: Column
      if index < 0 {
        entry = Column(offset: 0, first: 2048, second: 0)
      } else if index >= source.width - 1 {
        entry =
          source.width > 1
          ? Column(offset: Int32(source.width - 2) * 3, first: 0, second: 2048)
          : Column(offset: 0, first: 2048, second: 0)
      } else {
        entry = Column(
          offset: Int32(index) * 3, first: Taps.fixedPoint(1 - share), second: Taps.fixedPoint(share))
      }
      table[outputColumn(column) - start] = entry
    }
  }

  /// Resamples as OpenCV does, in fixed-point numbers: rows are first resampled along x (11 bits of fraction, of which
  /// 4 are dropped so that 16 bits hold the result), then two of them are mixed along y. Each stored row is resampled
  /// once.
  private func interpolate(
    _ pixels: UnsafePointer<UInt8>, firstRow: Int, into output: UnsafeMutablePointer<UInt8>
  ) {
    let count = columns.count
    let values = count * 3
    let vertical = Taps(source: source.height, scaled: scaled.height)
    let neighbor = source.width > 1 ? 3 : 0
    let start = firstOutputColumn
    withUnsafeTemporaryAllocation(of: Column.self, capacity: count) { table in
      makeColumns(table)
      withUnsafeTemporaryAllocation(of: Int16.self, capacity: values * 2) { memory in
        let lines = [memory.baseAddress!, memory.baseAddress! + values]
        var held = [-1, -1]  // which stored row each line holds
        func line(_ row: Int) -> UnsafePointer<Int16> {
          let slot = row & 1
          if held[slot] != row {
            held[slot] = row
            let source = pixels + (row - firstRow) * self.source.width * 3
            Self.resample(source, table.baseAddress!, count, neighbor, into: lines[slot])
          }
          return UnsafePointer(lines[slot])
        }
        for row in rows {
          let (index, share) = vertical[y + row]
          let upper = line(min(max(index, 0), source.height - 1))
          let lower = line(min(max(index + 1, 0), source.height - 1))
          Self.mix(
            upper, lower, Int32(Taps.fixedPoint(1 - share)), Int32(Taps.fixedPoint(share)), values,
            into: output + (outputRow(row) * window.width + start) * 3)
        }
      }
    }
  }

  private static func resample(
    _ source: UnsafePointer<UInt8>, _ table: UnsafePointer<Column>, _ count: Int, _ neighbor: Int,
    into line: UnsafeMutablePointer<Int16>
  ) {
    for i in 0..<count {
      let column = table[i]
      let pixel = source + Int(column.offset)
      let next = pixel + neighbor
      let (first, second) = (Int32(column.first), Int32(column.second))
      let target = line + 3 * i
      target[0] = Int16(truncatingIfNeeded: (Int32(pixel[0]) &* first &+ Int32(next[0]) &* second) >> 4)
      target[1] = Int16(truncatingIfNeeded: (Int32(pixel[1]) &* first &+ Int32(next[1]) &* second) >> 4)
      target[2] = Int16(truncatingIfNeeded: (Int32(pixel[2]) &* first &+ Int32(next[2]) &* second) >> 4)
    }
  }

  private static func mix(
    _ upper: UnsafePointer<Int16>, _ lower: UnsafePointer<Int16>, _ first: Int32, _ second: Int32, _ count: Int,
    into output: UnsafeMutablePointer<UInt8>
  ) {
    for i in 0..<count {
      let sum = (Int32(upper[i]) &* first) >> 16 &+ (Int32(lower[i]) &* second) >> 16
      output[i] = UInt8(truncatingIfNeeded: (sum &+ 2) >> 2)
    }
  }
}
