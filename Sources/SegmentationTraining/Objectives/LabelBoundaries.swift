import Torch

/// The boundaries of a label map [N, H, W] as float32 0 or 1, [N, 1, H, W], as PIDNet's authors find them: what OpenCV's
/// `Canny(labels, 0.1, 0.2)` marks, but for the six outermost rows and columns, widened by a square.
///
/// Unlabelled pixels (255) have boundaries too.
/// - Parameter width: The side of the square in pixels.
public func labelBoundaries(_ labels: Tensor, width: Int) -> Tensor {
  withoutGradients {
    let (size, margin) = (labels.spatialSize, 6)
    let edges = cannyEdges(labels)
    guard size.height > 2 * margin, size.width > 2 * margin else { return edges * 0 }
    let inner = edges.slice(margin..<size.height - margin, dimension: 2)
      .slice(margin..<size.width - margin, dimension: 3)
    // OpenCV's square has its anchor right of the middle and below it.
    let (before, after) = (margin + width / 2, margin + width - 1 - width / 2)
    return inner.pad(left: before, right: after, top: before, bottom: after).maxPool2d(
      kernel: IntPair(width), stride: 1)
  }
}

/// The pixels of a label map whose gradient is a maximum across the boundary, in float32 [N, 1, H, W].
///
/// Canny's thresholds of 0.1 and 0.2 are rounded down to 0 there, so that every such pixel with a gradient is an edge.
/// All numbers are integers that float32 holds exactly.
private func cannyEdges(_ labels: Tensor) -> Tensor {
  let map = labels.unsqueeze(1).to(dtype: .float32)
  let sobel: [Float] = [-1, 0, 1, -2, 0, 2, -1, 0, 1, -1, -2, -1, 0, 0, 0, 1, 2, 1]
  let gradients = repeatingEdges(map)
    .conv2d(weight: Tensor(sobel, shape: [2, 1, 3, 3]).to(device: map.device))
  let (across, down) = (gradients.slice(0..<1, dimension: 1), gradients.slice(1..<2, dimension: 1))
  let (x, y) = (across.abs(), down.abs())
  let strength = x + y

  let padded = strength.pad(left: 1, right: 1, top: 1, bottom: 1)
  let size = map.spatialSize
  func neighbor(_ row: Int, _ column: Int) -> Tensor {
    padded.slice(1 + row..<1 + row + size.height, dimension: 2)
      .slice(1 + column..<1 + column + size.width, dimension: 3)
  }
  /// Whether a pixel's gradient is larger than that of one neighbor and not smaller than that of another.
  func exceeds(_ one: Tensor, orEqual other: Tensor) -> Tensor { ((strength - one) .> 0) .& ((strength - other) .>= 0) }
  func exceeds(_ one: Tensor, and other: Tensor) -> Tensor { ((strength - one) .> 0) .& ((strength - other) .> 0) }

  // The tangents of 22.5 and 67.5 degrees, of which the latter is larger by 2, in OpenCV's precision.
  let slope = x * (13573.0 / 32768)
  let isFlat = (slope - y) .> 0
  let isSteep = (y - x * 2 - slope) .> 0
  let isDiagonal = (isFlat .| isSteep).logicalNot()
  let falls = ((across .>= 0) .& (down .>= 0)) .| ((across .< 0) .& (down .< 0))
  let edges =
    (isFlat .& exceeds(neighbor(0, -1), orEqual: neighbor(0, 1)))
    .| (isSteep .& exceeds(neighbor(-1, 0), orEqual: neighbor(1, 0)))
    .| (isDiagonal .& falls .& exceeds(neighbor(-1, -1), and: neighbor(1, 1)))
    .| (isDiagonal .& falls.logicalNot() .& exceeds(neighbor(-1, 1), and: neighbor(1, -1)))
  return (edges .& (strength .> 0)).to(dtype: .float32)
}

/// Maps with one row or column more at each edge, which repeats the outermost one.
private func repeatingEdges(_ map: Tensor) -> Tensor {
  [2, 3].reduce(map) { map, dimension in
    let length = map.size(dimension)
    return cat(
      [map.slice(0..<1, dimension: dimension), map, map.slice(length - 1..<length, dimension: dimension)],
      dimension: dimension)
  }
}
