import SegmentationInference
import Torch

// The operators of libtorch that most of ONNX's consist of.
extension GraphImporter {
  // MARK: - Numbers

  /// A constant of one number.
  func scalar(_ number: Double) -> ImportedValue { ImportedValue(Tensor([Float(number)], shape: [])) }

  mutating func unary(_ name: String, _ x: ImportedValue) throws -> ImportedValue {
    try call(name, ["self": .tensor(x)])
  }

  mutating func binary(_ name: String, _ a: ImportedValue, _ b: ImportedValue) throws -> ImportedValue {
    try call(name, overload: "Tensor", ["self": .tensor(a), "other": .tensor(b)])
  }

  mutating func add(_ a: ImportedValue, _ b: ImportedValue) throws -> ImportedValue { try binary("add", a, b) }

  mutating func subtract(_ a: ImportedValue, _ b: ImportedValue) throws -> ImportedValue { try binary("sub", a, b) }

  mutating func multiply(_ a: ImportedValue, _ b: ImportedValue) throws -> ImportedValue { try binary("mul", a, b) }

  mutating func divide(_ a: ImportedValue, _ b: ImportedValue) throws -> ImportedValue { try binary("div", a, b) }

  /// factor · x + summand.
  mutating func scaled(_ x: ImportedValue, by factor: Double, plus summand: Double = 0) throws -> ImportedValue {
    let product = factor == 1 ? x : try multiply(x, scalar(factor))
    return summand == 0 ? product : try add(product, scalar(summand))
  }

  mutating func clamp(_ x: ImportedValue, _ lower: Double?, _ upper: Double?) throws -> ImportedValue {
    guard lower != nil || upper != nil else { return x }
    return try call(
      "clamp",
      ["self": .tensor(x), "min": lower.map { .double($0) } ?? .none, "max": upper.map { .double($0) } ?? .none])
  }

  /// A constant in another type.
  func converted(_ x: ImportedValue, to type: ElementType) -> ImportedValue {
    guard let constant = x.constant else { return x.typed(type) }
    return ImportedValue(.constant(constant.to(dtype: type.dtype)), shape: x.shape, type: type)
  }

  // MARK: - Shapes

  mutating func reshape(_ x: ImportedValue, _ shape: [Int]) throws -> ImportedValue {
    guard x.shape != shape else { return x }
    return try call("reshape", ["self": .tensor(x), "shape": .ints(shape)]).typed(x.type)
  }

  mutating func permute(_ x: ImportedValue, _ order: [Int]) throws -> ImportedValue {
    guard order != Array(order.indices) else { return x }
    return try call("permute", ["self": .tensor(x), "dims": .ints(order)]).typed(x.type)
  }

  mutating func slice(_ x: ImportedValue, axis: Int, _ range: Range<Int>) throws -> ImportedValue {
    guard range != 0..<x.shape[axis] else { return x }
    return try call(
      "slice", overload: "Tensor",
      [
        "self": .tensor(x), "dim": .int(axis), "start": .int(range.lowerBound), "end": .int(range.upperBound),
        "step": .int(1),
      ]
    ).typed(x.type)
  }

  mutating func concatenate(_ parts: [ImportedValue], axis: Int) throws -> ImportedValue {
    guard parts.count > 1 else { return parts[0] }
    return try call("cat", ["tensors": .tensors(parts), "dim": .int(axis)]).typed(parts[0].type)
  }

  /// Adds numbers before and after the elements of each axis.
  mutating func pad(_ x: ImportedValue, before: [Int], after: [Int], value: Double = 0) throws -> ImportedValue {
    guard (before + after).contains(where: { $0 != 0 }) else { return x }
    let sides = zip(before, after).reversed().flatMap { [$0, $1] }
    return try call("constant_pad_nd", ["self": .tensor(x), "pad": .ints(sides), "value": .double(value)])
      .typed(x.type)
  }

