import SegmentationInference
import Torch

// Pooling, reductions and what follows from them.
extension GraphImporter {
  private func window(_ node: ImportedNode, _ x: ImportedValue) throws -> Window {
    guard x.rank == 4 else { throw NodeError.unsupported(x.description) }
    return try Window(node, input: Array(x.shape[2...]))
  }

  mutating func maxPool(_ node: ImportedNode) throws -> [ImportedValue] {
    var x = try node.input(0)
    var window = try window(node, x)
    let wantsPositions = node.node.output.count > 1 && !node.node.output[1].isEmpty
    // libtorch adds the same on opposite sides, and at most half of a kernel.
    if !window.isSymmetric || zip(window.before, window.kernel).contains(where: { 2 * $0 > $1 }) {
      guard !wantsPositions else { throw NodeError.unsupported("positions with unequal pads") }
      x = try pad(
        x, before: [0, 0] + window.before, after: [0, 0] + window.after, value: -Double(Float.greatestFiniteMagnitude))
      (window.before, window.after) = ([0, 0], [0, 0])
    }
    let results = try calls(
      wantsPositions ? "max_pool2d_with_indices" : "max_pool2d",
      [
        "self": .tensor(x), "kernel_size": .ints(window.kernel), "stride": .ints(window.stride),
        "padding": .ints(window.before), "dilation": .ints(window.dilation),
        "ceil_mode": .bool(try node.flag("ceil_mode")),
      ])
    guard wantsPositions, let id = results[1].computed else { return results }
    return [results[0], ImportedValue(.positions(id), shape: results[1].shape, type: .int64)]
  }

  /// The inverse of a max pooling that gave the positions.
  mutating func maxUnpool(_ node: ImportedNode) throws -> ImportedValue {
    let (x, positions) = (try node.input(0), try node.input(1))
    guard case .positions(let id) = positions.content, x.rank == 4, x.shape[0] == 1 else {
      throw NodeError.unsupported("positions that no MaxPool gives")
    }
    var size: [Int]
    if let shape = try node.integers(input: 2) {
      guard shape.count == 4 else { throw NodeError.invalid("its output_shape is \(shape)") }
      size = Array(shape[2...])
    } else {
      let window = try window(node, x)
      size = (0..<2).map {
        (x.shape[$0 + 2] - 1) * window.stride[$0] + window.kernel[$0] - window.before[$0] - window.after[$0]
      }
    }
    // Positions of all channels count from the first one's begin; those here from each channel's. Both are the same
    // pixels if the map that was pooled had this size.
    guard let pooled = producer(of: computed(id), "max_pool2d_with_indices").flatMap({ operand($0, 0) }),
      Array(pooled.shape[2...]) == size
    else { throw NodeError.unsupported("a result of another size than the map that was pooled") }
    return try call(
      "max_unpool2d", ["self": .tensor(x), "indices": .tensor(positions), "output_size": .ints(size)])
  }

  mutating func averagePool(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    var window = try window(node, x)
    guard window.dilation == [1, 1] else { throw NodeError.unsupported("dilations \(window.dilation)") }
    let (countsPadding, roundsUp) = (try node.flag("count_include_pad"), try node.flag("ceil_mode"))
    let isPlain = window.isSymmetric && !zip(window.before, window.kernel).contains { 2 * $0 > $1 }
    if isPlain { return try average(x, window, roundsUp, countsPadding) }
    let (before, after) = ([0, 0] + window.before, [0, 0] + window.after)
    (window.before, window.after) = ([0, 0], [0, 0])
    let mean = try average(try pad(x, before: before, after: after), window, roundsUp, true)
    guard !countsPadding else { return mean }
    // The share of each window that lies in the map.
    let ones = try expand(try reshape(scalar(1), [1, 1, 1, 1]), to: [1, 1] + x.shape[2...])
    let share = try average(try pad(ones, before: before, after: after), window, roundsUp, true)
    return try divide(mean, share)
  }

  private mutating func average(
    _ x: ImportedValue, _ window: Window, _ roundsUp: Bool, _ countsPadding: Bool
  ) throws -> ImportedValue {
    try call(
      "avg_pool2d",
      [
        "self": .tensor(x), "kernel_size": .ints(window.kernel), "stride": .ints(window.stride),
        "padding": .ints(window.before), "ceil_mode": .bool(roundsUp), "count_include_pad": .bool(countsPadding),
        "divisor_override": .none,
      ])
  }

