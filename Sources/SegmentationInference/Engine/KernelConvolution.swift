import Basics
import CKernels
import Torch

/// The algorithm or library that computes a convolution.
enum KernelChoice: String, CaseIterable, Codable {
  /// The algorithm that this package's kernels choose by estimates.
  case library
  case direct
  case winograd4 = "winograd-4"
  case winograd2 = "winograd-2"
  case depthwise
  case libtorch

  var algorithm: ck_algorithm {
    switch self {
    case .direct: CK_ALGORITHM_DIRECT
    case .winograd4: CK_ALGORITHM_WINOGRAD_4
    case .winograd2: CK_ALGORITHM_WINOGRAD_2
    case .depthwise: CK_ALGORITHM_DEPTHWISE
    case .library, .libtorch: CK_ALGORITHM_AUTO
    }
  }
}

/// A convolution with packed weights, bound to the maps of a plan.
///
/// Several convolutions may be packed at once, each on its own thread.
final class KernelConvolution {
  /// The name that a profile shows.
  let name = KernelName("conv")
  /// The kernel that was found to be the fastest; `nil` if none was measured.
  var choice: KernelChoice?
  /// The same convolution in libtorch, kept until it is known which is faster.
  var alternative: LibtorchCall?
  private var description: ck_conv_desc
  private let activation: KernelActivation
  private let isTransposed: Bool
  private let maps: (input: EngineTensor, output: EngineTensor, residual: EngineTensor?)
  private var weight: Tensor?
  private var bias: Tensor?
  private var plan: OpaquePointer?
  private var failure: (any Error)?
  private var usesLibtorch = false

  init(
    _ description: ck_conv_desc, _ activation: KernelActivation, weight: Tensor, bias: Tensor?, isTransposed: Bool,
    maps: (input: EngineTensor, output: EngineTensor, residual: EngineTensor?)
  ) {
    self.description = description
    self.description.activation = activation.value
    self.activation = activation
    self.weight = weight
    self.bias = bias
    self.isTransposed = isTransposed
    self.maps = maps
  }

  deinit { ck_conv_free(plan) }

  /// Packs the weights. If that fails, `finish` throws.
  func pack() {
    do {
      plan = try catchingTorchErrors { make(choice ?? .library) }
      if plan == nil { failure = EngineError.lastKernelFailure("conv") }
    } catch {
      failure = error
    }
    if alternative == nil { (weight, bias) = (nil, nil) }
  }

  private func make(_ choice: KernelChoice) -> OpaquePointer? {
    var description = description
    description.algorithm = choice.algorithm
    let bias: [Float]? = bias?.elements()
    return weight!.to(dtype: .float32).contiguous().withUnsafeBytes { bytes in
      let weights = bytes.bindMemory(to: Float.self).baseAddress
      return isTransposed
        ? ck_conv_create_transposed(&description, weights, bias) : ck_conv_create(&description, weights, bias)
    }
  }

  /// Reserves scratch memory in the pool and sets the name, so that `run` may be called.
  /// - Throws: `EngineError`, `TorchError`.
  func finish(_ pool: KernelPool) throws {
    guard let plan, ck_pool_reserve(pool.handle, ck_conv_scratch(plan)) else {
      throw failure ?? EngineError.lastKernelFailure("conv")
    }
    name.text = text
  }

  /// The rows of the input and of the residual that rows of the output need; `nil` if all rows are made together.
  var bands: RowBands? {
    let step = Int(ck_conv_row_step(plan))
    guard step > 0 else { return nil }
    let (stride, pad) = (Int(description.stride_height), Int(description.pad_top))
    let extent = (Int(description.kernel_height) - 1) * Int(description.dilation_height) + 1
    let isTransposed = isTransposed
    return RowBands(step: step) { rows in
      if isTransposed {
        // Row y sums the input rows i that have a kernel tap y + pad - i * stride. The last band may be shorter than a
        // step, but it reads as much as a whole one.
        let last = (rows.upperBound + step - 1) / step * step - 1
        return [(rows.lowerBound + pad - extent + 1) / stride..<(last + pad) / stride + 1, rows]
      }
      return [rows.lowerBound * stride - pad..<(rows.upperBound - 1) * stride - pad + extent, rows]
    }
  }

  /// Makes some rows of the output, or all of them for `nil`.
  func run(_ pool: KernelPool, _ rows: Range<Int>?) -> Bool {
    if usesLibtorch { return alternative!.run() }
    return ck_conv_run_rows(
      plan, pool.handle, maps.input.map, maps.output.map, maps.residual?.map,
      ck_rows(rows ?? 0..<maps.output.height))
  }

