import CKernels
import Foundation
import SegmentationImage
import SegmentationModels
import Torch

/// How an engine computes.
public struct InferenceOptions: Sendable, Equatable {
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

  /// Where the engine computes: this package's kernels on the CPU, libtorch's elsewhere.
  public var device = Device.cpu
  /// Threads of one engine on the CPU at most; none: as many as libtorch uses. While other processes keep cores busy it
  /// uses fewer where that is faster.
  public var threads: Int?
  /// The type of weights and maps. Sums are of float32, of int8 exact.
  ///
  /// int8 is for the CPU, float16 for accelerators. An int8 engine needs a `Calibration`. What does not compute in int8 has
  /// bfloat16 where the processor multiplies it, else float32.
  public var precision = Precision.float32
  public var output = Output.classes
  public var selection = Selection.estimated
  /// What the processor's caches hold, in bytes; operations on larger maps take turns on bands of rows. Results do not
  /// depend on it.
  public var cacheBytes = 16 << 20
  /// Has libtorch serve on the CPU, too; for tests.
  package var usesLibtorch = false

  public init(
    device: Device = .cpu, threads: Int? = nil, precision: Precision = .float32, output: Output = .classes,
    selection: Selection = .estimated
  ) {
    self.device = device
    self.threads = threads
    self.precision = precision
    self.output = output
    self.selection = selection
  }
}

/// A network compiled for images of one size: captured, simplified, and run on the CPU by this package's kernels in memory
/// that is allocated once, on accelerators by libtorch's, recorded as one piece of work.
///
/// One call at a time; `InferenceService` serves several tasks.
public final class InferenceEngine {
  /// Height and width of the images.
  public let size: ImageSize
  public let options: InferenceOptions
  /// What the simplification did to the graph, in one line.
  public let report: String
  /// Arithmetic and memory traffic of one image, as the simplified graph has them.
  public let cost: Graph.Cost
  /// Bytes of the weights in the engine's precision, not packed.
  public let weightBytes: Int
  /// What an int8 engine computes in int8; `nil` for other precisions.
  public let quantization: QuantizationReport?
  private let backend: any EngineBackend
  private let normalization: Normalization

  /// Compiles a network with the weights it has now.
  /// - Parameters:
  ///   - size: Height and width of the images; any.
  ///   - normalization: What pixels go through first.
  ///   - calibration: For int8: images to learn scales from; it takes some seconds.
  /// - Throws: `EngineError`, `GraphError`, `TorchError`.
  public init(
    _ model: consuming SegmentationModel, size: ImageSize, normalization: Normalization = Normalization(),
    options: InferenceOptions = InferenceOptions(), calibration: Calibration? = nil
  ) throws {
    self.size = size
    self.options = options
    self.normalization = normalization
    if options.device.kind == .cpu, !options.usesLibtorch {
      // Kernels gain nothing from more.
      let threads = min(options.threads ?? Libtorch.threads, 256)
      let pool = try KernelPool(threads: threads)
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
      backend = try catchingTorchErrors {
        try EnginePlan(compiled.program, pool: pool, choices: choices, cacheBytes: options.cacheBytes)
      }
    } else {
      guard let dtype = options.precision.dtype else {
        throw EngineError.precision("int8 is for the CPU: choose float32, bfloat16 or float16")
      }
      let simplified = try Self.simplify(model, size: size)
      let graph = options.output == .classes ? simplified.graph.withClassMapOutput() : simplified.graph
      report = simplified.report
      quantization = nil
      cost = graph.cost { _ in dtype.size }
      weightBytes = graph.weightBytes { _ in dtype.size }
      backend = try DevicePlan(graph, device: options.device, dtype: dtype)
    }
  }

  private static func simplify(_ model: SegmentationModel, size: ImageSize) throws -> GraphOptimizer.Result {
    let padded = model.sizes.padded(size)
    let captured = try Graph.capture(model, inputShape: [1, 3, padded.height, padded.width])
    return GraphOptimizer()(captured)
  }

