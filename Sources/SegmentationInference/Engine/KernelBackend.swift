import CKernels
import CRuntime
import SegmentationImage
import SegmentationModels
import Torch

/// Runs a program on the CPU: the runtime calls this package's kernels in memory that is allocated once.
final class KernelBackend: EngineBackend {
  private let context: OpaquePointer
  /// The program of this backend alone; `nil` if it is that of a file, which others use too.
  private let own: OpaquePointer?
  private let file: ProgramFile?
  private let output: Int32
  private let threads: Int
  /// The network's weights, until the runtime has packed them.
  private let weights: OutsideWeights?
  private let host: Host?
  /// The threads that resize results, once that was asked for.
  private var pool: OpaquePointer?

  /// Makes a program ready that lies in memory. Each weight is freed once it is packed, if nobody else needs it.
  /// - Parameters:
  ///   - host: The operators of the program that libtorch computes.
  ///   - output: The result of each run.
  ///   - choices: The measured kernels, if the fastest ones are to be found by measurement.
  /// - Throws: `EngineError`.
  init(
    _ program: consuming Program, host: Host?, output: InferenceOptions.Output, threads: Int,
    choices: KernelChoices? = nil, cacheBytes: Int? = nil
  ) throws(EngineError) {
    let bytes = program.encoded()
    let weights = OutsideWeights(program)
    _ = consume program
    guard let opened = bytes.withUnsafeBytes({ rt_program_create($0.baseAddress, $0.count, weights.description) })
    else {
      throw .lastRuntimeFailure
    }
    (self.weights, self.host, own, file, self.threads) = (weights, host, opened, nil, threads)
    self.output = Int32(output == .classes ? RT_CLASSES : RT_SCORES)
    do {
      context = try Self.makeContext(
        opened, plan: 0, output: self.output, threads: threads, choices: choices, host: host, cacheBytes: cacheBytes,
        freesWeights: true)
    } catch {
      rt_program_free(opened)
      throw error
    }
  }

  /// Makes a program of a file ready for images of one of its sizes.
  /// - Throws: `EngineError`.
  init(
    _ file: ProgramFile, plan: Int, output: InferenceOptions.Output, threads: Int, choices: KernelChoices?,
    cacheBytes: Int?
  ) throws(EngineError) {
    (weights, host, own, self.file, self.threads) = (nil, nil, nil, file, threads)
    self.output = Int32(output == .classes ? RT_CLASSES : RT_SCORES)
    context = try Self.makeContext(
      file.handle, plan: plan, output: self.output, threads: threads, choices: choices, host: nil,
      cacheBytes: cacheBytes, freesWeights: false)
  }

  deinit {
    if let pool { ck_pool_free(pool) }
    rt_context_free(context)
    rt_program_free(own)
  }

  private static func makeContext(
    _ program: OpaquePointer, plan: Int, output: Int32, threads: Int, choices: KernelChoices?, host: Host?,
    cacheBytes: Int?, freesWeights: Bool
  ) throws(EngineError) -> OpaquePointer {
    var options = rt_context_options()
    options.threads = Int32(threads)
    options.plan = Int32(plan)
    options.outputs = 1 << UInt32(output)
    options.cache_bytes = UInt64(cacheBytes ?? 0)
    options.frees_weights = freesWeights
    let context = withExtendedLifetime((choices, host)) {
      withOptional(choices?.callbacks) { choices in
        withOptional(host?.callbacks) { host in
          (options.choices, options.host) = (choices, host)
          return rt_context_create(program, &options)
        }
      }
    }
    guard let context else { throw host?.takeError() ?? .lastRuntimeFailure }
    choices?.save()
    return context
  }

  // MARK: - Running

  var memory: Int { Int(clamping: rt_memory(context)) }

  var runsByThreads: [Int] { (1...Int32(threads)).map { Int(rt_runs(context, $0)) } }

  func run(_ image: Image, normalization: Normalization) throws -> Tensor {
    let isDone = image.pixels.withUnsafeBufferPointer { pixels in
      var map = ck_map(
        data: UnsafeMutableRawPointer(mutating: pixels.baseAddress!), height: Int32(image.height),
        width: Int32(image.width), channels: 3, type: CK_UINT8, row: Int64(image.width * 3), pixel: 3)
      return rt_run_image(context, &map)
    }
    return try result(isDone)
  }

