import CKernels
import Foundation
import SegmentationImage
import SegmentationModels
import Torch

/// How an engine computes.
public struct InferenceOptions: Sendable, Equatable {
  /// The type of weights and maps. Sums are of float32, of int8 exact.
  ///
  /// An int8 engine needs a `Calibration`. What does not compute in int8 has bfloat16 where the processor multiplies it,
  /// else float32.
  public enum Precision: String, Sendable, CaseIterable, Codable { case float32, bfloat16, int8 }

  /// What comes out.
  public enum Output: String, Sendable, CaseIterable, Codable { case classes, logits }

  /// How the engine chooses among the kernels that can compute a convolution.
  public enum Selection: Sendable, Equatable {
    /// By estimates: the same on each machine of an instruction set.
    case estimated
    /// By timing them where they run, libtorch's operator among them: what the file does not know yet is measured when the
    /// engine is made, which takes some seconds, and added to it. A file that is damaged or of another processor or
    /// version is written anew.
    case measured(file: URL)

    /// The file of measured kernels.
    public var file: URL? {
      if case .measured(let file) = self { file } else { nil }
    }

    /// `.measured` with a file in `rtseg` in `XDG_CACHE_HOME`, else in `~/.cache`.
    public static var measuredOnce: Selection {
      let environment = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"]
      let caches =
        environment.flatMap { $0.hasPrefix("/") ? URL(filePath: $0) : nil }
        ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache")
      return .measured(file: caches.appending(path: "rtseg/kernels.json"))
    }
  }

  /// Threads of one engine; none: as many as libtorch uses.
  public var threads: Int?
  public var precision = Precision.float32
  public var output = Output.classes
  public var selection = Selection.estimated
  /// What the processor's caches hold, in bytes; operations on larger maps take turns on bands of rows. Results do not
  /// depend on it.
  public var cacheBytes = 16 << 20

  public init(
    threads: Int? = nil, precision: Precision = .float32, output: Output = .classes, selection: Selection = .estimated
  ) {
    self.threads = threads
    self.precision = precision
    self.output = output
    self.selection = selection
  }
}

/// A network compiled for images of one size on the CPU: captured, simplified, and run by this package's kernels in memory
/// that is allocated once.
///
/// One call at a time; `InferenceService` serves several tasks.
public final class InferenceEngine {
  /// Height and width of the images.
  public let size: IntPair
  public let options: InferenceOptions
  /// What the simplification did to the graph, in one line.
  public let report: String
  /// Arithmetic and memory traffic of one image, as the simplified graph has them.
  public let cost: Graph.Cost
  /// Bytes of the weights in the engine's precision, not packed.
  public let weightBytes: Int
  /// What an int8 engine computes in int8; `nil` for other precisions.
  public let quantization: QuantizationReport?
  private let plan: EnginePlan
  private let pool: KernelPool
  private let normalization: Normalization

  /// Compiles a network with the weights it has now.
  /// - Parameters:
  ///   - size: Height and width of the images; any.
  ///   - normalization: What pixels go through first.
  ///   - calibration: For int8: images to learn scales from; it takes some seconds.
  /// - Throws: `EngineError`, `GraphError`, `TorchError`.
  public init(
    _ model: consuming SegmentationModel, size: IntPair, normalization: Normalization = Normalization(),
    options: InferenceOptions = InferenceOptions(), calibration: Calibration? = nil
  ) throws {
    if options.precision == .int8, calibration == nil {
      throw EngineError.calibration("it needs images to calibrate on")
    }
    self.size = size
    self.options = options
    self.normalization = normalization
    let threads = options.threads ?? Libtorch.threads
    pool = try KernelPool(threads: threads)
    var choices: KernelChoices?
    if let file = options.selection.file { choices = KernelChoices(file: file, threads: threads) }
    let compiled = try Self.compile(
      model, size: size, normalization: normalization, options: options, calibration: calibration, choices: choices,
      pool: pool)
    // The operations have its weights now; where nobody else needs them, they go before those are packed.
    _ = consume model
    report = compiled.report
    quantization = compiled.quantization
    cost = compiled.program.cost
    weightBytes = compiled.program.weightBytes
    plan = try EnginePlan(compiled.program, pool: pool, choices: choices, cacheBytes: options.cacheBytes)
  }

