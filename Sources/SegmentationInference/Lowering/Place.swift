/// The place of a graph's value in a plan: a tensor, and where in its memory each element of the value lies.
///
/// Reshaping, reordering and cutting only change how a value is seen, so they cost nothing until a kernel needs the
/// elements in another order.
struct Place: Hashable {
  var tensor: Int
  /// The distance of the first element from the tensor's start.
  var offset = 0
  /// The shape of the value in the graph, such as [N, C, H, W].
  var shape: [Int]
  /// For each axis of the shape, the distance of neighbouring elements, counted in elements.
  var strides: [Int]

  var count: Int { shape.reduce(1, *) }

  /// Whether the elements lie as `strides` say. Axes of one element may have any stride.
  func lies(_ strides: [Int]) -> Bool {
    zip(shape, zip(self.strides, strides)).allSatisfy { size, both in size == 1 || both.0 == both.1 }
  }

  /// The axes in the order in which they lie in memory, the innermost last; axes of one element first.
  var memoryOrder: [Int] {
    shape.indices.sorted { a, b in
      if (shape[a] == 1) != (shape[b] == 1) { return shape[a] == 1 }
      return strides[a] == strides[b] ? a < b : strides[a] > strides[b]
    }
  }

  /// The strides of a shape whose axes lie in an order, the innermost last, without gaps.
  static func strides(of shape: [Int], order: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    var step = 1
    for axis in order.reversed() {
      strides[axis] = step
      step *= shape[axis]
    }
    return strides
  }

  /// The strides of a shape with the last axis innermost.
  static func rowMajor(_ shape: [Int]) -> [Int] { strides(of: shape, order: Array(shape.indices)) }

  /// The order of axes with the second axis, the channels, innermost.
  static func channelsLast(rank: Int) -> [Int] { rank < 2 ? Array(0..<rank) : [0] + Array(2..<rank) + [1] }

  /// The same elements seen in another shape, in their row-major order; `nil` if they lie so that no strides say it.
  func reshaped(_ target: [Int]) -> Place? {
    var result = Place(tensor: tensor, offset: offset, shape: target, strides: [Int](repeating: 1, count: target.count))
    // Runs of axes with as many elements on both sides correspond; within a run, the elements must lie evenly.
    var (from, to) = (0, 0)
    while from < shape.count || to < target.count {
      var (sources, targets) = ([Int](), [Int]())
      var (left, right) = (1, 1)
      repeat {
        if from < shape.count, left <= right || to == target.count {
          sources.append(from)
          left *= shape[from]
          from += 1
        } else if to < target.count {
          targets.append(to)
          right *= target[to]
          to += 1
        } else {
          return nil
        }
      } while left != right
      let wide = sources.filter { shape[$0] != 1 }
      for (outer, inner) in zip(wide, wide.dropFirst()) where strides[outer] != strides[inner] * shape[inner] {
        return nil
      }
      var step = wide.last.map { strides[$0] } ?? 1
      for axis in targets.reversed() {
        result.strides[axis] = step
        step *= target[axis]
      }
    }
    return result
  }
}
