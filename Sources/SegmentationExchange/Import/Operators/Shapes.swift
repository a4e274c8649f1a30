import SegmentationInference
import Torch

// Operators that move numbers, or not even that.
extension GraphImporter {
  mutating func reshape(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard var shape = try node.integers(input: 1, or: "shape") else { throw NodeError.invalid("its shape is missing") }
    let keepsZeros = try node.flag("allowzero")
    for (axis, size) in shape.enumerated() where size == 0 && !keepsZeros {
      guard axis < x.rank else { throw NodeError.invalid("it reshapes \(x.description) to \(shape)") }
      shape[axis] = x.shape[axis]
    }
    return try reshaped(x, completed(shape, x))
  }

  /// A shape with the number that -1 stands for.
  private func completed(_ shape: [Int], _ x: ImportedValue) throws -> [Int] {
    guard let open = shape.firstIndex(of: -1) else { return shape }
    var rest = shape
    rest[open] = 1
    let known = try ImportLimits.count(rest)
    guard known > 0, x.count.isMultiple(of: known) else {
      throw NodeError.invalid("it reshapes \(x.description) to \(shape)")
    }
    rest[open] = x.count / known
    return rest
  }

  /// The same elements in another shape, of any kind of value.
  private mutating func reshaped(_ x: ImportedValue, _ shape: [Int]) throws -> ImportedValue {
    guard try ImportLimits.count(shape) == x.count else {
      throw NodeError.invalid("it reshapes \(x.description) to \(shape)")
    }
    switch x.content {
    case .largest: return ImportedValue(x.content, shape: shape, type: x.type)
    case .quantized(let id, let steps):
      let result = try reshape(computed(id), shape)
      return ImportedValue(.quantized(try self.id(of: result), steps), shape: shape, type: x.type)
    default: return try reshape(x, shape)
    }
  }

  mutating func flatten(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    let axis = try node.int("axis") ?? 1
    guard (-x.rank...x.rank).contains(axis) else { throw NodeError.invalid("its axis is \(axis)") }
    let split = axis < 0 ? axis + x.rank : axis
    return try reshaped(x, [x.shape[..<split].reduce(1, *), x.shape[split...].reduce(1, *)])
  }