  /// The mean or the largest value of each channel.
  mutating func globalPool(_ node: ImportedNode, _ name: String) throws -> ImportedValue {
    let x = try node.input(0)
    guard x.rank >= 3 else { throw NodeError.invalid("it pools \(x.description)") }
    return try reduced(x, name, Array(2..<x.rank), keeps: true)
  }

  // MARK: - Reductions

  mutating func reduce(_ node: ImportedNode, _ name: String) throws -> ImportedValue {
    let x = try node.input(0)
    guard let axes = try axes(of: node, x) else { return x }
    return try reduced(x, name, axes, keeps: try node.flag("keepdims", or: true))
  }

  /// The axes of a reduction in rising order; `nil` if nothing is reduced.
  private func axes(of node: ImportedNode, _ x: ImportedValue) throws -> [Int]? {
    let given = try node.integers(input: 1, or: "axes") ?? []
    if given.isEmpty { return try node.flag("noop_with_empty_axes") ? nil : Array(0..<x.rank) }
    return Set(try given.map { try ImportedNode.axis($0, rank: x.rank) }).sorted()
  }

  private mutating func reduced(
    _ x: ImportedValue, _ name: String, _ axes: [Int], keeps: Bool
  ) throws -> ImportedValue {
    let whole = converted(x, to: x.type.isFloatingPoint || name == "sum" || name == "amax" ? x.type : .float32)
    switch name {
    case "linalg_vector_norm":
      return try call(
        name, ["self": .tensor(whole), "ord": .double(2), "dim": .ints(axes), "keepdim": .bool(keeps)])
    case "amax": return try call(name, ["self": .tensor(whole), "dim": .ints(axes), "keepdim": .bool(keeps)])
    default:
      return try call(
        name, overload: name == "sum" ? "dim_IntList" : "dim",
        ["self": .tensor(whole), "dim": .ints(axes), "keepdim": .bool(keeps)])
    }
  }

  mutating func reduceMin(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard let axes = try axes(of: node, x) else { return x }
    let largest = try reduced(try negated(x), "amax", axes, keeps: try node.flag("keepdims", or: true))
    return try negated(largest)
  }

  private mutating func negated(_ x: ImportedValue) throws -> ImportedValue {
    x.constant != nil ? try unary("neg", x) : try scaled(x, by: -1)
  }

  mutating func reduceL1(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard let axes = try axes(of: node, x) else { return x }
    return try reduced(try absolute(x), "sum", axes, keeps: try node.flag("keepdims", or: true))
  }

  mutating func reduceSumSquare(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard let axes = try axes(of: node, x) else { return try multiply(x, x) }
    return try reduced(try multiply(x, x), "sum", axes, keeps: try node.flag("keepdims", or: true))
  }

  /// A reduction of whole constants, such as the product of a shape.
  mutating func constantReduction(_ node: ImportedNode, _ name: String) throws -> ImportedValue {
    let x = try node.input(0)
    guard x.constant != nil else { throw NodeError.depends(on: 0) }
    guard let axes = try axes(of: node, x) else { return x }
    return try axes.reversed().reduce(x) { x, axis in
      try call(
        name, overload: "dim_int",
        ["self": .tensor(x), "dim": .int(axis), "keepdim": .bool(try node.flag("keepdims", or: true))])
    }
  }

  mutating func argMax(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    let axis = try node.axis("axis", or: 0, rank: x.rank)
    let keeps = try node.flag("keepdims", or: true)
    if x.constant != nil {
      return try call("argmax", ["self": .tensor(x), "dim": .int(axis), "keepdim": .bool(keeps)])
    }
    guard try !node.flag("select_last_index"), let id = x.computed else {
      throw NodeError.unsupported("select_last_index")
    }
    var shape = x.shape
    if keeps { shape[axis] = 1 } else { shape.remove(at: axis) }
    return ImportedValue(.largest(of: id, axis: axis), shape: shape, type: .int64)
  }

  mutating func softmax(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard x.rank > 0 else { throw NodeError.invalid("it has no axis") }
    // Before version 13 it is over all axes from one on.
    let isOld = node.version < 13
    let axis = try node.axis("axis", or: isOld ? 1 : -1, rank: x.rank)
    guard isOld, axis != x.rank - 1 else { return try softmax(x, axis: axis) }
    let rows = x.shape[..<axis].reduce(1, *)
    let flat = try reshape(x, [rows, x.shape[axis...].reduce(1, *)])
    return try reshape(try softmax(flat, axis: 1), x.shape)
  }

  private mutating func softmax(_ x: ImportedValue, axis: Int) throws -> ImportedValue {
    try call("softmax", overload: "int", ["self": .tensor(x), "dim": .int(axis)])
  }
}
