import ONNX
import SegmentationInference
import Torch

extension ONNXGraphWriter {
  mutating func write(_ pool: Graph.Pool) throws(ExchangeError) -> String {
    if pool.isCellAverage, !isSamePooling() { return try writeCells(of: pool.input, .average) }
    let sides = [
      (pool.kernel.height, pool.stride.height, pool.padding.height, pool.dilation.height),
      (pool.kernel.width, pool.stride.width, pool.padding.width, pool.dilation.width),
    ]
    let (inputs, outputs) = (network.shapes(of: pool.input), network.shapes(of: node.output))
    func results(_ input: [Int], roundsUp: Bool) -> [Int] {
      sides.enumerated().map { side, window in
        let (kernel, stride, padding, dilation) = window
        let rest = input[side + 2] + 2 * padding - dilation * (kernel - 1) - 1
        var count = (rest + (roundsUp ? stride - 1 : 0)) / stride + 1
        // The last window must begin inside of the input or its border above.
        if roundsUp, (count - 1) * stride >= input[side + 2] + padding { count -= 1 }
        return count
      }
    }
    func fits(roundingUp: Bool) -> Bool {
      zip(inputs, outputs).allSatisfy { results($0, roundsUp: roundingUp) == Array($1.suffix(2)) }
    }
    var attributes: [ONNXAttribute] = [
      .ints("kernel_shape", sides.map(\.0)), .ints("strides", sides.map(\.1)),
      .ints("pads", sides.map(\.2) + sides.map(\.2)),
    ]
    if !fits(roundingUp: false) {
      guard fits(roundingUp: true) else { throw refusal("has windows over the border that ONNX cannot express") }
      attributes.append(.int("ceil_mode", 1))
    }
    switch pool.kind {
    case .max:
      if pool.dilation != 1 { attributes.append(.ints("dilations", sides.map(\.3))) }
      return builder.emit("MaxPool", [read(pool.input)], attributes)
    case .average(let countsPadding):
      attributes.append(.int("count_include_pad", countsPadding ? 1 : 0))
      return builder.emit("AveragePool", [read(pool.input)], attributes)
    }
  }

  /// Whether the node pools the same windows in all graphs. If not, it was an adaptive pooling whose cells were equal.
  private func isSamePooling() -> Bool {
    func kernel(_ node: Graph.Node) -> IntPair? { if case .pool(let pool) = node.operator { pool.kernel } else { nil } }
    let first = kernel(node)
    return network.nodes(at: index).allSatisfy { kernel($0) == first }
  }

  mutating func write(_ pool: Graph.AdaptivePool) throws(ExchangeError) -> String {
    try writeCells(of: pool.input, pool.kind)
  }

  /// Pools the cells of a grid, one axis after the other.
  private mutating func writeCells(
    of input: Graph.ValueID, _ kind: Graph.AdaptivePool.Kind
  ) throws(ExchangeError) -> String {
    let outputs = network.shapes(of: node.output)
    if outputs.allSatisfy({ $0[2] == 1 && $0[3] == 1 }) {
      return builder.emit(kind == .max ? "GlobalMaxPool" : "GlobalAveragePool", [read(input)])
    }
    var result = read(input)
    for axis in [2, 3] where network.lengths(of: input, axis: axis) != network.lengths(of: node.output, axis: axis) {
      if outputs.allSatisfy({ $0[axis] == 1 }) {
        result = reduce(kind == .max ? "ReduceMax" : "ReduceMean", result, axes: [axis], keepsAxes: true)
      } else if kind == .max {
        result = try largestOfCells(result, input, axis: axis)
      } else {
        let shares = try shares(input, axis: axis)
        result = builder.emit("MatMul", axis == 2 ? [shares, result] : [result, shares])
      }
    }
    return result
  }

  private mutating func largestOfCells(
    _ name: String, _ input: Graph.ValueID, axis: Int
  ) throws(ExchangeError) -> String {
    guard let length = network.constantLength(of: input, axis: axis),
      let cells = network.constantLength(of: node.output, axis: axis)
    else { throw refusal("takes the largest values of cells whose size depends on the image's; leave --dynamic out") }
    let parts = (0..<cells).map { cell in
      let range = cellRange(cell, of: cells, length)
      let part = builder.emit(
        "Slice", [name, builder.ints([range.lowerBound]), builder.ints([range.upperBound]), builder.ints([axis])])
      return reduce("ReduceMax", part, axes: [axis], keepsAxes: true)
    }
    return builder.emit("Concat", parts, [.int("axis", axis)])
  }

  /// The indices that belong to a cell, as in PyTorch's adaptive pooling: neighbours may share one.
  private func cellRange(_ cell: Int, of cells: Int, _ length: Int) -> Range<Int> {
    cell * length / cells..<((cell + 1) * length + cells - 1) / cells
  }

  /// The matrix with which rows (axis 2) are multiplied from the left, or columns (axis 3) from the right, to take the
  /// mean of each cell.
  private mutating func shares(_ input: Graph.ValueID, axis: Int) throws(ExchangeError) -> String {
    if let length = network.constantLength(of: input, axis: axis),
      let cells = network.constantLength(of: node.output, axis: axis)
    {
      var matrix = [Float](repeating: 0, count: cells * length)
      for cell in 0..<cells {
        let range = cellRange(cell, of: cells, length)
        for index in range { matrix[axis == 2 ? cell * length + index : index * cells + cell] = 1 / Float(range.count) }
      }
      return builder.floats(matrix, shape: axis == 2 ? [cells, length] : [length, cells])
    }
    return computedShares(
      cells: length(try dimension(axis)), length: length(.size(of: input, axis: axis)), isTransposed: axis == 3)
  }

  /// The same matrix, computed from the lengths [1] when the file runs.
  private mutating func computedShares(cells: String, length: String, isTransposed: Bool) -> String {
    let (zero, one) = (builder.int(0), builder.int(1))
    func range(_ count: String, _ axis: Int, _ builder: inout ONNXBuilder) -> String {
      let scalar = builder.emit("Squeeze", [count, builder.ints([0])])
      let range = builder.emit("Range", [zero, scalar, one])
      return builder.emit("Unsqueeze", [range, builder.ints([axis])])
    }
    let cell = range(cells, isTransposed ? 0 : 1, &builder)
    let index = range(length, isTransposed ? 1 : 0, &builder)
    let start = builder.emit("Div", [builder.emit("Mul", [cell, length]), cells])
    let next = builder.emit("Mul", [builder.emit("Add", [cell, one]), length])
    let end = builder.emit("Div", [builder.emit("Sub", [builder.emit("Add", [next, cells]), one]), cells])
    let isInside = builder.emit(
      "And", [builder.emit("GreaterOrEqual", [index, start]), builder.emit("Less", [index, end])])
    let float = ONNXAttribute.int("to", ONNXTensor.ElementType.float.rawValue)
    let count = builder.emit("Cast", [builder.emit("Sub", [end, start])], [float])
    return builder.emit("Div", [builder.emit("Cast", [isInside], [float]), count])
  }
}