  /// Captures, simplifies and lowers a network. Of its graph the operations alone keep what they need.
  private static func compile(
    _ model: SegmentationModel, size: ImageSize, normalization: Normalization, options: InferenceOptions,
    calibration: Calibration?, choices: KernelChoices?, pool: KernelPool
  ) throws -> (program: EngineProgram, report: String, quantization: QuantizationReport?) {
    if options.precision == .float16 {
      throw EngineError.precision("the CPU's kernels have float32, bfloat16 and int8, not float16")
    }
    return try catchingTorchErrors {
      try compileTrapping(
        model, size: size, normalization: normalization, options: options, calibration: calibration, choices: choices,
        pool: pool)
    }
  }

  private static func compileTrapping(
    _ model: SegmentationModel, size: ImageSize, normalization: Normalization, options: InferenceOptions,
    calibration: Calibration?, choices: KernelChoices?, pool: KernelPool
  ) throws -> (program: EngineProgram, report: String, quantization: QuantizationReport?) {
    let simplified = try simplify(model, size: size)
    let graph = options.output == .classes ? simplified.graph.withClassMapOutput() : simplified.graph
    let hasFastHalves = options.precision == .int8 && ck_current_isa() == CK_ISA_AVX512_DOT
    let type = options.precision == .bfloat16 || hasFastHalves ? CK_BFLOAT16 : CK_FLOAT32
    var bytes: ByteAssignment?
    var quantization: QuantizationReport?
    if options.precision == .int8 {
      guard let calibration else { throw EngineError.calibration("it needs images to calibrate on") }
      let found = try PrecisionSearch(
        graph: simplified.graph.withClassMapOutput(), size: size, type: type, pool: pool,
        inputs: calibration.inputs(size, normalization), agreement: calibration.agreement)()
      bytes = ByteAssignment(graph, convolutions: found.convolutions, ranges: found.ranges)
      quantization = found.report
    }
    let program = try EngineProgram(
      graph, type: type, bytes: bytes, choices: choices, cacheBytes: options.cacheBytes)
    return (program, simplified.report, quantization)
  }

  /// Bytes of the maps.
  public var memory: Int { backend.memory }

  // MARK: - Images

  /// The best class of each pixel.
  /// - Throws: `EngineError`, `TorchError`.
  public func classes(of image: Image) throws -> Mask {
    guard image.height == size.height, image.width == size.width else {
      throw EngineError.size(expected: "\(size.height)x\(size.width)", found: "\(image.height)x\(image.width)")
    }
    let classes = try catchingTorchErrors {
      try withoutGradients { try cropped(backend.run(image, normalization: normalization)).to(device: .cpu) }
    }
    return Mask(height: size.height, width: size.width, values: classes.elements())
  }

  // MARK: - Tensors

  /// Runs on a normalized image [1, 3, H, W]: class scores [1, classes, H, W], or the best classes [1, H, W] as uint8.
  /// - Throws: `EngineError`, `TorchError`.
  public func callAsFunction(_ image: Tensor) throws -> Tensor {
    let result = try run(image)
    return options.output == .classes ? result.clone() : result.to(dtype: .float32).clone()
  }

  /// The same without a copy: the next run overwrites the result.
  package func run(_ image: Tensor) throws -> Tensor {
    guard image.shape == [1, 3, size.height, size.width] else {
      throw EngineError.size(expected: "1x3x\(size.height)x\(size.width)", found: "\(image.shape)")
    }
    return try catchingTorchErrors { try withoutGradients { try cropped(backend.run(image)) } }
  }

  private func cropped(_ result: Tensor) -> Tensor {
    let whole = result.cropped(to: size)
    return options.output == .classes ? whole.squeeze(1) : whole
  }

  // MARK: - Profile

  /// Runs a few times on the last image and measures each operation.
  /// - Throws: `EngineError`.
  public func profile(runs: Int = 10) throws -> [OperationTime] { try backend.profile(runs: runs) }
}