  // MARK: - Choice

  /// A text with everything that decides how fast each algorithm is.
  var key: String {
    let d = description
    let parts = [
      d.in_height, d.in_width, d.in_channels, d.out_height, d.out_width, d.out_channels, d.kernel_height,
      d.kernel_width, d.stride_height, d.stride_width, d.pad_top, d.pad_left, d.dilation_height, d.dilation_width,
      d.groups, Int32(d.residual.rawValue), Int32(d.activation.kind.rawValue), Int32(d.type.rawValue),
      d.is_exact ? 1 : 0, isTransposed ? 1 : 0,
    ]
    return parts.map(String.init).joined(separator: " ")
  }

  /// Runs each candidate a few times on the plan's own maps and returns the fastest. The kernels' own choice wins
  /// unless another is more than 5 % faster, which is about how far measurements scatter.
  func fastest(_ pool: KernelPool) throws -> KernelChoice {
    var best = (choice: KernelChoice.library, seconds: seconds(pool, with: plan) * 0.95)
    let own = ck_conv_algorithm(plan)
    for candidate in KernelChoice.allCases where candidate.algorithm != own && isAllowed(candidate) {
      let other = candidate == .libtorch ? nil : make(candidate)
      defer { ck_conv_free(other) }
      if candidate != .libtorch {
        // An algorithm that cannot compute this convolution has no plan.
        guard let other else { continue }
        guard ck_pool_reserve(pool.handle, ck_conv_scratch(other)) else { throw EngineError.lastKernelFailure("conv") }
      }
      let seconds = seconds(pool, with: other)
      if seconds < best.seconds { best = (candidate, seconds) }
    }
    return best.choice
  }

  /// Whether a choice may be tried: its rounding errors must be as small as those of the kernels' own choice. The
  /// algorithm of a transposed convolution cannot be chosen.
  private func isAllowed(_ choice: KernelChoice) -> Bool {
    switch choice {
    case .library: false
    case .libtorch: alternative != nil
    case .winograd4: !isTransposed && !description.is_exact
    default: !isTransposed
    }
  }

  /// Takes a choice and frees the unpacked weights.
  func settle(_ choice: KernelChoice, _ pool: KernelPool) throws {
    if choice == .libtorch {
      usesLibtorch = true
      name.text = "libtorch"
    } else {
      if choice != .library {
        guard let other = make(choice) else { throw EngineError.lastKernelFailure("conv") }
        ck_conv_free(plan)
        plan = other
      }
      alternative = nil
      try finish(pool)
    }
    (weight, bias) = (nil, nil)
  }

  /// The shortest time of a few pairs of runs in seconds. Each pair runs the kernels' own choice and then another plan
  /// (libtorch for `nil`), and the pair is timed, because each run finds the threads as the other leaves them, and
  /// libtorch has threads of its own. Slow pairs run once.
  private func seconds(_ pool: KernelPool, with other: OpaquePointer?) -> Double {
    func runPlan(_ plan: OpaquePointer?) -> Bool {
      ck_conv_run(plan, pool.handle, maps.input.map, maps.output.map, maps.residual?.map)
    }
    let clock = ContinuousClock()
    var shortest = Double.infinity
    let start = clock.now
    repeat {
      let begin = clock.now
      guard runPlan(plan), other.map(runPlan) ?? alternative!.run() else { return .infinity }
      shortest = min(shortest, begin.duration(to: clock.now).seconds)
    } while start.duration(to: clock.now) < .milliseconds(10)
    return shortest
  }

  /// The kernel's size and algorithm, such as "3x3 /2 g64 winograd-4".
  private var text: String {
    let d = description
    var parts = ["\(d.kernel_height)x\(d.kernel_width)"]
    if d.stride_height > 1 { parts.append("/\(d.stride_height)") }
    if d.dilation_height > 1 || d.dilation_width > 1 { parts.append("d\(max(d.dilation_height, d.dilation_width))") }
    if d.groups > 1 { parts.append("g\(d.groups)") }
    let algorithm = ck_conv_algorithm(plan)
    if let choice = KernelChoice.allCases.first(where: {
      $0.algorithm == algorithm && $0 != .library && $0 != .libtorch
    }) {
      parts.append(choice.rawValue)
    }
    return parts.joined(separator: " ")
  }
}
