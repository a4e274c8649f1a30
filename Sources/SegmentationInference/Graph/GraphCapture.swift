import SegmentationModels
import Torch

extension Graph {
  /// Records what a network computes in evaluation for inputs of one shape [N, C, H, W], without computing it.
  ///
  /// Constants are the model's own tensors, so they change when weights are loaded. An operator that works in place is
  /// recorded as the one that does not. Results that nothing reads are recorded too.
  /// - Throws: `GraphError` if the graph has no form for something that the network does or the network does not take
  ///   images of this size, `TorchError` if the network refuses the input.
  public static func capture(_ model: SegmentationModel, inputShape: [Int]) throws -> Graph {
    let size = ImageSize(height: inputShape[inputShape.count - 2], width: inputShape[inputShape.count - 1])
    guard model.sizes.padded(size) == size else {
      throw GraphError.size(size, rule: model.sizes.description)
    }
    let wasTraining = model.isTraining
    model.eval()
    defer { model.train(wasTraining) }

    // Tensors that have a shape but no memory stand in for the weights meanwhile.
    var seen: Set<ObjectIdentifier> = []
    let state = model.namedState.filter { seen.insert(ObjectIdentifier($0.tensor)).inserted }
    let placeholders = state.map { Tensor.empty($0.tensor.shape, dtype: $0.tensor.dtype, device: .meta) }
    let device = state.first?.tensor.device ?? .cpu
    func exchange() {
      for (entry, placeholder) in zip(state, placeholders) { entry.tensor.exchange(with: placeholder) }
    }
    exchange()
    defer { exchange() }

    let input = Tensor.empty(inputShape, device: .meta)
    var output: Tensor?
    let calls = try catchingTorchErrors {
      withDefaultDevice(.meta) {
        withoutGradients { recordOperators { output = model.classScores(input) } }
      }
    }
    var recorder = GraphRecorder(input: input, state: state, device: device)
    for call in calls { try recorder.record(call) }
    return try recorder.finish(output: output!)
  }
}

/// Builds a graph from the operators that ran.
private struct GraphRecorder {
  private var graph = Graph()
  private let device: Device
  private var weights: [UInt: (name: String, tensor: Tensor)] = [:]
  /// The newest value of each tensor, by the tensor's identity.
  private var ids: [UInt: Graph.ValueID] = [:]
  /// For each piece of memory, the tensors that lie in it.
  private var sharers: [UInt: Set<UInt>] = [:]
  /// Tensors whose memory was changed through another tensor, with the operator that did it.
  private var stale: [UInt: String] = [:]

  init(input: Tensor, state: [(name: String, tensor: Tensor)], device: Device) {
    self.device = device
    for (name, tensor) in state { weights[tensor.identity] = (name, tensor) }
    let id = graph.addValue(input.shape, dtype: input.dtype)
    graph.inputs = [id]
    register(input, as: id)
  }

  private mutating func register(_ tensor: Tensor, as id: Graph.ValueID) {
    ids[tensor.identity] = id
    sharers[tensor.memoryIdentity, default: []].insert(tensor.identity)
  }

  mutating func record(_ call: OperatorCall) throws {
    var call = (name: call.name, overload: call.overload, arguments: call.arguments, outputs: call.outputs)
    guard call.arguments.contains(where: \.value.hasTensor) else { return try recordConstants(call) }
    let written = call.arguments.filter(\.isWritten)
    let name = call.name
    if !written.isEmpty {
      guard written.count == 1, call.outputs.count == 1, name.hasSuffix("_"),
        hasOperator(String(name.dropLast()), overload: call.overload)
      else { throw GraphError.inPlace(operator: name) }
      call.name.removeLast()
    }
    var module = ""
    let arguments = try call.arguments.map { argument in
      if case .tensor(let tensor) = argument.value, let weight = weights[tensor.identity] {
        if argument.isWritten { throw GraphError.changesWeight(operator: name, name: weight.name) }
        module = weight.name.split(separator: ".").dropLast().joined(separator: ".")
      }
      return (argument.name, try convert(argument, of: name))
    }
    let outputs = try call.outputs.map { output in
      guard let output else { throw GraphError.argument(operator: name, argument: "result", type: "undefined tensor") }
      return output
    }
    let results = outputs.map { graph.addValue($0.shape, dtype: $0.dtype) }
    let recorded = Graph.LibtorchCall(name: call.name, overload: call.overload, arguments: arguments)
    graph.nodes.append(Graph.Node(.libtorch(recorded), outputs: results, module: module))
    if !written.isEmpty {
      let changed = outputs[0].identity
      for other in sharers[outputs[0].memoryIdentity, default: []] where other != changed { stale[other] = name }
    }
    for (output, id) in zip(outputs, results) { register(output, as: id) }
  }

  /// Runs an operator that reads no tensor, such as `zeros`.
  private mutating func recordConstants(
    _ call: (name: String, overload: String, arguments: [OperatorCall.Argument], outputs: [Tensor?])
  ) throws {
    for argument in call.arguments {
      if case .other(let type) = argument.value {
        throw GraphError.argument(operator: call.name, argument: argument.name, type: type)
      }
    }
    let results = try catchingTorchErrors {
      callOperator(call.name, overload: call.overload, call.arguments.map(\.value))
    }
    for case (let output?, let result) in zip(call.outputs, results) {
      // Numbers of the program are copied into an empty tensor without an operator.
      let constant = output.device.kind == .meta ? result : output
      register(output, as: graph.addConstant(constant.to(device: device)))
    }
  }

  private mutating func convert(
    _ argument: OperatorCall.Argument, of name: String
  ) throws -> OperatorArgument<Graph.ValueID> {
    switch argument.value {
    case .other(let type): throw GraphError.argument(operator: name, argument: argument.name, type: type)
    case .tensors(let list) where list.contains { $0 == nil }:
      throw GraphError.argument(operator: name, argument: argument.name, type: "list with undefined tensors")
    default: return try argument.value.map { try id(of: $0, readBy: name) }
    }
  }

  private mutating func id(of tensor: Tensor, readBy name: String) throws -> Graph.ValueID {
    let identity = tensor.identity
    if let changedBy = stale[identity] { throw GraphError.alias(operator: name, changedBy: changedBy) }
    if let id = ids[identity] { return id }
    let id: Graph.ValueID
    if let weight = weights[identity] {
      id = graph.addConstant(weight.tensor, name: weight.name)
    } else if tensor.device.kind != .meta {
      id = graph.addConstant(tensor)
    } else {
      throw GraphError.unknownTensor(operator: name)
    }
    register(tensor, as: id)
    return id
  }

  consuming func finish(output: Tensor) throws -> Graph {
    graph.outputs = [try id(of: output, readBy: "return")]
    return graph
  }
}

extension OperatorArgument<Tensor> {
  fileprivate var hasTensor: Bool {
    switch self {
    case .tensor, .tensors: true
    default: false
    }
  }
}
