import CKernels
import SegmentationImage
import SegmentationModels
import Torch

/// Turns networks into programs.
struct ProgramCompiler {
  /// A plan that was added to the program, and what is known of it.
  struct Compiled {
    /// A line that says what the simplification did to the graph.
    let report: String
    /// A report of what is computed in int8; `nil` for other precisions.
    let quantization: QuantizationReport?
    /// The work for one image.
    let cost: Graph.Cost
    /// The bytes of the weights in the program's precision.
    let weightBytes: Int
    /// The operators that libtorch computes; `nil` if there are none. Nothing here keeps the network's other weights.
    let host: Host?
  }

  private var program: Program
  private let calibration: Calibration?
  private let threads: Int

  /// - Parameters:
  ///   - calibration: The images from which int8 learns its scales.
  ///   - threads: The threads that try int8 out.
  init(precision: Precision, normalization: Normalization, calibration: Calibration?, threads: Int) {
    program = Program(precision: precision, normalization: normalization)
    self.calibration = calibration
    self.threads = threads
  }

  /// The program with all plans that were added.
  consuming func takeProgram() -> Program { program }

  /// Captures and simplifies a network for images of a size.
  static func simplify(_ network: any GraphSource, size: ImageSize) throws -> GraphOptimizer.Result {
    let graph = try network.graph(for: size)
    // Passes compute with a few numbers at a time, some of them on the CPU.
    let onCPU = try catchingTorchErrors { graph.mapConstants { $0.device.kind == .cpu ? $0 : $0.to(device: .cpu) } }
    return GraphOptimizer()(onCPU)
  }

  /// Adds a plan for images of a size.
  /// - Parameters:
  ///   - outputs: The results that a run may be asked for.
  ///   - keepsWeightsOutside: Whether weights stay in the network's memory instead of going to a file.
  /// - Throws: `EngineError` for an operator, a precision or a calibration that will not do, `GraphError` if the network
  ///   cannot be captured, `TorchError` if libtorch fails.
  mutating func compile(
    _ network: any GraphSource, size: ImageSize, outputs: Set<InferenceOptions.Output>, keepsWeightsOutside: Bool
  ) throws -> Compiled {
    if program.precision == .float16 {
      throw EngineError.precision("the CPU's kernels have float32, bfloat16 and int8, not float16")
    }
    return try catchingTorchErrors {
      try compileTrapping(network, size: size, outputs: outputs, keepsWeightsOutside: keepsWeightsOutside)
    }
  }

  private mutating func compileTrapping(
    _ network: any GraphSource, size: ImageSize, outputs: Set<InferenceOptions.Output>, keepsWeightsOutside: Bool
  ) throws -> Compiled {
    let simplified = try Self.simplify(network, size: size)
    let (input, channels) = (simplified.graph[simplified.graph.inputs[0]].shape, program.normalization.channels)
    guard input.count == 4, input[1] == channels else {
      throw EngineError.program(
        "the network takes images of \(input.dropFirst().first ?? 0) channels, and the normalization has \(channels)")
    }
    var graph = GraphPass.takeOverQuantization(simplified.graph)
    if outputs.contains(.classes) { graph = graph.withClassMapOutput(keepsScores: outputs.contains(.logits)) }
    var assignment: QuantizationAssignment?
    var quantization: QuantizationReport?
    if program.precision == .int8 {
      guard let calibration else { throw EngineError.calibration("it needs images to calibrate on") }
      let found = try PrecisionSearch(
        graph: simplified.graph.withClassMapOutput(), size: size, normalization: program.normalization,
        threads: threads, inputs: calibration.inputs(size, program.normalization), agreement: calibration.agreement)()
      assignment = QuantizationAssignment(graph, convolutions: found.convolutions, ranges: found.ranges)
      quantization = found.report
      program.agreement = min(program.agreement ?? 1, found.report.agreement)
    }
    let numberSize = program.precision == .float32 || program.precision == .int8 && !ck_multiplies_bfloat16() ? 4 : 2
    func bytesPerNumber(_ node: Graph.Node) -> Int { assignment?.contains(node) == true ? 1 : numberSize }
    let (cost, weightBytes) = (graph.cost(numberSize: bytesPerNumber), graph.weightBytes(numberSize: bytesPerNumber))
    graph = graph.preparedForKernels(assignment)
    let lowering = try Lowering(graph, into: program, imageSize: size, keepsWeightsOutside: keepsWeightsOutside)
    program = lowering.program
    return Compiled(
      report: simplified.report, quantization: quantization, cost: cost, weightBytes: weightBytes,
      host: Host(lowering.hostCalls, graph))
  }
}
