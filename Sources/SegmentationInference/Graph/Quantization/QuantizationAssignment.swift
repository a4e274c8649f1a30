import Torch

/// Decides which nodes of a graph compute on quantized maps, and by which scales.
///
/// The convolutions are given. The nodes between them follow: a node computes on quantized maps if it reads some and a
/// reader of its result takes some. Values that a node moves or compares but does not change share one scale and zero
/// point with its result, so that joining maps costs nothing.
package struct QuantizationAssignment {
  /// The results of the nodes that compute on quantized maps.
  private var members: Set<Graph.ValueID> = []
  /// The values that are made as quantized maps.
  package private(set) var quantized: Set<Graph.ValueID> = []
  /// The scale and zero point of each value that some node reads or writes quantized.
  package private(set) var quantizations: [Graph.ValueID: Graph.Quantization] = [:]

  /// Whether a node computes on quantized maps.
  package func contains(_ node: Graph.Node) -> Bool { members.contains(node.output) }

  /// - Parameters:
  ///   - convolutions: The results of the convolutions that compute on quantized maps, all of which have kernels for it.
  ///   - ranges: The range of numbers that each map was seen to hold.
  package init(_ graph: Graph, convolutions: Set<Graph.ValueID>, ranges: [Graph.ValueID: ClosedRange<Float>]) {
    var readers: [Graph.ValueID: [Graph.Node]] = [:]
    for node in graph.nodes { for id in node.inputs { readers[id, default: []].append(node) } }
    func isWanted(_ id: Graph.ValueID) -> Bool {
      readers[id, default: []].contains { members.contains($0.output) }
    }

    members = convolutions
    for node in graph.nodes.reversed() where graph.followsQuantization(node) && isWanted(node.output) {
      if (graph.numbers(of: node) + [node.output]).allSatisfy({ ranges[$0] != nil }) {
        members.insert(node.output)
      }
    }
    var made: Set<Graph.ValueID> = []
    for node in graph.nodes where members.contains(node.output) {
      if convolutions.contains(node.output) || node.inputs.contains(where: made.contains) {
        made.insert(node.output)
      } else {
        members.remove(node.output)
      }
    }
    quantized = made.filter(isWanted)
    // An average reads a quantized map but its result is not quantized.
    for node in graph.nodes where graph.isAverage(node) && quantized.contains(node.inputs[0]) {
      members.insert(node.output)
    }
    quantize(graph, convolutions, ranges)
  }

  private mutating func quantize(
    _ graph: Graph, _ convolutions: Set<Graph.ValueID>, _ ranges: [Graph.ValueID: ClosedRange<Float>]
  ) {
    let groups = ValueGroups()
    for node in graph.nodes where members.contains(node.output) {
      if convolutions.contains(node.output) {
        groups.add(node.inputs[0])
        if quantized.contains(node.output) { groups.add(node.output) }
      } else if graph.isAverage(node) {
        groups.add(node.inputs[0])
      } else if KernelSupport.keepsValues(node) {
        for id in node.inputs where ranges[id] != nil { groups.join(id, node.output) }
      } else {
        for id in node.inputs + [node.output] where ranges[id] != nil { groups.add(id) }
      }
    }
    for group in groups.all {
      let found = group.compactMap { ranges[$0] }
      let range = found.dropFirst().reduce(found[0]) {
        min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound)
      }
      for id in group { quantizations[id] = Graph.Quantization(range) }
    }
  }
}

extension Graph.Quantization {
  /// The scale and zero point for which 256 steps cover a range and zero is exact.
  init(_ range: ClosedRange<Float>) {
    let (lower, upper) = (min(range.lowerBound, 0), max(range.upperBound, 0))
    let scale = max((upper - lower) / 255, .leastNormalMagnitude * 0x1p20)
    self.init(scale: scale, zero: Int32((-lower / scale).rounded()))
  }
}

/// Disjoint sets of values, which are joined as values are found to share a quantization.
private final class ValueGroups {
  private var parents: [Graph.ValueID: Graph.ValueID] = [:]

  func add(_ id: Graph.ValueID) { if parents[id] == nil { parents[id] = id } }

  func join(_ a: Graph.ValueID, _ b: Graph.ValueID) {
    add(a)
    add(b)
    parents[root(a)] = root(b)
  }

  private func root(_ id: Graph.ValueID) -> Graph.ValueID {
    var id = id
    while let parent = parents[id], parent != id { id = parent }
    return id
  }

  var all: [[Graph.ValueID]] { Array(Dictionary(grouping: parents.keys, by: root).values) }
}

extension Graph {
  /// Whether a node averages over cells, which reads quantized maps and makes numbers.
  fileprivate func isAverage(_ node: Node) -> Bool {
    if case .adaptivePool(let pool) = node.operator { pool.kind == .average } else { false }
  }

  /// Whether a node that is no convolution can read and make quantized maps.
  fileprivate func followsQuantization(_ node: Node) -> Bool {
    if case .convolution = node.operator { return false }
    return !isAverage(node) && KernelSupport.supports(node, in: self, quantized: true)
  }
}