  func run(_ image: Tensor) throws -> Tensor {
    let planes = image.to(dtype: .float32, device: .cpu).contiguous()
    let isDone = planes.withUnsafeBytes { bytes in
      rt_run_planes(
        context, bytes.baseAddress!.assumingMemoryBound(to: Float.self), Int32(image.size(2)), Int32(image.size(3)))
    }
    return try result(isDone)
  }

  private func result(_ isDone: Bool) throws(EngineError) -> Tensor {
    guard isDone, let map = rt_output(context, output)?.pointee else { throw host?.takeError() ?? .lastRuntimeFailure }
    return Tensor(map)
  }

  /// Runs on a normalized image and returns the best class of each pixel after its scores were resized bilinearly.
  /// - Parameters:
  ///   - size: The part of the scores that belongs to the image.
  ///   - target: The size of the result.
  func classes(of image: Tensor, _ size: ImageSize, resizedTo target: ImageSize) throws -> Mask {
    _ = try run(image)
    guard var scores = rt_output(context, output)?.pointee else { throw EngineError.lastRuntimeFailure }
    (scores.height, scores.width) = (Int32(size.height), Int32(size.width))
    if pool == nil { pool = ck_pool_create(Int32(threads)) }
    guard let pool else { throw EngineError.memory(bytes: 0) }
    var isDone = false
    let values = [UInt8](unsafeUninitializedCapacity: target.area) { buffer, count in
      var classes = ck_map(
        data: UnsafeMutableRawPointer(buffer.baseAddress!), height: Int32(target.height), width: Int32(target.width),
        channels: 1, type: CK_UINT8, row: Int64(target.width), pixel: 1)
      isDone = ck_argmax(pool, &scores, &classes, false)
      count = isDone ? target.area : 0
    }
    guard isDone else { throw EngineError.kernel("the scores cannot be resized to \(target)") }
    return Mask(height: target.height, width: target.width, values: values)
  }

  func profile(runs: Int) throws -> [OperationTime] {
    let collector = ProfileCollector()
    let isDone = rt_profile(
      context, Int32(runs),
      { state, entry in
        Unmanaged<ProfileCollector>.fromOpaque(state!).takeUnretainedValue().times.append(OperationTime(entry!.pointee))
      }, Unmanaged.passUnretained(collector).toOpaque())
    guard isDone else { throw host?.takeError() ?? .lastRuntimeFailure }
    return collector.times.filter { $0.bytes > 0 && $0.kernel != "nothing" }
  }
}

private final class ProfileCollector {
  var times: [OperationTime] = []
}

extension OperationTime {
  fileprivate init(_ entry: rt_profile_entry) {
    let sizes = (0..<Int(entry.rank)).map { Int(entry.sizes[$0]) }
    self.init(
      name: String(cString: entry.name), kernel: String(cString: entry.kernel), module: String(cString: entry.module),
      outputShape: sizes.count == 3 ? [1, sizes[2], sizes[0], sizes[1]] : sizes, seconds: entry.seconds,
      multiplyAccumulates: Int(clamping: entry.multiply_accumulates), bytes: Int(clamping: entry.bytes),
      chain: entry.chain < 0 ? nil : Int(entry.chain))
  }
}

/// Calls `body` with a pointer to a value, or with `nil` if there is none.
private func withOptional<Value, Result>(
  _ value: Value?, _ body: (UnsafePointer<Value>?) -> Result
) -> Result {
  guard var value else { return body(nil) }
  return withUnsafePointer(to: &value) { body($0) }
}

extension Tensor {
  /// The memory of a map as [1, C, H, W].
  convenience init(_ map: ck_map) {
    let dtype: DType =
      switch map.type {
      case CK_BFLOAT16: .bfloat16
      case CK_UINT8: .uint8
      default: .float32
      }
    let (height, row) = (Int(map.height), Int(map.row))
    self.init(
      memory: map.data, shape: [1, Int(map.channels), height, Int(map.width)],
      strides: [height * row, 1, row, Int(map.pixel)], dtype: dtype)
  }
}
