import Foundation
import SegmentationImage
import SegmentationModels
import Torch

/// How an engine computes.
public struct InferenceOptions: Sendable, Equatable {
  /// The results that an engine can return.
  public enum Output: String, Sendable, CaseIterable, Codable { case classes, logits }

  /// How the engine chooses among the kernels that can compute a convolution.
  public enum Selection: Sendable, Equatable {
    /// The engine chooses by estimates, which are the same on each machine of an instruction set.
    case estimated
    /// The engine times them where they run. Kinds of convolutions that the file does not know yet are measured when the
    /// engine is made, which takes some seconds, and added to the file. A file that is damaged or was written on another
    /// processor or by another version is written anew.
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

  /// The device on which the engine computes: by this package's kernels on the CPU, by libtorch's elsewhere.
  public var device = Device.cpu
  /// Threads of one engine on the CPU at most; none: as many as libtorch uses. While other processes keep cores busy it
  /// uses fewer where that is faster.
  public var threads: Int?
  /// The type of weights and maps. Sums are of float32, of int8 exact.
  ///
  /// int8 is for the CPU, float16 for accelerators. An int8 engine needs a `Calibration`. What does not compute in int8 has
  /// bfloat16 where the processor multiplies it faster, else float32.
  public var precision = Precision.float32
  /// The result of an inference, classes or scores.
  public var output = Output.classes
  /// The way in which the engine chooses among kernels.
  public var selection = Selection.estimated
  /// The size of the processor's caches in bytes; `nil` for what the system tells, from 4 to 32 MiB. Operations on
  /// larger maps take turns on bands of rows. Results do not depend on it.
  public var cacheBytes: Int?
  /// Has libtorch serve on the CPU, too; for tests.
  package var usesLibtorch = false

  /// Creates options.
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

/// A network compiled for images of one size. It is captured as a graph and simplified. On the CPU this package's
/// kernels run it in memory that is allocated once; on an accelerator libtorch's operators run it, recorded as one
/// piece of work.
///
/// One call may run at a time; `InferenceService` serves several tasks.
public final class InferenceEngine {
  /// The height and width of the images in pixels.
  public let size: ImageSize
  /// The options that the engine was made with.
  public let options: InferenceOptions
  /// A line that says what the simplification did to the graph.
  public let report: String
  /// The arithmetic and the memory traffic of one image, counted on the simplified graph; `nil` for a program from a
  /// file.
  package let cost: Graph.Cost?
  /// The bytes of the weights in the engine's precision, before they are packed for kernels.
  public let weightBytes: Int
  /// A report of what an int8 engine computes in int8; `nil` for other precisions.
  public let quantization: QuantizationReport?
  private let backend: any EngineBackend
  private let normalization: Normalization

  /// Compiles a network with the weights it has now.
  /// - Parameters:
  ///   - size: The height and width of the images in pixels; any size will do.
  ///   - normalization: The scale and shift that pixels go through before the network sees them.
  ///   - options: The device, the threads, the precision and the kind of output.
  ///   - calibration: The images from which an int8 engine learns its scales, which takes some seconds. Only int8 needs
  ///     it.
  /// - Throws: `EngineError` if the engine cannot compute an operator, the precision or the calibration, `GraphError`
  ///   if the network cannot be captured, `TorchError` if libtorch fails.
  public init(
    _ model: consuming SegmentationModel, size: ImageSize, normalization: Normalization = Normalization(),
    options: InferenceOptions = InferenceOptions(), calibration: Calibration? = nil
  ) throws {
    self.size = size
    self.options = options
    self.normalization = normalization
    if options.device.kind == .cpu, !options.usesLibtorch {
      // Kernels gain nothing from more threads than this.
      let threads = min(options.threads ?? Libtorch.threads, 256)
      var compiler = ProgramCompiler(
        precision: options.precision, normalization: normalization, calibration: calibration, threads: threads)
      let compiled = try compiler.compile(model, size: size, outputs: [options.output], keepsWeightsOutside: true)
      // The program holds the weights now. If nobody else needs the model, it is freed before the weights are packed.
      _ = consume model
      report = compiled.report
      quantization = compiled.quantization
      cost = compiled.cost
      weightBytes = compiled.weightBytes
      let choices = options.selection.file.map { KernelChoices(file: $0, threads: threads) }
      backend = try KernelBackend(
        (consume compiler).takeProgram(), host: compiled.host, output: options.output, threads: threads,
        choices: choices, cacheBytes: options.cacheBytes)
      // The packed weights reuse the memory that building the program took.
      Libtorch.releaseUnusedMemory()
    } else {
      guard let dtype = options.precision.dtype else {
        throw EngineError.precision("int8 is for the CPU: choose float32, bfloat16 or float16")
      }
      let simplified = try ProgramCompiler.simplify(model, size: size)
      let graph = options.output == .classes ? simplified.graph.withClassMapOutput() : simplified.graph
      report = simplified.report
      quantization = nil
      cost = graph.cost { _ in dtype.size }
      weightBytes = graph.weightBytes { _ in dtype.size }
      backend = try DevicePlan(graph, device: options.device, dtype: dtype)
    }
  }

