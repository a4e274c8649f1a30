import SegmentationInference
import Torch

// Normalization, as operators of their own and as exporters write them out.
extension GraphImporter {
  mutating func batchNormalization(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard try node.int("training_mode") ?? 0 == 0 else { throw NodeError.unsupported("training_mode") }
    let parameters = try (1...4).map { index in
      let value = try node.input(index)
      guard value.constant != nil else { throw NodeError.depends(on: index) }
      return value
    }
    return try call(
      "batch_norm",
      [
        "input": .tensor(x), "weight": .tensor(parameters[0]), "bias": .tensor(parameters[1]),
        "running_mean": .tensor(parameters[2]), "running_var": .tensor(parameters[3]), "training": .bool(false),
        "momentum": .double(0), "eps": .double(try node.float("epsilon") ?? 1e-5), "cudnn_enabled": .bool(false),
      ])
  }

  mutating func instanceNormalization(_ node: ImportedNode) throws -> ImportedValue {
    let (x, scale, shift) = (try node.input(0), try node.input(1), try node.input(2))
    guard x.rank >= 3, scale.constant != nil, shift.constant != nil else {
      throw NodeError.unsupported("\(x.description)")
    }
    let groups = x.shape[1]
    guard groups > 0 else { throw NodeError.invalid("it normalizes \(x.description)") }
    // PyTorch writes a normalization of groups as that of instances in another shape.
    var whole = x
    if x.rank == 3, let source = producer(of: x, "reshape").flatMap({ operand($0, 0) }), source.rank == 4,
      source.shape[0] == x.shape[0], source.shape[1].isMultiple(of: groups)
    {
      whole = source
    } else if x.rank != 4 {
      whole = try reshape(x, [x.shape[0], groups, x.shape[2...].reduce(1, *), 1])
    }
    let repeated = try [scale, shift].map { vector in
      guard vector.count == groups else { throw NodeError.invalid("its parameters have \(vector.count) elements") }
      let width = whole.shape[1] / groups
      let column = try reshape(vector, [groups, 1])
      return try reshape(try expand(column, to: [groups, width]), [whole.shape[1]])
    }
    let result = try normalizedGroups(whole, groups, repeated[0], repeated[1], try node.float("epsilon") ?? 1e-5)
    return try reshape(result, x.shape)
  }

  mutating func groupNormalization(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard let groups = try node.int("num_groups"), groups > 0, x.rank >= 2, x.shape[1].isMultiple(of: groups) else {
      throw NodeError.invalid("its num_groups does not divide the channels of \(x.description)")
    }
    let parameters = try (1...2).map { index in
      let vector = try node.input(index)
      guard vector.constant != nil else { throw NodeError.depends(on: index) }
      // Before version 21 there is one number for each group.
      guard vector.count != x.shape[1] else { return vector }
      let column = try reshape(vector, [groups, 1])
      return try reshape(try expand(column, to: [groups, x.shape[1] / groups]), [x.shape[1]])
    }
    return try normalizedGroups(x, groups, parameters[0], parameters[1], try node.float("epsilon") ?? 1e-5)
  }

  private mutating func normalizedGroups(
    _ x: ImportedValue, _ groups: Int, _ scale: ImportedValue, _ shift: ImportedValue, _ epsilon: Double
  ) throws -> ImportedValue {
    try call(
      "group_norm",
      [
        "input": .tensor(x), "num_groups": .int(groups), "weight": .tensor(scale), "bias": .tensor(shift),
        "eps": .double(epsilon), "cudnn_enabled": .bool(false),
      ])
  }

  mutating func layerNormalization(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    let axis = try node.axis("axis", or: -1, rank: x.rank)
    let (scale, shift) = (try node.input(1), node.optionalInput(2))
    guard scale.constant != nil, shift == nil || shift?.constant != nil else { throw NodeError.depends(on: 1) }
    let shape = Array(x.shape[axis...])
    return try normalized(
      x, shape, .tensor(try expand(scale, to: shape)),
      try shift.map { .tensor(try expand($0, to: shape)) } ?? .none, try node.float("epsilon") ?? 1e-5)
  }

