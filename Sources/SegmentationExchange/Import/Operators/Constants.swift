import Foundation
import SegmentationInference
import Torch

// Constants, and operators that are computed while a file is read.
extension GraphImporter {
  /// The dimensions of a value, which are known when the size of the images is.
  mutating func shape(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    func bounded(_ position: Int) -> Int { min(max(position < 0 ? position + x.rank : position, 0), x.rank) }
    let (start, end) = (bounded(try node.int("start") ?? 0), bounded(try node.int("end") ?? x.rank))
    return ImportedValue(start < end ? Array(x.shape[start..<end]) : [])
  }

  mutating func size(_ node: ImportedNode) throws -> ImportedValue {
    ImportedValue(Tensor([Int64(try node.input(0).count)], shape: []))
  }

  mutating func constant(_ node: ImportedNode) throws -> ImportedValue {
    if let tensor = try node.tensor("value") { return try ImportedValue(tensor, reader) }
    if let number = try node.float("value_float") { return scalar(number) }
    if let number = try node.int("value_int") { return ImportedValue(Tensor([Int64(number)], shape: [])) }
    if let numbers = try node.floats("value_floats") { return ImportedValue(Tensor(numbers.map { Float($0) })) }
    if let numbers = try node.ints("value_ints") { return ImportedValue(numbers) }
    throw NodeError.unsupported("a constant of texts or of a sparse tensor")
  }

  mutating func constantOfShape(_ node: ImportedNode) throws -> ImportedValue {
    guard let shape = try node.integers(input: 0) else { throw NodeError.invalid("its shape is missing") }
    _ = try ImportLimits.count(shape)
    let value = try node.tensor("value").map { try ImportedValue($0, reader) } ?? scalar(0)
    guard value.count == 1 else { throw NodeError.invalid("its value has \(value.count) elements") }
    return try expand(try reshape(value, [Int](repeating: 1, count: shape.count)), to: shape).typed(value.type)
  }

  mutating func range(_ node: ImportedNode) throws -> ImportedValue {
    let type = try node.input(0).type
    guard let start = try node.number(input: 0), let limit = try node.number(input: 1),
      let step = try node.number(input: 2), step != 0, start.isFinite, limit.isFinite, step.isFinite
    else { throw NodeError.invalid("its start, limit or delta is missing") }
    let count = max(0, ((limit - start) / step).rounded(.up))
    guard count <= Double(1 << 24) else { throw NodeError.invalid("it has \(count) elements") }
    let numbers = (0..<Int(count)).map { start + Double($0) * step }
    return converted(ImportedValue(Tensor(numbers)), to: type)
  }

  mutating func cast(_ node: ImportedNode) throws -> ImportedValue {
    guard let number = try node.int("to"), let type = ElementType(rawValue: Int32(clamping: number)) else {
      throw NodeError.unsupported("the element type \(try node.int("to") ?? 0)")
    }
    return try cast(try node.input(0), to: type)
  }

  mutating func castLike(_ node: ImportedNode) throws -> ImportedValue {
    try cast(try node.input(0), to: try node.input(1).type)
  }

  private func cast(_ x: ImportedValue, to type: ElementType) throws -> ImportedValue {
    switch x.content {
    case .constant: return converted(x, to: type)
    case .largest where !type.isFloatingPoint: return x.typed(type)
    // Pixels stay numbers from 0 to 255.
    case .computed where type.isFloatingPoint: return x.typed(type)
    default: throw NodeError.unsupported("\(x.description) as \(type)")
    }
  }

  // MARK: - Operators of constants

  mutating func ofConstants(_ node: ImportedNode, _ name: String) throws -> ImportedValue {
    let x = try node.input(0)
    guard x.constant != nil else { throw NodeError.unsupported("its input depends on the image") }
    return try unary(name, x)
  }

  mutating func ofTwoConstants(
    _ node: ImportedNode, _ name: String, overload: String = "Tensor"
  ) throws -> ImportedValue {
    let (a, b) = (try node.input(0), try node.input(1))
    guard a.constant != nil, b.constant != nil else { throw NodeError.unsupported("its inputs depend on the image") }
    return try call(name, overload: overload, ["self": .tensor(a), "other": .tensor(b)])
  }

  mutating func modulo(_ node: ImportedNode) throws -> ImportedValue {
    let divisor = try node.input(1)
    guard !(divisor.numbers ?? []).contains(0) else { throw NodeError.invalid("it divides by zero") }
    return try ofTwoConstants(node, try node.flag("fmod") ? "fmod" : "remainder")
  }

  mutating func cumulativeSum(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard x.constant != nil, let axis = try node.integers(input: 1)?.first, try !node.flag("exclusive"),
      try !node.flag("reverse")
    else { throw NodeError.unsupported("its input depends on the image, or it is exclusive or reverse") }
    let place = try ImportedNode.axis(axis, rank: x.rank)
    return try call("cumsum", ["self": .tensor(x), "dim": .int(place)])
  }

  mutating func nonZero(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard let constant = x.constant else { throw NodeError.depends(on: 0) }
    let found = try catchingTorchErrors { callOperator("nonzero", [.tensor(constant)]) }[0]
    return ImportedValue(found.transpose(0, 1).contiguous())
  }

  // MARK: - Branches

  /// The branch that a condition chooses, which must be known when the size of the images is.
  mutating func branch(_ node: ImportedNode, _ outer: Scope) throws -> [ImportedValue] {
    guard let condition = try node.input(0).constant, condition.count == 1 else { throw NodeError.depends(on: 0) }
    let name = condition.item != 0 ? "then_branch" : "else_branch"
    guard let graph = try node.graph(name) else { throw NodeError.invalid("its \(name) is missing") }
    var scope = outer
    try scope.add(graph)
    let version = node.version
    try nested { try $0.run(graph.node, version: version, in: &scope) }
    return try graph.output.map { output in
      guard let value = try scope.value(output.name, reader) else {
        throw NodeError.invalid("its \(name) does not make a result")
      }
      return value
    }
  }
}
