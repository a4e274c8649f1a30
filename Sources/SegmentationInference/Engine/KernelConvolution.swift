import Basics
import CKernels
import Torch

/// What computes a convolution.
enum KernelChoice: String, CaseIterable, Codable {
  /// The library's own, by estimate.
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

/// A convolution with packed weights, in its place in a plan.
///
/// Several may be packed at once, each on a thread of its own.
final class KernelConvolution {
  /// What a profile shows.
  let name = KernelName("conv")
  /// What was found to be the fastest.
  var choice: KernelChoice?
  /// The same in libtorch, while it is not known which is faster.
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

  /// Packs the weights; `finish` tells whether it worked.
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

  /// Gets ready to run.
  /// - Throws: `EngineError`, `TorchError`.
  func finish(_ pool: KernelPool) throws {
    guard let plan, ck_pool_reserve(pool.handle, ck_conv_scratch(plan)) else {
      throw failure ?? EngineError.lastKernelFailure("conv")
    }
    name.text = text
  }

  /// Which rows of the input and of the residual rows of the output need; `nil` where all are made together.
  var bands: RowBands? {
    let step = Int(ck_conv_row_step(plan))
    guard step > 0 else { return nil }
    let (stride, pad) = (Int(description.stride_height), Int(description.pad_top))
    let extent = (Int(description.kernel_height) - 1) * Int(description.dilation_height) + 1
    let isTransposed = isTransposed
    return RowBands(step: step) { rows in
      if isTransposed {
        // Row y sums the rows i that have a tap y + pad - i * stride. The last step reads as if it were a whole one.
        let last = (rows.upperBound + step - 1) / step * step - 1
        return [(rows.lowerBound + pad - extent + 1) / stride..<(last + pad) / stride + 1, rows]
      }
      return [rows.lowerBound * stride - pad..<(rows.upperBound - 1) * stride - pad + extent, rows]
    }
  }

  /// Makes rows of the output; all if none are given.
  func run(_ pool: KernelPool, _ rows: Range<Int>?) -> Bool {
    if usesLibtorch { return alternative!.run() }
    return ck_conv_run_rows(
      plan, pool.handle, maps.input.map, maps.output.map, maps.residual?.map,
      ck_rows(rows ?? 0..<maps.output.height))
  }

  // MARK: - Choice

  /// What decides how fast each algorithm is.
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

  /// Runs each candidate a few times on the plan's own maps and says which is fastest: the library's choice, unless another
  /// is faster by more than measurements scatter.
  func fastest(_ pool: KernelPool) throws -> KernelChoice {
    var best = (choice: KernelChoice.library, seconds: seconds(pool, with: plan) * 0.95)
    let own = ck_conv_algorithm(plan)
    for candidate in KernelChoice.allCases where candidate.algorithm != own && isAllowed(candidate) {
      let other = candidate == .libtorch ? nil : make(candidate)
      defer { ck_conv_free(other) }
      if candidate != .libtorch {
        // Not all algorithms fit.
        guard let other else { continue }
        guard ck_pool_reserve(pool.handle, ck_conv_scratch(other)) else { throw EngineError.lastKernelFailure("conv") }
      }
      let seconds = seconds(pool, with: other)
      if seconds < best.seconds { best = (candidate, seconds) }
    }
    return best.choice
  }

  /// Whether rounding is as small as what the library would take; transposed convolutions are the library's to choose.
  private func isAllowed(_ choice: KernelChoice) -> Bool {
    switch choice {
    case .library: false
    case .libtorch: alternative != nil
    case .winograd4: !isTransposed && !description.is_exact
    default: !isTransposed
    }
  }

  /// Takes a choice and lets go of the weights.
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

  /// The shortest time of a few pairs of runs, the library's choice and another plan, or libtorch for none: each finds the
  /// threads as a neighbor leaves them, and libtorch's are not the kernels'. Slow ones run once.
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

  /// Such as "3x3 /2 g64 winograd-4".
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
