import Torch

/// Runs a graph node by node with libtorch's operators. It is the reference for the passes and the engines.
public struct GraphExecutor {
  /// The graph that is run.
  package let graph: Graph
  /// For each node, the values that nothing reads after that node.
  private let lastUses: [[Graph.ValueID]]

  /// Prepares to run a graph.
  public init(_ graph: Graph) {
    self.graph = graph
    var lastUses = [[Graph.ValueID]](repeating: [], count: graph.nodes.count)
    var seen = Set(graph.outputs)
    for (index, node) in graph.nodes.enumerated().reversed() {
      for id in node.inputs + node.outputs where seen.insert(id).inserted { lastUses[index].append(id) }
    }
    self.lastUses = lastUses
  }

  /// The most bytes that computed values take at any moment of a run.
  /// - Parameter numberSize: The size of a number in bytes.
  func peakBytes(numberSize: Int) -> Int {
    var live = 0
    var peak = 0
    let computed = Set(graph.nodes.flatMap(\.outputs))
    func bytes(_ ids: [Graph.ValueID]) -> Int {
      ids.reduce(0) { $0 + graph.bytes(of: $1, numberSize: numberSize) }
    }
    for (index, node) in graph.nodes.enumerated() {
      live += bytes(node.outputs)
      peak = max(peak, live)
      live -= bytes(lastUses[index].filter(computed.contains))
    }
    return peak
  }

  /// A function that is called with a node, a function that gives any value read by it, and its results.
  typealias Observer = (Graph.Node, (Graph.ValueID) -> Tensor, [Tensor]) -> Void

  /// Computes the outputs for inputs that have the shapes of the graph's inputs.
  /// - Throws: `GraphError.inputs` for inputs of other shapes, `TorchError` if libtorch fails.
  public func callAsFunction(_ inputs: [Tensor]) throws -> [Tensor] { try self(inputs) { _, _, _ in } }

  /// Does the same, and calls an observer for each node once it is computed.
  func callAsFunction(_ inputs: [Tensor], observe: Observer) throws -> [Tensor] {
    let expected = graph.inputs.map { graph[$0].shape }
    let found = inputs.map(\.shape)
    guard found == expected else { throw GraphError.inputs(expected: expected, found: found) }
    return try catchingTorchErrors { withoutGradients { run(inputs, observe) } }
  }

  private func run(_ inputs: [Tensor], _ observe: Observer) -> [Tensor] {
    var tensors: [Graph.ValueID: Tensor] = [:]
    for (id, tensor) in zip(graph.inputs, inputs) { tensors[id] = tensor }
    func tensor(_ id: Graph.ValueID) -> Tensor { graph[id].constant ?? tensors[id]! }
    for (index, node) in graph.nodes.enumerated() {
      let results = graph.evaluate(node, tensor)
      observe(node, tensor, results)
      for (id, result) in zip(node.outputs, results) { tensors[id] = result }
      for id in lastUses[index] { tensors[id] = nil }
    }
    return graph.outputs.map(tensor)
  }
}
