import SegmentationImage
import SegmentationModels
import Torch

/// Finds the convolutions that can be computed in int8 while the classes stay the same as in float32.
///
/// The rounding error of each convolution is measured alone, against its result in float32. Then the convolutions with
/// the largest errors are taken out, as few of them as the agreement allows.
struct PrecisionSearch {
  /// The graph, with the class map as its output.
  let graph: Graph
  /// The size of the images; the graph's input may be larger.
  let size: ImageSize
  /// The normalization of the images that the program is given in trials.
  let normalization: Normalization
  let threads: Int
  /// Normalized images [1, 3, H, W].
  let inputs: [Tensor]
  /// The least share of pixels that must keep their float32 class, from 0 to 1.
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
    let total = graph.nodes.count { if case .convolution = $0.operator { true } else { false } }
    func trial(_ removed: Int) throws -> Result {
      let chosen = Set(ranked.dropFirst(removed))
      let found = try agreement(
        of: QuantizationAssignment(graph, convolutions: chosen, ranges: ranges), with: classes)
      return Result(
        convolutions: chosen, ranges: ranges,
        report: QuantizationReport(convolutions: total, int8Convolutions: chosen.count, agreement: found))
    }
    var best = try trial(0)
    if best.report.agreement >= agreement || ranked.isEmpty { return best }
    // The number of convolutions taken out doubles until the agreement is reached; then a bisection finds the smallest
    // number.
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

  /// The range of each map's values, and the class maps, in float32.
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

  /// The convolutions that have an int8 kernel, the one with the largest error first.
  private func rank(_ ranges: [Graph.ValueID: ClosedRange<Float>]) throws -> [Graph.ValueID] {
    let candidates = graph.nodes.filter { node in
      guard case .convolution = node.operator else { return false }
      return KernelSupport.supports(node, in: graph, quantized: true)
    }.map(\.output)
    let assignment = QuantizationAssignment(graph, convolutions: Set(candidates), ranges: ranges)
    let errors = ConvolutionErrors(graph, assignment, Set(candidates))
    let executor = GraphExecutor(graph)
    for input in inputs.prefix(4) { _ = try executor([pad(input)], observe: errors.add) }
    return candidates.sorted { errors.ratio(of: $0) > errors.ratio(of: $1) }
  }

  /// The share of pixels whose class is the same as in float32.
  private func agreement(of assignment: QuantizationAssignment, with classes: [Tensor]) throws -> Double {
    let quantized = graph.preparedForKernels(assignment)
    let lowering = try Lowering(
      quantized, into: Program(precision: .int8, normalization: normalization), imageSize: size,
      keepsWeightsOutside: true)
    let plan = try KernelBackend(
      lowering.program, host: Host(lowering.hostCalls, quantized), output: .classes, threads: threads)
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

/// For each convolution, the power of its rounding errors, divided by the power of its result, if it alone is in int8.
private final class ConvolutionErrors {
  private let graph: Graph
  private let assignment: QuantizationAssignment
  private let candidates: Set<Graph.ValueID>
  private var sums: [Graph.ValueID: (noise: Double, signal: Double)] = [:]

  init(_ graph: Graph, _ assignment: QuantizationAssignment, _ candidates: Set<Graph.ValueID>) {
    self.graph = graph
    self.assignment = assignment
    self.candidates = candidates
  }

  func ratio(of id: Graph.ValueID) -> Double {
    let sum = sums[id] ?? (0, 0)
    return sum.signal > 0 ? sum.noise / sum.signal : 0
  }

  func add(_ node: Graph.Node, _ read: (Graph.ValueID) -> Tensor, _ results: [Tensor]) {
    guard candidates.contains(node.output), case .convolution(let convolution) = node.operator else { return }
    let (input, weight) = (convolution.input, convolution.weight)
    let rounded = [
      input: assignment.quantizations[input]!.rounded(read(input)), weight: roundWeights(read(weight), of: convolution),
    ]
    var result = graph.evaluate(node) { rounded[$0] ?? read($0) }[0]
    if assignment.quantized.contains(node.output) {
      result = assignment.quantizations[node.output]!.rounded(result)
    }
    let noise = (result - results[0]).pow(2).sum().item
    let signal = results[0].pow(2).sum().item
    let sum = sums[node.output] ?? (0, 0)
    sums[node.output] = (sum.noise + noise, sum.signal + signal)
  }

  /// Rounds weights to 8 bits with one scale per output channel.
  private func roundWeights(_ weight: Tensor, of convolution: Graph.Convolution) -> Tensor {
    // A transposed convolution has its output channels, within groups, in the second dimension.
    let scale = (weight.abs().max(convolution.isTransposed ? [2, 3] : [1, 2, 3], keep: true) / 127).clamp(min: 1e-30)
    return (weight / scale).round() * scale
  }
}
