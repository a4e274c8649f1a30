import CKernels
import Torch

/// Which nodes of a graph compute on bytes, and what the bytes stand for.
///
/// Convolutions are chosen; what lies between them follows: a node takes bytes where some come in and some are wanted.
/// Values that a node moves or compares but does not change share one quantization, so that joining stays free.
struct ByteAssignment {
  /// Results of the nodes that compute on bytes.
  private var members: Set<Graph.ValueID> = []
  /// Values that are made as bytes.
  private(set) var homes: Set<Graph.ValueID> = []
  /// Of values that some node reads or writes as bytes.
  private(set) var quantizations: [Graph.ValueID: ck_quantization] = [:]

  func contains(_ node: Graph.Node) -> Bool { members.contains(node.output) }

  /// - Parameters:
  ///   - convolutions: Results of the convolutions that compute on bytes, all `canUseBytes`.
  ///   - ranges: What the graph's maps were seen to hold.
  init(_ graph: Graph, convolutions: Set<Graph.ValueID>, ranges: [Graph.ValueID: ClosedRange<Float>]) {
    var readers: [Graph.ValueID: [Graph.Node]] = [:]
    for node in graph.nodes { for id in node.inputs { readers[id, default: []].append(node) } }
    func isWanted(_ id: Graph.ValueID) -> Bool {
      readers[id, default: []].contains { members.contains($0.output) }
    }
    func isFloat(_ id: Graph.ValueID) -> Bool { ranges[id] != nil }

    members = convolutions
    for node in graph.nodes.reversed() where graph.followsBytes(node) && isWanted(node.output) {
      if (graph.numbers(of: node) + [node.output]).allSatisfy(isFloat) {
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
    homes = made.filter(isWanted)
    // Means of bytes are no bytes.
    for node in graph.nodes where graph.isAdaptiveAverage(node) && homes.contains(node.inputs[0]) {
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
        groups.add(node.value("input")!)
        if homes.contains(node.output) { groups.add(node.output) }
      } else if graph.isAdaptiveAverage(node) {
        groups.add(node.inputs[0])
      } else if graph.keepsBytes(node) {
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
      let quantization = ck_quantization(range)
      for id in group { quantizations[id] = quantization }
    }
  }
}

extension ck_quantization {
  /// Bytes for a range, and for zero.
  init(_ range: ClosedRange<Float>) {
    let (lower, upper) = (min(range.lowerBound, 0), max(range.upperBound, 0))
    let scale = max((upper - lower) / 255, .leastNormalMagnitude * 0x1p20)
    self.init(scale: scale, zero: Int32((-lower / scale).rounded()))
  }
}

/// Sets of values, joined as they are found to belong together.
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
  private func isMap(_ id: ValueID) -> Bool {
    let shape = self[id].shape
    return shape.count == 4 && shape[0] == 1 && !shape.contains(0) && self[id].dtype == .float32
  }

  /// What a node computes with: not its constants, nor positions of maxima.
  fileprivate func numbers(of node: Node) -> [ValueID] {
    node.inputs.filter { self[$0].constant == nil && self[$0].dtype == .float32 }
  }

  /// Whether a convolution has a kernel for bytes that pays. Of maps of one pixel the conversions would cost more.
  func canUseBytes(_ node: Node) -> Bool {
    guard node.kind == .conv || node.kind == .convTranspose, let input = node.value("input"),
      node.value("weight").flatMap({ self[$0].constant }) != nil, isMap(input), isMap(node.output),
      self[input].constant == nil, node.value("bias").map({ self[$0].constant != nil }) ?? true,
      KernelActivation(node.activation, channels: self[node.output].shape[1], self) != nil
    else { return false }
    if node.kind == .convTranspose, (node.ints("dilation") ?? [1, 1]) != [1, 1] { return false }
    let groups = node.int("groups")!
    let width = (self[input].shape[1] / groups, self[node.output].shape[1] / groups)
    // Of narrow groups only those that floats have no better kernel for either.
    let fits = groups == 1 || width == (1, 1) || width.0 != width.1 || width.0 >= 8
    return fits && self[node.output].shape[2] * self[node.output].shape[3] > 1
  }

  /// Whether results are values of the inputs, or lie between them.
  func keepsBytes(_ node: Node) -> Bool {
    switch (node.kind, node.name) {
    case (.resize, _), (.permuteChannels, _): true
    case (_, "max_pool2d"), (_, "max_pool2d_with_indices"), (_, "max_unpool2d"): true
    case (.slice, _): (node.int("dim")! + 4) % 4 == 1
    // Padding counts as zeros, which bytes of 0 may not stand for.
    case (_, "avg_pool2d"):
      node.int("divisor_override") == nil
        && (node.bool("count_include_pad") == false || !(node.ints("padding") ?? []).contains { $0 > 0 })
    case (_, "cat"): ((node.int("dim") ?? 0) + 4) % 4 == 1
    default: false
    }
  }

  func isAdaptiveAverage(_ node: Node) -> Bool { node.kind == .globalMean || node.name == "adaptive_avg_pool2d" }

  /// Whether a node can take bytes and make some, beside convolutions.
  func followsBytes(_ node: Node) -> Bool {
    guard isMap(node.output), numbers(of: node).allSatisfy(isMap) else { return false }
    switch node.kind {
    case .binary:
      guard ["add", "multiply"].contains(node.string("operation")), node.inputs.allSatisfy({ self[$0].constant == nil })
      else { return false }
      return KernelActivation(node.activation, channels: self[node.output].shape[1], self) != nil
    case .affine, .unary:
      return KernelActivation(node.activation, channels: self[node.output].shape[1], self) != nil
    default: return keepsBytes(node)
    }
  }
}