  mutating func squeeze(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    let given = try node.integers(input: 1, or: "axes")
    let axes = try given?.map { try ImportedNode.axis($0, rank: x.rank) } ?? x.shape.indices.filter { x.shape[$0] == 1 }
    guard axes.allSatisfy({ x.shape[$0] == 1 }) else { throw NodeError.invalid("it squeezes \(x.description)") }
    return try reshaped(x, x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })
  }

  mutating func unsqueeze(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard let given = try node.integers(input: 1, or: "axes") else { throw NodeError.invalid("its axes are missing") }
    let rank = x.rank + given.count
    let axes = Set(try given.map { try ImportedNode.axis($0, rank: rank) })
    guard axes.count == given.count, rank <= ImportLimits.rank else {
      throw NodeError.invalid("its axes are \(given)")
    }
    var rest = x.shape[...]
    return try reshaped(x, (0..<rank).map { axes.contains($0) ? 1 : rest.removeFirst() })
  }

  mutating func transpose(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    let order = try node.ints("perm") ?? x.shape.indices.reversed()
    guard order.sorted() == Array(x.shape.indices) else { throw NodeError.invalid("its perm is \(order)") }
    if case .largest = x.content {
      // Only axes of one element may change their place.
      let moved = order.filter { x.shape[$0] != 1 }
      guard moved == moved.sorted() else { throw NodeError.unsupported("a map of classes") }
      return try reshaped(x, order.map { x.shape[$0] })
    }
    if case .quantized(let id, let steps) = x.content {
      let result = try permute(computed(id), order)
      return ImportedValue(.quantized(try self.id(of: result), steps), shape: result.shape, type: x.type)
    }
    return try permute(x, order)
  }

  mutating func concatenate(_ node: ImportedNode) throws -> ImportedValue {
    let parts = try node.allInputs()
    let axis = try node.axis("axis", rank: parts[0].rank)
    let filled = parts.filter { $0.count > 0 }
    guard let first = filled.first else { return parts[0] }
    let hasMixedTypes = filled.contains { $0.type.isFloatingPoint != first.type.isFloatingPoint }
    guard !hasMixedTypes else { throw NodeError.invalid("it joins tensors of different types") }
    return try concatenate(filled, axis: axis)
  }

  mutating func split(_ node: ImportedNode) throws -> [ImportedValue] {
    let x = try node.input(0)
    let axis = try node.axis("axis", or: 0, rank: x.rank)
    let (count, length) = (try node.int("num_outputs") ?? node.node.output.count, x.shape[axis])
    guard count > 0, count <= max(length, 1) else { throw NodeError.invalid("it splits \(length) into \(count)") }
    let each = (length + count - 1) / count
    let even = (0..<count).map { min(each, max(0, length - $0 * each)) }
    let sizes = try node.integers(input: 1, or: "split") ?? even
    guard sizes.allSatisfy({ (0...length).contains($0) }), sizes.reduce(0, +) == length else {
      throw NodeError.invalid("it splits \(length) into \(sizes)")
    }
    var start = 0
    return try sizes.map { size in
      defer { start += size }
      return try slice(x, axis: axis, start..<start + size)
    }
  }

  mutating func slice(_ node: ImportedNode) throws -> ImportedValue {
    var x = try node.input(0)
    guard let starts = try node.integers(input: 1, or: "starts"), let ends = try node.integers(input: 2, or: "ends")
    else { throw NodeError.invalid("its starts or ends are missing") }
    let axes = try node.integers(input: 3, or: "axes") ?? Array(starts.indices)
    let steps = try node.integers(input: 4) ?? [Int](repeating: 1, count: starts.count)
    guard Set([starts.count, ends.count, axes.count, steps.count]).count == 1, !steps.contains(0) else {
      throw NodeError.invalid("its starts are \(starts), its ends \(ends), its axes \(axes), its steps \(steps)")
    }
    for (place, step) in steps.enumerated() {
      let axis = try ImportedNode.axis(axes[place], rank: x.rank)
      let length = x.shape[axis]
      func bounded(_ position: Int, _ range: ClosedRange<Int>) -> Int {
        let counted = position < 0 ? position.addingReportingOverflow(length).partialValue : position
        return min(max(counted, range.lowerBound), range.upperBound)
      }
      let range = step > 0 ? 0...length : -1...max(length - 1, -1)
      let (start, end) = (bounded(starts[place], range), bounded(ends[place], range))
      if step == 1 {
        x = try slice(x, axis: axis, start..<max(start, end))
      } else {
        let step = min(max(step, -length - 1), length + 1)
        // An end of the smallest integer means that the first element is read, too.
        let last = step < 0 && ends[place] < -length ? -1 : end
        x = try take(x, axis: axis, Array(stride(from: start, to: last, by: step)))
      }
    }
    return x
  }

  mutating func gather(_ node: ImportedNode) throws -> ImportedValue {
    let (x, indices) = (try node.input(0), try node.input(1))
    let axis = try node.axis("axis", or: 0, rank: x.rank)
    guard let found = indices.integers else { throw NodeError.depends(on: 1) }
    let length = x.shape[axis]
    guard found.allSatisfy({ (-length..<length).contains($0) }) else {
      throw NodeError.invalid("it reads beyond the \(length) elements of its axis")
    }
    let part = try take(x, axis: axis, found.map { $0 < 0 ? $0 + length : $0 })
    return try reshape(part, x.shape[..<axis] + indices.shape + x.shape[(axis + 1)...])
  }

  mutating func expand(_ node: ImportedNode) throws -> ImportedValue {
    var x = try node.input(0)
    guard var shape = try node.integers(input: 1) else { throw NodeError.invalid("its shape is missing") }
    let rank = max(x.rank, shape.count)
    shape = [Int](repeating: 1, count: rank - shape.count) + shape
    x = try reshape(x, [Int](repeating: 1, count: rank - x.rank) + x.shape)
    let target = try zip(x.shape, shape).map { own, wanted in
      guard own == wanted || own == 1 || wanted == 1 else {
        throw NodeError.invalid("it expands \(x.description) to \(shape)")
      }
      return own == 1 ? wanted : own
    }
    return try expand(x, to: target)
  }

  mutating func tile(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard let counts = try node.integers(input: 1), counts.count == x.rank, counts.allSatisfy((1...4096).contains)
    else { throw NodeError.unsupported("repeats other than 1 to 4096") }
    return try counts.enumerated().reduce(x) { x, pair in
      try concatenate([ImportedValue](repeating: x, count: pair.element), axis: pair.offset)
    }
  }

  mutating func pad(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard var pads = try node.integers(input: 1, or: "pads") else { throw NodeError.invalid("its pads are missing") }
    if let axes = try node.integers(input: 3) {
      guard pads.count == 2 * axes.count else { throw NodeError.invalid("its pads are \(pads)") }
      var all = [Int](repeating: 0, count: 2 * x.rank)
      for (place, axis) in axes.enumerated() {
        let axis = try ImportedNode.axis(axis, rank: x.rank)
        (all[axis], all[axis + x.rank]) = (pads[place], pads[place + axes.count])
      }
      pads = all
    }
    guard pads.count == 2 * x.rank, pads.allSatisfy({ (-(1 << 20)...1 << 20).contains($0) }) else {
      throw NodeError.invalid("its pads are \(pads)")
    }
    let (before, after) = (Array(pads[..<x.rank]), Array(pads[x.rank...]))
    let mode = try node.text("mode", or: "constant", among: ["constant", "reflect", "edge"])
    if mode == "constant" {
      return try pad(x, before: before, after: after, value: try node.number(input: 2) ?? node.float("value") ?? 0)
    }
    return try x.shape.indices.reduce(x) { x, axis in
      let last = x.shape[axis] - 1
      guard before[axis] != 0 || after[axis] != 0 else { return x }
      let positions = try (-before[axis]..<x.shape[axis] + after[axis]).map { position in
        if mode == "edge" { return min(max(position, 0), last) }
        let mirrored = position < 0 ? -position : position > last ? 2 * last - position : position
        guard (0...last).contains(mirrored) else { throw NodeError.invalid("it reflects more than there is") }
        return mirrored
      }
      return try take(x, axis: axis, positions)
    }
  }
}
