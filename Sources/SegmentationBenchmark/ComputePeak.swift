import SegmentationInference
import Torch

/// The arithmetic that this machine reaches: the fastest of many products of two 1024x1024 matrices by libtorch, in
/// GFLOP/s (a multiply-accumulate is two operations).
public struct ComputePeak: Codable, Equatable, Sendable {
  public var float32: Double
  public var bfloat16: Double

  init(float32: Double, bfloat16: Double) {
    self.float32 = float32
    self.bfloat16 = bfloat16
  }

  /// Measures for about a second.
  public static func measure(threads: Int) -> ComputePeak {
    Libtorch.threads = threads
    return ComputePeak(float32: rate(.float32), bfloat16: rate(.bfloat16))
  }

  /// The larger of two measurements, for each type.
  func larger(_ other: ComputePeak?) -> ComputePeak {
    ComputePeak(float32: max(float32, other?.float32 ?? 0), bfloat16: max(bfloat16, other?.bfloat16 ?? 0))
  }

  /// What applies to a precision; `nil` where nothing was measured.
  func rate(for precision: Precision) -> Double? {
    switch precision {
    case .float32: float32
    case .bfloat16: bfloat16
    case .float16, .int8: nil
    }
  }

  private static func rate(_ dtype: DType) -> Double {
    let side = 1024
    let a = Tensor.random([side, side]).to(dtype: dtype)
    let b = Tensor.random([side, side]).to(dtype: dtype)
    var budget = LatencyBudget()
    (budget.warmupSeconds, budget.seconds) = (0.1, 0.4)
    let times = withoutGradients { budget.measure { _ = a.matmul(b) } }
    return 2 * Double(side * side * side) / times.min()! / 1e9
  }
}
