/// Rendering of images of any number of channels, in floats. The geometry is that of `renderImage`.
extension Placement {
  /// Samples an image bilinearly. `values` holds the stored rows from `firstRow` on, at least `sourceRows`. `output` gets
  /// window.area * channels values; pixels outside the image get `fill`. A pixel next to one without data (`nan`) may
  /// have none either.
  package func renderRaster(
    _ values: UnsafePointer<Float>, channels: Int, firstRow: Int = 0, into output: UnsafeMutablePointer<Float>,
    fill: Float = .nan
  ) {
    if let sampling {
      distortRaster(values, channels: channels, firstRow: firstRow, into: output, fill: fill, sampling)
      return
    }
    fillOutside(output, channels: channels, with: fill)
    guard !rows.isEmpty, !columns.isEmpty else { return }
    if scaled == source {
      copy(values, firstRow: firstRow, into: output, channels: channels)
    } else {
      interpolate(values, channels: channels, firstRow: firstRow, into: output)
    }
    if padding == .reflect { reflectOutside(output, channels: channels) }
  }

  private func interpolate(
    _ values: UnsafePointer<Float>, channels: Int, firstRow: Int, into output: UnsafeMutablePointer<Float>
  ) {
    let count = columns.count * channels
    let (horizontal, vertical) = (
      Taps(source: source.width, scaled: scaled.width), Taps(source: source.height, scaled: scaled.height)
    )
    let start = firstOutputColumn
    // The two source columns of each output column, and the share of the second.
    let taps = columns.map { column in
      let (index, share) = horizontal[x + column]
      let isInside = index >= 0 && index < source.width - 1
      let first = min(max(index, 0), source.width - 1)
      return (
        to: (outputColumn(column) - start) * channels, first: first * channels,
        second: min(first + 1, source.width - 1) * channels, share: isInside ? share : 0
      )
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count * 2) { memory in
      let lines = [memory.baseAddress!, memory.baseAddress! + count]
      var held = [-1, -1]  // which stored row each line holds
      func line(_ row: Int) -> UnsafePointer<Float> {
        let slot = row & 1
        if held[slot] != row {
          held[slot] = row
          let from = values + (row - firstRow) * source.width * channels
          for tap in taps {
            for channel in 0..<channels {
              let (first, second) = (from[tap.first + channel], from[tap.second + channel])
              lines[slot][tap.to + channel] = tap.share == 0 ? first : first * (1 - tap.share) + second * tap.share
            }
          }
        }
        return UnsafePointer(lines[slot])
      }
      for row in rows {
        let (index, share) = vertical[y + row]
        let upper = line(min(max(index, 0), source.height - 1))
        let lower = line(min(max(index + 1, 0), source.height - 1))
        let target = output + (outputRow(row) * window.width + start) * channels
        for i in 0..<count { target[i] = share == 0 ? upper[i] : upper[i] * (1 - share) + lower[i] * share }
      }
    }
  }

  private func distortRaster(
    _ values: UnsafePointer<Float>, channels: Int, firstRow: Int, into output: UnsafeMutablePointer<Float>, fill: Float,
    _ sampling: Homography
  ) {
    for row in 0..<window.height {
      for column in 0..<window.width {
        let target = output + (row * window.width + column) * channels
        guard let place = sampling(Double(column), Double(row)) else {
          target.update(repeating: fill, count: channels)
          continue
        }
        let (left, top) = (Self.index(place.x.rounded(.down)), Self.index(place.y.rounded(.down)))
        let right = Float(min(max(((place.x - Double(left)) * 2048).rounded(), 0), 2048)) / 2048
        let below = Float(min(max(((place.y - Double(top)) * 2048).rounded(), 0), 2048)) / 2048
        for channel in 0..<channels {
          func value(_ x: Int, _ y: Int, _ weight: Float) -> Float {
            if weight == 0 { return 0 }
            var (x, y) = (x, y)
            if padding == .reflect {
              (x, y) = (Padding.reflected(x, count: source.width), Padding.reflected(y, count: source.height))
            }
            guard x >= 0, x < source.width, y >= 0, y < source.height else { return fill * weight }
            return values[((y - firstRow) * source.width + x) * channels + channel] * weight
          }
          let upper = value(left, top, (1 - right) * (1 - below)) + value(left + 1, top, right * (1 - below))
          let lower = value(left, top + 1, (1 - right) * below) + value(left + 1, top + 1, right * below)
          target[channel] = upper + lower
        }
      }
    }
  }
}
