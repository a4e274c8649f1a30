import Files
import ONNX
import SegmentationInference
import Torch

/// Builds a graph from the nodes of an ONNX file for images of one size.
///
/// Everything that does not depend on the image, such as the arithmetic with shapes that exporters write, is computed at
/// once. The rest becomes operators of libtorch, which `GraphOptimizer` turns into the graph's own. libtorch's meta device
/// tells the shapes of results.
struct GraphImporter {
  /// The graph so far.
  private(set) var graph = Graph()
  /// The nodes that compute values, by the value.
  private var producers: [Graph.ValueID: Graph.LibtorchCall] = [:]
  /// The graph's values of constants, by the tensor's identity.
  private var constants: [UInt: (id: Graph.ValueID, tensor: Tensor)] = [:]
  /// The functions of the file.
  let functions: FunctionTable
  /// Reads the tensors of nodes.
  let reader: TensorReader
  /// The operators found so far that are not supported, each once, in order.
  private(set) var unsupported: [String] = []
  private var nodeCount = 0
  private var constantElements = 0
  private var depth = 0

  init(functions: FunctionTable, reader: TensorReader) {
    self.functions = functions
    self.reader = reader
  }

  /// Adds the image as the graph's input, [1, 3, H, W].
  mutating func addImage(height: Int, width: Int) -> ImportedValue {
    let id = graph.addValue([1, 3, height, width])
    graph.inputs = [id]
    return computed(id)
  }

  mutating func setOutput(_ id: Graph.ValueID) { graph.outputs = [id] }

  // MARK: - Nodes

  /// Imports nodes in their order.
  /// - Parameter scope: The values by name, which the results are added to.
  mutating func run(_ nodes: some Sequence<ONNXNode>, version: Int, in scope: inout Scope) throws {
    for node in nodes {
      nodeCount += 1
      guard nodeCount <= ImportLimits.nodes else {
        throw ExchangeError("it has more than \(ImportLimits.nodes) nodes, with those of functions")
      }
      do {
        try run(node, version: version, in: &scope)
      } catch NodeError.unsupported(let reason) {
        note(unsupported: "\(ImportedNode.label(node)): \(reason)")
        for name in node.output where !name.isEmpty { scope[name] = .unknown }
      } catch NodeError.invalid(let reason) {
        throw ExchangeError("the node \(ImportedNode.label(node)): \(reason)")
      } catch let error as TorchError {
        throw ExchangeError("the node \(ImportedNode.label(node)): \(error)")
      }
    }
  }

  private mutating func run(_ node: ONNXNode, version: Int, in scope: inout Scope) throws {
    var inputs: [ImportedValue?] = []
    for name in node.input {
      guard !name.isEmpty else {
        inputs.append(nil)
        continue
      }
      guard let value = try scope.value(name, reader) else {
        throw NodeError.invalid("it reads \(name.printable(limit: 100)), which nothing before it makes")
      }
      inputs.append(value)
    }
    let function = functions[node]
    let body = node.domain.isEmpty || node.domain == "ai.onnx" ? OperatorTable.operators[node.opType] : nil
    guard function != nil || body != nil else { throw NodeError.unsupported("there is no such operator here") }
    let results: [ImportedValue]
    if inputs.contains(where: { $0?.isUnknown ?? false }) {
      results = node.output.map { _ in .unknown }
    } else if let function {
      results = try call(function, node, inputs, scope)
    } else {
      let attributes = try scope.attributes(of: node)
      let call = ImportedNode(node, inputs: inputs, attributes: attributes, version: version)
      results =
        switch body! {
        case .plain(let function): try function(&self, call)
        case .control(let function): try function(&self, call, scope)
        }
    }
    guard results.count >= node.output.count else {
      throw NodeError.unsupported("\(node.output.count) results, of which \(results.count) can be computed")
    }
    for (name, result) in zip(node.output, results) where !name.isEmpty { scope[name] = result }
  }

  private mutating func note(unsupported line: String) {
    if !unsupported.contains(line) { unsupported.append(line) }
  }

