import ONNX
import SegmentationInference

extension ONNXGraphWriter {
  mutating func write(_ reshape: Graph.Reshape) throws(ExchangeError) -> String {
    let (shape, input) = (graph[node.output].shape, read(reshape.input))
    var target = shape
    var open: [Int] = []
    for axis in shape.indices where network.constantLength(of: node.output, axis: axis) == nil {
      let isKept =
        axis < graph[reshape.input].shape.count
        && network.lengths(of: reshape.input, axis: axis) == network.lengths(of: node.output, axis: axis)
      target[axis] = isKept ? 0 : -1
      if !isKept { open.append(axis) }
    }
    // ONNX infers one length, and a 0 keeps the input's.
    if open.count <= 1 { return builder.emit("Reshape", [input, builder.ints(target)]) }
    var dimensions: [Dimension] = []
    for axis in shape.indices { try dimensions.append(axis == open[0] ? .constant(-1) : dimension(axis)) }
    return builder.emit("Reshape", [input, vector(dimensions)])
  }

  mutating func write(_ slice: Graph.Slice) throws(ExchangeError) -> String {
    let (axis, input) = (slice.axis, read(slice.input))
    let end: String
    switch try dimension(axis) {
    case .constant(let length): end = builder.ints([slice.offset + length])
    case let length:
      let name = self.length(length)
      end = slice.offset == 0 ? name : builder.emit("Add", [name, builder.ints([slice.offset])])
    }
    return builder.emit("Slice", [input, builder.ints([slice.offset]), end, builder.ints([axis])])
  }

  mutating func write(_ pad: Graph.Pad) throws(ExchangeError) -> String {
    let input = read(pad.input)
    let (inputs, outputs) = (network.shapes(of: pad.input), network.shapes(of: node.output))
    let afters = zip(inputs, outputs).map { input, output in
      input.indices.map { output[$0] - input[$0] - pad.before[$0] }
    }
    let value = builder.float(pad.value)
    guard afters.allSatisfy({ $0 == afters[0] }) else {
      guard pad.before.allSatisfy({ $0 >= 0 }) else {
        throw refusal("cuts its input differently at another size; leave --dynamic out")
      }
      var dimensions: [Dimension] = []
      for axis in graph[node.output].shape.indices { dimensions.append(try dimension(axis)) }
      let before = builder.ints(pad.before)
      let more = builder.emit("Sub", [vector(dimensions), builder.emit("Shape", [input])])
      let after = builder.emit("Sub", [more, before])
      return builder.emit("Pad", [input, builder.emit("Concat", [before, after], [.int("axis", 0)]), value])
    }
    return padded(cropped(input, pad.before, afters[0]), pad.before, afters[0], value)
  }

  /// Adds a border.
  private mutating func padded(_ input: String, _ before: [Int], _ after: [Int], _ value: String) -> String {
    let pads = (before + after).map { max($0, 0) }
    return pads.allSatisfy { $0 == 0 } ? input : builder.emit("Pad", [input, builder.ints(pads), value])
  }

  /// Cuts off what a negative border takes away.
  private mutating func cropped(_ input: String, _ before: [Int], _ after: [Int]) -> String {
    let axes = before.indices.filter { before[$0] < 0 || after[$0] < 0 }
    if axes.isEmpty { return input }
    let starts = axes.map { max(-before[$0], 0) }
    let ends = axes.map { after[$0] < 0 ? after[$0] : Int.max }
    return builder.emit("Slice", [input, builder.ints(starts), builder.ints(ends), builder.ints(axes)])
  }
}