  /// Captures, simplifies and lowers a network. Of its graph the operations alone keep what they need.
  private static func compile(
    _ model: SegmentationModel, size: IntPair, normalization: Normalization, options: InferenceOptions,
    calibration: Calibration?, choices: KernelChoices?, pool: KernelPool
  ) throws -> (program: EngineProgram, report: String, quantization: QuantizationReport?) {
    let padded = model.sizes.padded(size)
    let captured = try Graph.capture(model, inputShape: [1, 3, padded.height, padded.width])
    // Kernels add residuals as they are.
    let passes = GraphOptimizer.standard.filter { $0.name != GraphPass.foldAfterResiduals.name }
    let optimized = GraphOptimizer(passes: passes)(captured)
    let graph = options.output == .classes ? optimized.graph.withClassMapOutput() : optimized.graph
    let hasFastHalves = options.precision == .int8 && ck_current_isa() == CK_ISA_AVX512_DOT
    let type = options.precision == .bfloat16 || hasFastHalves ? CK_BFLOAT16 : CK_FLOAT32
    var bytes: ByteAssignment?
    var quantization: QuantizationReport?
    if options.precision == .int8, let calibration {
      let found = try PrecisionSearch(
        graph: optimized.graph.withClassMapOutput(), size: size, type: type, pool: pool,
        inputs: calibration.inputs(size, normalization), agreement: calibration.agreement)()
      bytes = ByteAssignment(graph, convolutions: found.convolutions, ranges: found.ranges)
      quantization = found.report
    }
    let program = try EngineProgram(
      graph, type: type, bytes: bytes, choices: choices, cacheBytes: options.cacheBytes)
    return (program, optimized.report, quantization)
  }

  /// Bytes of the maps.
  public var memory: Int { plan.arena.bytes }

  // MARK: - Images

  /// The best class of each pixel.
  /// - Throws: `EngineError`.
  public func classes(of image: Image) throws -> Mask {
    guard image.height == size.height, image.width == size.width else {
      throw EngineError.size(expected: "\(size.height)x\(size.width)", found: "\(image.height)x\(image.width)")
    }
    try image.pixels.withUnsafeBufferPointer { pixels in
      var source = ck_map(
        data: UnsafeMutableRawPointer(mutating: pixels.baseAddress!), height: Int32(size.height),
        width: Int32(size.width), channels: 3, type: CK_UINT8, row: Int64(size.width * 3), pixel: 3)
      var target = plan.imageMap(size)
      guard ck_normalize_image(pool.handle, &source, &target, normalization.scale, normalization.shift) else {
        throw EngineError.kernel(lastKernelError())
      }
    }
    try plan.run()
    return Mask(height: size.height, width: size.width, values: classMap())
  }

  private func classMap() -> [UInt8] {
    let output = plan.output
    let values = output.data.assumingMemoryBound(to: UInt8.self)
    return [UInt8](unsafeUninitializedCapacity: size.height * size.width) { buffer, count in
      for row in 0..<size.height {
        (buffer.baseAddress! + row * size.width).initialize(from: values + row * output.width, count: size.width)
      }
      count = size.height * size.width
    }
  }

  // MARK: - Tensors

  /// Runs on a normalized image [1, 3, H, W]: class scores [1, classes, H, W], or the best classes [1, H, W] as uint8.
  /// - Throws: `EngineError`.
  public func callAsFunction(_ image: Tensor) throws -> Tensor {
    let result = try run(image)
    return options.output == .classes ? result.clone() : result.to(dtype: .float32).clone()
  }

  /// The same without a copy: the next run overwrites the result.
  func run(_ image: Tensor) throws -> Tensor {
    guard image.shape == [1, 3, size.height, size.width] else {
      throw EngineError.size(expected: "1x3x\(size.height)x\(size.width)", found: "\(image.shape)")
    }
    try plan.run(image, size: size)
    let whole = plan.output.view().slice(0..<size.height, dimension: 2).slice(0..<size.width, dimension: 3)
    return options.output == .classes ? whole.squeeze(1) : whole
  }

  // MARK: - Profile

  /// Runs a few times on the last image and measures each operation.
  /// - Throws: `EngineError`.
  public func profile(runs: Int = 10) throws -> [OperationTime] { try plan.profile(runs: runs) }
}