  private mutating func normalized(
    _ x: ImportedValue, _ shape: [Int], _ scale: Argument, _ shift: Argument, _ epsilon: Double
  ) throws -> ImportedValue {
    try call(
      "layer_norm",
      [
        "input": .tensor(x), "normalized_shape": .ints(shape), "weight": scale, "bias": shift,
        "eps": .double(epsilon), "cudnn_enable": .bool(false),
      ])
  }

  // MARK: - Normalization that is written out

  /// x, and the axes of the mean that is subtracted from it.
  private struct Centered {
    let x: ImportedValue
    let axes: [Int]
  }

  /// (x - mean(x)) / sqrt(mean((x - mean(x))²) + epsilon) over one axis or over all of a map; `nil` if a quotient is
  /// something else.
  mutating func layerNorm(_ difference: ImportedValue, dividedBy root: ImportedValue) throws -> ImportedValue? {
    guard let whole = centered(difference), let epsilon = epsilon(of: root, over: whole) else { return nil }
    let x = whole.x
    let last = x.rank - 1
    if whole.axes == [1, 2, 3], last == 3 {
      let channels = x.shape[1]
      let (ones, zeros) = (Tensor.ones([channels], device: .cpu), Tensor.zeros([channels], device: .cpu))
      return try normalizedGroups(x, 1, ImportedValue(ones), ImportedValue(zeros), epsilon)
    }
    guard whole.axes.count == 1, let axis = whole.axes.first else { return nil }
    if axis == last { return try normalized(x, [x.shape[last]], .none, .none, epsilon) }
    var order = Array(0...last)
    order.append(order.remove(at: axis))
    let result = try normalized(try permute(x, order), [x.shape[axis]], .none, .none, epsilon)
    return try permute(result, (0...last).map { axis in order.firstIndex(of: axis)! })
  }

  /// The epsilon of sqrt(mean((x - mean(x))²) + epsilon); `nil` if a value is something else.
  private func epsilon(of root: ImportedValue, over whole: Centered) -> Double? {
    guard let sum = source(of: root, "sqrt", 0) else { return nil }
    for place in [0, 1] {
      guard let variance = source(of: sum, "add", place), let number = source(of: sum, "add", 1 - place)?.number,
        number > 0, isVariance(variance, of: whole)
      else { continue }
      return number
    }
    return nil
  }

  /// Whether a value is mean((x - mean(x))²).
  private func isVariance(_ value: ImportedValue, of whole: Centered) -> Bool {
    guard let mean = producer(of: value, "mean"), axes(of: mean, rank: whole.x.rank) == whole.axes,
      let square = operand(mean, 0), let first = source(of: square, "mul", 0), let second = source(of: square, "mul", 1)
    else { return false }
    guard first.computed == second.computed, let inner = centered(first) else { return false }
    return inner.x.computed == whole.x.computed && inner.axes == whole.axes
  }

  /// x and the axes for a difference x - mean(x); `nil` if a value is something else.
  private func centered(_ value: ImportedValue) -> Centered? {
    guard let x = source(of: value, "sub", 0), let id = x.computed, let subtracted = source(of: value, "sub", 1),
      source(of: subtracted, "mean", 0)?.computed == id, let mean = producer(of: subtracted, "mean"),
      let axes = axes(of: mean, rank: x.rank)
    else { return nil }
    return Centered(x: x, axes: axes)
  }

  /// A tensor that the call reads which computes a value; `nil` if another operator computes it.
  private func source(of value: ImportedValue, _ name: String, _ index: Int) -> ImportedValue? {
    guard let call = producer(of: value, name) else { return nil }
    return operand(call, index)
  }