  /// Makes a program ready for images of one of its sizes.
  /// - Parameters:
  ///   - size: The height and width of the images in pixels, one of the program's sizes.
  ///   - options: The threads, the kind of output and the way of choosing kernels. The device and the precision are the
  ///     program's.
  /// - Throws: `EngineError` if the program is for other sizes, or the memory does not suffice.
  public init(
    _ program: ProgramFile, size: ImageSize, options: InferenceOptions = InferenceOptions()
  ) throws(EngineError) {
    guard let plan = program.sizes.firstIndex(of: size) else {
      let sizes = program.sizes.map(\.description).joined(separator: ", ")
      throw .size(expected: sizes, found: size.description)
    }
    self.size = size
    var options = options
    (options.device, options.precision) = (.cpu, program.precision)
    self.options = options
    normalization = program.normalization
    let threads = min(options.threads ?? Libtorch.threads, 256)
    backend = try KernelBackend(
      program, plan: plan, output: options.output, threads: threads,
      choices: options.selection.file.map { KernelChoices(file: $0, threads: threads) }, cacheBytes: options.cacheBytes)
    report = "\(program.url.lastPathComponent): \(program.operatorCount) operators"
    quantization = nil
    cost = nil
    weightBytes = program.weightBytes
  }

  /// The bytes of memory for all maps, given that maps which are not in use at the same time share memory.
  public var memory: Int { backend.memory }

  /// The number of runs so far with one thread, with two threads and so on. The engine takes fewer threads than it has
  /// while other processes occupy cores. The list is empty on other devices than the CPU.
  public var runsByThreads: [Int] { backend.runsByThreads }

  // MARK: - Images

  /// The best class of each pixel of an image, which must have the engine's size.
  /// - Throws: `EngineError.size` for an image of another size, `EngineError` or `TorchError` if a kernel or libtorch
  ///   fails.
  public func classes(of image: Image) throws -> Mask {
    guard image.height == size.height, image.width == size.width else {
      throw EngineError.size(expected: "\(size.height)x\(size.width)", found: "\(image.height)x\(image.width)")
    }
    guard normalization.isRGB else {
      throw EngineError.program(
        "the network takes images of \(normalization.channels) channels of type \(normalization.type), found 8-bit RGB")
    }
    let classes = try catchingTorchErrors {
      try withoutGradients { try cropped(backend.run(image, normalization: normalization)).to(device: .cpu) }
    }
    return Mask(height: size.height, width: size.width, values: classes.elements())
  }

  /// The best class of each pixel of an image, which must have the engine's size, and the channels and values that the
  /// normalization is for.
  /// - Throws: `EngineError.size` for an image of another size, `EngineError` or `TorchError` if a kernel or libtorch
  ///   fails.
  public func classes(of raster: Raster) throws -> Mask {
    guard raster.size == size, raster.channels == normalization.channels else {
      throw EngineError.size(
        expected: "\(size) with \(normalization.channels) channels",
        found: "\(raster.size) with \(raster.channels) channels")
    }
    let result = try run(normalization.tensor(raster))
    return Mask(
      height: size.height, width: size.width, values: try catchingTorchErrors { result.to(device: .cpu).elements() })
  }

  /// Does the same for either kind of image.
  func classes(of image: SourceImage) throws -> Mask {
    switch image {
    case .rgb(let image): try classes(of: image)
    case .raster(let raster): try classes(of: raster)
    }
  }

  // MARK: - Tensors

  /// Runs on a normalized image [1, C, H, W] and returns the class scores [1, classes, H, W] as float32, or the best
  /// classes [1, H, W] as uint8, depending on `options.output`.
  /// - Throws: `EngineError.size` for an image of another size, `EngineError` or `TorchError` if a kernel or libtorch
  ///   fails.
  public func callAsFunction(_ image: Tensor) throws -> Tensor {
    let result = try run(image)
    return options.output == .classes ? result.clone() : result.to(dtype: .float32).clone()
  }

  /// Does the same without a copy: the next run overwrites the result.
  package func run(_ image: Tensor) throws -> Tensor {
    let channels = normalization.channels
    guard image.shape == [1, channels, size.height, size.width] else {
      throw EngineError.size(expected: "1x\(channels)x\(size.height)x\(size.width)", found: "\(image.shape)")
    }
    return try catchingTorchErrors { try withoutGradients { try cropped(backend.run(image)) } }
  }

  /// The best class of each pixel after the scores of a normalized image [1, 3, H, W] were resized bilinearly. The
  /// engine's output must be the scores, and its device the CPU.
  /// - Throws: `EngineError` or `TorchError` if a kernel or libtorch fails.
  func classes(of image: Tensor, resizedTo target: ImageSize) throws -> Mask {
    guard let backend = backend as? KernelBackend, options.output == .logits else {
      throw EngineError.kernel("scores of this engine cannot be resized")
    }
    return try catchingTorchErrors { try withoutGradients { try backend.classes(of: image, size, resizedTo: target) } }
  }

  private func cropped(_ result: Tensor) -> Tensor {
    let whole = result.cropped(to: size)
    return options.output == .classes ? whole.squeeze(1) : whole
  }

  // MARK: - Profile

  /// Runs `runs` times on the last image and returns the median time of each operation.
  /// - Throws: `EngineError` or `TorchError` if a kernel or libtorch fails.
  public func profile(runs: Int = 10) throws -> [OperationTime] { try backend.profile(runs: runs) }
}
