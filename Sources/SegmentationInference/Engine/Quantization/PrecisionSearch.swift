import CKernels
import Torch

/// Finds the convolutions that compute on bytes while the classes stay float32's.
///
/// Each convolution's rounding error is measured alone, against its result in float32. The worst are taken out, as few as
/// the agreement allows.
struct PrecisionSearch {
  /// With the class map as its output.
  let graph: Graph
  /// The images' size, and that of the graph's input.
  let size: ImageSize
  /// Of maps that are not bytes.
  let type: ck_type
  let pool: KernelPool
  let inputs: [Tensor]
  let agreement: Double

  struct Result {
    let convolutions: Set<Graph.ValueID>
    let ranges: [Graph.ValueID: ClosedRange<Float>]
    let report: QuantizationReport
  }

  /// - Throws: `EngineError`, `TorchError`.
  func callAsFunction() throws -> Result {
    let (ranges, classes) = try observe()
    let ranked = try rank(ranges)
    let total = graph.nodes.count { $0.kind == .conv || $0.kind == .convTranspose }
    func trial(_ removed: Int) throws -> Result {
      let chosen = Set(ranked.dropFirst(removed))
      let found = try agreement(of: ByteAssignment(graph, convolutions: chosen, ranges: ranges), with: classes)
      return Result(
        convolutions: chosen, ranges: ranges,
        report: QuantizationReport(convolutions: total, int8Convolutions: chosen.count, agreement: found))
    }
    var best = try trial(0)
    if best.report.agreement >= agreement || ranked.isEmpty { return best }
    // Doubling steps until it holds, then halves between.
    var (failing, holding) = (0, 1)
    while true {
      holding = min(holding, ranked.count)
      best = try trial(holding)
      if best.report.agreement >= agreement || holding == ranked.count { break }
      failing = holding
      holding *= 2
    }
    while holding - failing > 1 {
      let middle = (failing + holding) / 2
      let result = try trial(middle)
      if result.report.agreement >= agreement {
        (holding, best) = (middle, result)
      } else {
        failing = middle
      }
    }
    return best
  }

  /// Ranges of all maps, and the class maps, in float32.
  private func observe() throws -> (ranges: [Graph.ValueID: ClosedRange<Float>], classes: [Tensor]) {
    let samples = ValueSamples(limit: max(512, 16384 / inputs.count))
    let executor = GraphExecutor(graph)
    let classes = try inputs.map { input in
      let padded = pad(input)
      samples.add(padded, of: graph.inputs[0])
      return try executor([padded]) { node, _, results in
        for (id, result) in zip(node.outputs, results) where graph[id].dtype == .float32 && result.rank == 4 {
          samples.add(result, of: id)
        }
      }[0]
    }
    return (samples.ranges, classes)
  }

  private func pad(_ input: Tensor) -> Tensor {
    let shape = graph[graph.inputs[0]].shape
    return input.pad(right: shape[3] - size.width, bottom: shape[2] - size.height)
  }

  /// Convolutions that have a kernel for bytes, that with the largest error first.
  private func rank(_ ranges: [Graph.ValueID: ClosedRange<Float>]) throws -> [Graph.ValueID] {
    let candidates = graph.nodes.filter(graph.canUseBytes).map(\.output)
    let assignment = ByteAssignment(graph, convolutions: Set(candidates), ranges: ranges)
    let errors = ConvolutionErrors(graph, assignment, Set(candidates))
    let executor = GraphExecutor(graph)
    for input in inputs.prefix(4) { _ = try executor([pad(input)], observe: errors.add) }
    return candidates.sorted { errors.ratio(of: $0) > errors.ratio(of: $1) }
  }

  /// The share of pixels of the same classes.
  private func agreement(of assignment: ByteAssignment, with classes: [Tensor]) throws -> Double {
    let plan = try EnginePlan(EngineProgram(graph, type: type, bytes: assignment), pool: pool)
    var (same, all) = (0.0, 0.0)
    for (input, expected) in zip(inputs, classes) {
      let found = try plan.run(input).squeeze(1)
      func part(_ map: Tensor) -> Tensor {
        map.slice(0..<size.height, dimension: 1).slice(0..<size.width, dimension: 2).to(dtype: .int32)
      }
      same += (part(found) .== part(expected)).to(dtype: .float32).sum().item
      all += Double(size.height * size.width)
    }
    return same / all
  }
}

/// The power of each convolution's rounding errors, when it alone computes on bytes, over that of its result.
private final class ConvolutionErrors {
  private let graph: Graph
  private let assignment: ByteAssignment
  private let candidates: Set<Graph.ValueID>
  private var sums: [Graph.ValueID: (noise: Double, signal: Double)] = [:]

  init(_ graph: Graph, _ assignment: ByteAssignment, _ candidates: Set<Graph.ValueID>) {
    self.graph = graph
    self.assignment = assignment
    self.candidates = candidates
  }

  func ratio(of id: Graph.ValueID) -> Double {
    let sum = sums[id] ?? (0, 0)
    return sum.signal > 0 ? sum.noise / sum.signal : 0
  }

  func add(_ node: Graph.Node, _ read: (Graph.ValueID) -> Tensor, _ results: [Tensor]) {
    guard candidates.contains(node.output) else { return }
    let (input, weight) = (node.value("input")!, node.value("weight")!)
    let rounded = [
      input: round(read(input), assignment.quantizations[input]!), weight: roundWeights(read(weight), of: node),
    ]
    var result = evaluate(node) { rounded[$0] ?? read($0) }[0]
    if assignment.homes.contains(node.output) { result = round(result, assignment.quantizations[node.output]!) }
    let noise = (result - results[0]).pow(2).sum().item
    let signal = results[0].pow(2).sum().item
    let sum = sums[node.output] ?? (0, 0)
    sums[node.output] = (sum.noise + noise, sum.signal + signal)
  }

  private func round(_ x: Tensor, _ quantization: ck_quantization) -> Tensor {
    let (scale, zero) = (Double(quantization.scale), Double(quantization.zero))
    return ((x / scale + zero).round().clamp(min: 0, max: 255) - zero) * scale
  }

  /// To 8 bits with a scale for each output channel.
  private func roundWeights(_ weight: Tensor, of node: Graph.Node) -> Tensor {
    // Output channels of transposed convolutions are the second dimension, within groups.
    let isTransposed = node.kind == .convTranspose
    let scale = (weight.abs().max(isTransposed ? [2, 3] : [1, 2, 3], keep: true) / 127).clamp(min: 1e-30)
    return (weight / scale).round() * scale
  }
}