  /// Repeats the elements along axes of one element.
  mutating func expand(_ x: ImportedValue, to shape: [Int]) throws -> ImportedValue {
    guard x.shape != shape else { return x }
    if x.constant != nil {
      return try call("expand", ["self": .tensor(x), "size": .ints(shape)]).typed(x.type)
    }
    // On a map of one pixel this is a resizing, which has a kernel.
    if x.rank == 4, shape.count == 4, x.shape[0] == shape[0], x.shape[1] == shape[1], x.shape[2] == 1,
      x.shape[3] == 1
    {
      return try call("expand", ["self": .tensor(x), "size": .ints(shape)])
    }
    _ = try ImportLimits.count(shape)
    let ones = try call("expand", ["self": .tensor(scalar(1)), "size": .ints(shape)])
    return try multiply(x, ones)
  }

  /// The elements at some positions along an axis, in the order of the positions.
  mutating func take(_ x: ImportedValue, axis: Int, _ positions: [Int]) throws -> ImportedValue {
    let length = x.shape[axis]
    guard positions.allSatisfy((0..<length).contains) else {
      throw NodeError.invalid("it reads beyond the \(length) elements of its axis")
    }
    if x.constant != nil {
      return try call(
        "index_select",
        ["self": .tensor(x), "dim": .int(axis), "index": .tensor(ImportedValue(positions))]
      ).typed(x.type)
    }
    if let step = evenStep(positions, length: length) { return try takeEvenly(x, axis: axis, positions, step: step) }
    let runs = runs(positions)
    // A product with a matrix of zeros and ones does it at once, and exactly.
    if runs.count > 16, axis >= x.rank - 2, positions.count * length <= ImportLimits.matrixElements {
      var matrix = [Float](repeating: 0, count: positions.count * length)
      for (row, position) in positions.enumerated() { matrix[row * length + position] = 1 }
      return try transform(x, axis: axis, matrix: matrix, rows: positions.count)
    }
    guard runs.count <= ImportLimits.parts else { throw NodeError.unsupported("a choice of \(runs.count) parts") }
    let parts = try runs.map { try slice(x, axis: axis, $0) }
    return try concatenate(parts, axis: axis)
  }

  /// Multiplies the elements along one of the last two axes with a matrix of `rows` rows.
  mutating func transform(
    _ x: ImportedValue, axis: Int, matrix: [Float], rows: Int
  ) throws -> ImportedValue {
    let columns = x.shape[axis]
    let constant = ImportedValue(Tensor(matrix, shape: [rows, columns]))
    if axis == x.rank - 1 {
      return try call("linear", ["input": .tensor(x), "weight": .tensor(constant)])
    }
    return try call("matmul", ["self": .tensor(constant), "other": .tensor(x)])
  }

  /// The distance of positions that lie evenly, the first of them before the first step's end; `nil` if they do not.
  private func evenStep(_ positions: [Int], length: Int) -> Int? {
    guard positions.count > 1, positions[1] > positions[0] + 1 else { return nil }
    let step = positions[1] - positions[0]
    let isEven = zip(positions, positions.dropFirst()).allSatisfy { $1 - $0 == step }
    return isEven && positions[0] < step && length <= step * positions.count ? step : nil
  }

  private mutating func takeEvenly(
    _ x: ImportedValue, axis: Int, _ positions: [Int], step: Int
  ) throws -> ImportedValue {
    var after = [Int](repeating: 0, count: x.rank)
    after[axis] = step * positions.count - x.shape[axis]
    let whole = try pad(x, before: [Int](repeating: 0, count: x.rank), after: after)
    var grouped = x.shape
    grouped.replaceSubrange(axis...axis, with: [positions.count, step])
    let part = try slice(try reshape(whole, grouped), axis: axis + 1, positions[0]..<positions[0] + 1)
    var shape = x.shape
    shape[axis] = positions.count
    return try reshape(part, shape)
  }

  /// The ranges of positions that follow each other.
  private func runs(_ positions: [Int]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for position in positions {
      if let last = result.last, last.upperBound == position {
        result[result.count - 1] = last.lowerBound..<position + 1
      } else {
        result.append(position..<position + 1)
      }
    }
    return result
  }
}