  /// Runs `body` one level deeper in functions and branches.
  mutating func nested<Result>(_ body: (inout GraphImporter) throws -> Result) throws -> Result {
    guard depth < ImportLimits.depth else {
      throw ExchangeError("functions and branches are nested more than \(ImportLimits.depth) deep")
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func call(
    _ function: ONNXFunction, _ node: ONNXNode, _ inputs: [ImportedValue?], _ outer: Scope
  ) throws -> [ImportedValue] {
    guard inputs.count <= function.input.count else {
      throw NodeError.invalid("it has \(inputs.count) inputs, and the function takes \(function.input.count)")
    }
    var scope = Scope()
    scope.arguments = try outer.attributes(of: node)
    for attribute in function.attributeProto where scope.arguments[attribute.name] == nil {
      scope.arguments[attribute.name] = attribute
    }
    for (name, value) in zip(function.input, inputs) { if let value { scope[name] = value } }
    let version = try OperatorVersion(function.opsetImport).number
    try nested { try $0.run(function.node, version: version, in: &scope) }
    return try function.output.map { name in
      guard let value = try scope.value(name, reader) else {
        throw NodeError.invalid("the function does not make its result \(name.printable(limit: 100))")
      }
      return value
    }
  }

  // MARK: - Values

  /// A value of the graph.
  func computed(_ id: Graph.ValueID, type: ElementType = .float32) -> ImportedValue {
    ImportedValue(.computed(id), shape: graph[id].shape, type: type)
  }

  /// The graph's value for a constant or a computed value.
  mutating func id(of value: ImportedValue) throws -> Graph.ValueID {
    switch value.content {
    case .computed(let id), .positions(let id): return id
    case .constant(let tensor):
      if let known = constants[tensor.identity] { return known.id }
      let id = graph.addConstant(tensor)
      constants[tensor.identity] = (id, tensor)
      return id
    case .quantized, .largest, .unknown: throw NodeError.unsupported("it reads \(value.description)")
    }
  }

  /// The call that computes a value; `nil` for constants and inputs.
  func producer(of value: ImportedValue) -> Graph.LibtorchCall? { value.computed.flatMap { producers[$0] } }

  /// The call of an operator that computes a value; `nil` if another one does.
  func producer(of value: ImportedValue, _ name: String) -> Graph.LibtorchCall? {
    guard let call = producer(of: value), call.name == name else { return nil }
    return call
  }

  /// A tensor that a call reads.
  func operand(_ call: Graph.LibtorchCall, _ index: Int) -> ImportedValue? {
    guard index < call.arguments.count, case .tensor(let id) = call.arguments[index].value else { return nil }
    guard let constant = graph[id].constant else { return computed(id) }
    return ImportedValue(constant)
  }

  // MARK: - Calls

  typealias Argument = OperatorArgument<ImportedValue>

  /// Calls an operator of libtorch that has one result.
  mutating func call(
    _ name: String, overload: String = "", _ arguments: KeyValuePairs<String, Argument>
  ) throws -> ImportedValue {
    try calls(name, overload: overload, arguments)[0]
  }

  /// Calls an operator of libtorch: at once if all that it reads is constant, otherwise when the network runs.
  mutating func calls(
    _ name: String, overload: String = "", _ arguments: KeyValuePairs<String, Argument>
  ) throws -> [ImportedValue] {
    var isConstant = true
    for (_, argument) in arguments {
      for value in argument.values where value.constant == nil { isConstant = false }
    }
    // Shapes first: a file may ask for more than there is memory.
    if isConstant, Self.withoutShapes.contains(name) { return try constants(name, overload: overload, arguments) }
    let shapes = try catchingTorchErrors {
      callOperator(
        name, overload: overload,
        arguments.map { $0.value.map { Tensor.empty($0.shape, dtype: $0.dtype, device: .meta) } })
    }.map { (shape: $0.shape, dtype: $0.dtype) }
    for (shape, _) in shapes { _ = try ImportLimits.count(shape) }
    if isConstant {
      constantElements += shapes.reduce(0) { $0 + $1.shape.reduce(1, *) }
      guard constantElements <= ImportLimits.constantElements else {
        throw NodeError.invalid("the constants of the file become too large")
      }
      return try catchingTorchErrors {
        callOperator(name, overload: overload, arguments.map { $0.value.map { $0.constant! } })
      }.map { ImportedValue($0) }
    }
    if let empty = shapes.first(where: { $0.shape.contains(0) }) {
      throw NodeError.invalid("its result has the shape \(empty.shape), which is empty")
    }
    let outputs = shapes.map { graph.addValue($0.shape, dtype: $0.dtype) }
    let recorded = Graph.LibtorchCall(
      name: name, overload: overload,
      arguments: try arguments.map { (name: $0.key, value: try $0.value.map { try id(of: $0) }) })
    graph.nodes.append(Graph.Node(.libtorch(recorded), outputs: outputs))
    for output in outputs { producers[output] = recorded }
    return outputs.map { computed($0, type: ElementType(graph[$0].dtype)) }
  }

  /// Operators for which libtorch cannot tell the shape of the result without computing it.
  private static let withoutShapes: Set = ["index_select", "where"]

  /// Calls such an operator on constants, if its result cannot be too large.
  private mutating func constants(
    _ name: String, overload: String, _ arguments: KeyValuePairs<String, Argument>
  ) throws -> [ImportedValue] {
    let shapes = arguments.flatMap(\.value.values).map(\.shape)
    // "where" repeats what it reads to one shape; a choice by positions takes each element at most once for each of them.
    let lengths = name == "where" ? Self.common(shapes) : Array(shapes.joined())
    let most = lengths.reduce(1.0) { $0 * Double(max(1, $1)) }
    guard most <= Double(ImportLimits.constantElements - constantElements) else {
      throw NodeError.invalid("the constants of the file become too large")
    }
    let results = try catchingTorchErrors {
      callOperator(name, overload: overload, arguments.map { $0.value.map { $0.constant! } })
    }.map { ImportedValue($0) }
    constantElements += results.reduce(0) { $0 + $1.count }
    return results
  }

  /// The largest length of each axis, counted from the last one.
  private static func common(_ shapes: [[Int]]) -> [Int] {
    var lengths: [Int] = []
    for shape in shapes {
      for (axis, length) in shape.reversed().enumerated() {
        if axis < lengths.count { lengths[axis] = max(lengths[axis], length) } else { lengths.append(length) }
      }
    }
    return lengths
  }

  /// Adds a node that libtorch has no operator for, with one result of the shape and type of its input.
  mutating func add(
    _ node: (Graph.ValueID) -> Graph.Operator, _ input: Graph.ValueID, quantization: Graph.Quantization? = nil
  ) -> Graph.ValueID {
    let output = graph.addValue(graph[input].shape)
    if let quantization { graph.quantize(output, quantization) }
    graph.nodes.append(Graph.Node(node(input), output: output))
    return output
  }
}

extension ImportedValue {
  /// The type of its elements in libtorch.
  var dtype: DType {
    switch content {
    case .constant(let tensor): tensor.dtype
    case .positions: .int64
    case .computed, .quantized, .largest, .unknown: type.dtype
    }
  }
}

extension OperatorArgument {
  /// The tensors of the argument.
  fileprivate var values: [Value] {
    switch self {
    case .tensor(let value): [value]
    case .tensors(let list): list.compactMap { $0 }
    default: []
    }
  }
}
