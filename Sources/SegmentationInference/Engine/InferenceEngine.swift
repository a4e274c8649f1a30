import CKernels
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

  /// Threads of one engine; none: as many as libtorch uses.
  public var threads: Int?
  public var precision = Precision.float32
  public var output = Output.classes

  public init(threads: Int? = nil, precision: Precision = .float32, output: Output = .classes) {
    self.threads = threads
    self.precision = precision
    self.output = output
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
  /// What an int8 engine computes in int8; `nil` for other precisions.
  public let quantization: QuantizationReport?
  private let compiled: CompiledGraph
  private let pool: KernelPool
  private let normalization: Normalization

  /// Compiles a network with the weights it has now.
  /// - Parameters:
  ///   - size: Height and width of the images; any.
  ///   - normalization: What pixels go through first.
  ///   - calibration: For int8: images to learn scales from; it takes some seconds.
  /// - Throws: `EngineError`, `GraphError`, `TorchError`.
  public init(
    _ model: SegmentationModel, size: IntPair, normalization: Normalization = Normalization(),
    options: InferenceOptions = InferenceOptions(), calibration: Calibration? = nil
  ) throws {
    if options.precision == .int8, calibration == nil {
      throw EngineError.calibration("it needs images to calibrate on")
    }
    let padded = model.sizes.padded(size)
    let captured = try Graph.capture(model, inputShape: [1, 3, padded.height, padded.width])
    // Kernels add residuals as they are.
    let passes = GraphOptimizer.standard.filter { $0.name != GraphPass.foldAfterResiduals.name }
    let optimized = GraphOptimizer(passes: passes)(captured)
    let graph = options.output == .classes ? optimized.graph.withClassMapOutput() : optimized.graph
    let hasFastHalves = options.precision == .int8 && ck_current_isa() == CK_ISA_AVX512_DOT
    let type = options.precision == .bfloat16 || hasFastHalves ? CK_BFLOAT16 : CK_FLOAT32
    let pool = try KernelPool(threads: options.threads ?? Libtorch.threads)
    var bytes: ByteAssignment?
    var quantization: QuantizationReport?
    if options.precision == .int8, let calibration {
      let found = try PrecisionSearch(
        graph: optimized.graph.withClassMapOutput(), size: size, type: type, pool: pool,
        inputs: calibration.inputs(size, normalization), agreement: calibration.agreement)()
      bytes = ByteAssignment(graph, convolutions: found.convolutions, ranges: found.ranges)
      quantization = found.report
    }
    self.size = size
    self.options = options
    self.normalization = normalization
    report = optimized.report
    self.pool = pool
    self.quantization = quantization
    compiled = try CompiledGraph(graph, type: type, bytes: bytes, pool: pool)
  }

  private var plan: EnginePlan { compiled.plan }
  private var output: EngineTensor { compiled.output }

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
      var target = compiled.imageMap(size)
      guard ck_normalize_image(pool.handle, &source, &target, normalization.scale, normalization.shift) else {
        throw EngineError.kernel(lastKernelError())
      }
    }
    try plan.run()
    return Mask(height: size.height, width: size.width, values: classMap())
  }

  private func classMap() -> [UInt8] {
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
    try compiled.run(image, size: size, pool: pool)
    let whole = output.view().slice(0..<size.height, dimension: 2).slice(0..<size.width, dimension: 3)
    return options.output == .classes ? whole.squeeze(1) : whole
  }

  // MARK: - Profile

  /// What each operation took in one run.
  public struct OperationTime: Sendable {
    public let name: String
    /// The module whose weights it uses.
    public let module: String
    public let seconds: Double
  }

  /// Runs once more and measures each operation.
  public func profile() throws -> [OperationTime] { try plan.profile() }
}
