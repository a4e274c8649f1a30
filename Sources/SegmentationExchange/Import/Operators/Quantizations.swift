import SegmentationInference
import Torch

// Whole numbers that stand for numbers by a scale and a zero point.
extension GraphImporter {
  /// Rounds a map to the steps of a scale.
  mutating func quantizeLinear(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    let type =
      try node.optionalInput(2)?.type ?? node.int("output_dtype").flatMap { ElementType(rawValue: Int32(clamping: $0)) }
      ?? .uint8
    guard let range = type.byteRange else { throw NodeError.unsupported("the element type \(type)") }
    if x.constant != nil { return try quantizedConstant(x, node, type, range) }
    guard let scale = try node.number(input: 1), scale > 0 else {
      throw NodeError.unsupported("a scale for each channel of a map")
    }
    let zero = try zeroPoint(node)
    guard range.contains(zero), x.rank == 4, x.shape[0] == 1, let id = x.computed else {
      throw NodeError.unsupported(x.description)
    }
    // The kernels' bytes are unsigned.
    let quantization = Graph.Quantization(scale: Float(scale), zero: Int32(zero - range.lowerBound))
    let bytes = add({ .quantize(Graph.Quantize(input: $0)) }, id, quantization: quantization)
    let numbers = add({ .dequantize(Graph.Dequantize(input: $0)) }, bytes)
    return ImportedValue(
      .quantized(numbers, ImportedValue.Steps(scale: Float(scale), zero: zero)), shape: x.shape, type: type)
  }

  /// The numbers that whole numbers stand for.
  mutating func dequantizeLinear(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    switch x.content {
    case .constant:
      let (scale, zero) = try parameters(node, x)
      let shifted = try zero.map { try subtract(converted(x, to: .float32), $0) } ?? converted(x, to: .float32)
      return try multiply(shifted, scale)
    case .quantized(let id, let steps):
      guard let scale = try node.number(input: 1) else { throw NodeError.depends(on: 1) }
      let zero = try zeroPoint(node)
      let factor = Double(Float(scale)) / Double(steps.scale)
      // x / s + z are the whole numbers.
      return try scaled(computed(id), by: factor, plus: Double(steps.zero - zero) * scale)
    default: throw NodeError.unsupported(x.description)
    }
  }

  /// The whole number that stands for zero.
  private func zeroPoint(_ node: ImportedNode) throws -> Int {
    let number = try node.number(input: 2) ?? 0
    guard let zero = Int(exactly: number), abs(zero) < 1 << 20 else {
      throw NodeError.invalid("its zero point is \(number)")
    }
    return zero
  }

  private mutating func quantizedConstant(
    _ x: ImportedValue, _ node: ImportedNode, _ type: ElementType, _ range: ClosedRange<Int>
  ) throws -> ImportedValue {
    let (scale, zero) = try parameters(node, x)
    let rounded = try unary("round", try divide(x, scale))
    let shifted = try zero.map { try add(rounded, $0) } ?? rounded
    return converted(try clamp(shifted, Double(range.lowerBound), Double(range.upperBound)), to: type)
  }

  /// The scale and the zero point, in shapes that broadcast over a constant.
  private mutating func parameters(
    _ node: ImportedNode, _ x: ImportedValue
  ) throws -> (scale: ImportedValue, zero: ImportedValue?) {
    guard try node.int("block_size") ?? 0 == 0 else { throw NodeError.unsupported("block_size") }
    func along(_ value: ImportedValue, _ importer: inout GraphImporter) throws -> ImportedValue {
      guard value.constant != nil else { throw NodeError.depends(on: 1) }
      let numbers = importer.converted(value, to: .float32)
      if value.count == 1 { return try importer.reshape(numbers, []) }
      let axis = try node.axis("axis", or: 1, rank: x.rank)
      guard value.rank == 1, value.count == x.shape[axis] else {
        throw NodeError.invalid("its scale has the shape \(value.shape)")
      }
      var shape = [Int](repeating: 1, count: x.rank)
      shape[axis] = value.count
      return try importer.reshape(numbers, shape)
    }
    return (try along(try node.input(1), &self), try node.optionalInput(2).map { try along($0, &self) })
  }
}