  /// The axes of a mean that keeps them, in order; `nil` if it drops them.
  private func axes(of mean: Graph.LibtorchCall, rank: Int) -> [Int]? {
    guard case .ints(let axes) = mean.arguments[1].value, case .bool(true) = mean.arguments[2].value else { return nil }
    return axes.map { $0 < 0 ? $0 + rank : $0 }.sorted()
  }

  /// A layer normalization that takes a factor over; `nil` if a value is something else.
  mutating func layerNorm(_ value: ImportedValue, scaledBy factor: ImportedValue) throws -> ImportedValue? {
    guard let norm = producer(of: value, "layer_norm"), case .none = norm.arguments[2].value,
      case .none = norm.arguments[3].value
    else { return nil }
    return try layerNorm(norm, factor, place: 2)
  }

  /// A layer normalization that takes a summand over; `nil` if a value is something else.
  mutating func layerNorm(_ value: ImportedValue, shiftedBy summand: ImportedValue) throws -> ImportedValue? {
    guard let norm = producer(of: value, "layer_norm"), case .none = norm.arguments[3].value else { return nil }
    return try layerNorm(norm, summand, place: 3)
  }

  private mutating func layerNorm(
    _ norm: Graph.LibtorchCall, _ vector: ImportedValue, place: Int
  ) throws -> ImportedValue? {
    guard let x = operand(norm, 0), case .ints(let shape) = norm.arguments[1].value, shape.count == 1,
      case .double(let epsilon) = norm.arguments[4].value, vector.constant != nil, vector.count == shape[0],
      vector.shape.last == shape[0], vector.rank <= x.rank
    else { return nil }
    let flat = Argument.tensor(try reshape(vector, shape))
    let scale = operand(norm, 2).map { Argument.tensor($0) } ?? .none
    return try normalized(x, shape, place == 2 ? flat : scale, place == 3 ? flat : .none, epsilon)
  }

  // MARK: - GELU that is written out

  /// x · (1 + erf(x / √2)) · 0.5 in any order of its factors; `nil` if a product is something else.
  mutating func geluProduct(_ a: ImportedValue, _ b: ImportedValue) throws -> ImportedValue? {
    var (factor, factors) = (1.0, [ImportedValue]())
    func collect(_ value: ImportedValue, depth: Int) {
      if let number = value.number {
        factor *= number
      } else if depth < 3, let product = producer(of: value, "mul"), let first = operand(product, 0),
        let second = operand(product, 1)
      {
        collect(first, depth: depth + 1)
        collect(second, depth: depth + 1)
      } else {
        factors.append(value)
      }
    }
    collect(a, depth: 0)
    collect(b, depth: 0)
    guard factors.count == 2, abs(factor - 0.5) < 1e-6 else { return nil }
    for (x, other) in [(factors[0], factors[1]), (factors[1], factors[0])] {
      guard let id = x.computed, let sum = producer(of: other, "add") else { continue }
      let (first, second) = (operand(sum, 0), operand(sum, 1))
      guard let erf = first?.number == 1 ? second : second?.number == 1 ? first : nil,
        let inner = producer(of: erf, "erf").flatMap({ operand($0, 0) }),
        isScaled(inner, from: id, by: 0.5.squareRoot())
      else { continue }
      return try call("gelu", ["self": .tensor(x), "approximate": .string("none")])
    }
    return nil
  }

  private func isScaled(_ value: ImportedValue, from id: Graph.ValueID, by factor: Double) -> Bool {
    if let product = producer(of: value, "mul"), let a = operand(product, 0), let b = operand(product, 1) {
      return [(a, b), (b, a)].contains { $0.computed == id && abs(($1.number ?? 0) - factor) < 1e-5 }
    }
    if let quotient = producer(of: value, "div"), operand(quotient, 0)?.computed == id {
      return abs((operand(quotient, 1)?.number ?? 0) - 1 / factor) < 1e-5
    }
    return false
  }
}
