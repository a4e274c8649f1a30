import ArgumentParser
import CKernels
import Measurement
import Torch

/// Times the kernels beside libtorch's operators, both on dense channels-last images, one after the other.
@main
struct Kernels: ParsableCommand {
  @Option(help: "Threads of both.") var threads = 1
  @Option(help: "Measure cases whose name has this in it.") var filter = ""
  @Option(help: "Seconds a case and engine; the smallest time counts.") var seconds = 0.3
  @Flag(help: "Leave libtorch out.") var alone = false

  func run() throws {
    Libtorch.threads = threads
    guard let pool = ck_pool_create(Int32(threads)) else { throw ValidationError(String(cString: ck_last_error())) }
    defer { ck_pool_free(pool) }
    print("\(String(cString: ck_isa_name(ck_current_isa()))), \(threads) threads")
    print(row("kernel", "ms", "rate", "libtorch", "ratio"))
    for benchmark in ConvolutionCase.all + OtherCase.all where filter.isEmpty || benchmark.name.contains(filter) {
      let (kernel, peer) = try benchmark.prepare(pool: pool)
      let own = fastest(kernel)
      let torch = alone ? nil : peer.map { peer in withoutGradients { fastest(peer) } }
      print(
        row(
          benchmark.name, decimal(own * 1e3, 3), "\(decimal(benchmark.work / own / 1e9, 1)) \(benchmark.unit)",
          torch.map { decimal($0 * 1e3, 3) } ?? "", torch.map { decimal($0 / own, 2) } ?? ""))
    }
  }

  private func fastest(_ body: () -> Void) -> Double {
    body()
    var (best, total) = (Double.infinity, 0.0)
    while total < seconds {
      let time = Measurement.seconds(body)
      best = min(best, time)
      total += time
    }
    return best
  }

  private func row(_ columns: String...) -> String {
    let widths = [44, 9, 16, 9, 7]
    return zip(columns, widths).enumerated().map { index, column in
      let (text, width) = column
      let space = String(repeating: " ", count: max(0, width - text.count))
      return index == 0 ? text + space : space + text
    }.joined(separator: " ")
  }

  private func decimal(_ value: Double, _ places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let digits = String(Int((value * scale).rounded()))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return padded.dropLast(places) + "." + padded.suffix(places)
  }
}

/// A kernel to time, what it does each time, and libtorch's operators for the same.
protocol KernelCase {
  var name: String { get }
  /// Floating-point operations or bytes, as `unit` says.
  var work: Double { get }
  var unit: String { get }
  func prepare(pool: OpaquePointer) throws -> (kernel: () -> Void, peer: (() -> Void)?)
}

/// A dense map of random values.
func randomMap(_ height: Int, _ width: Int, _ channels: Int, type: ck_type = CK_FLOAT32) -> (ck_map, Tensor) {
  let numbers = Tensor.randomNormal([1, height, width, channels])
  let values =
    switch type {
    case CK_UINT8: (numbers.abs() * 60).clamp(max: 255).to(dtype: .uint8)
    case CK_BFLOAT16: numbers.to(dtype: .bfloat16)
    default: numbers
    }
  let data = values.withUnsafeMutableBytes { $0.baseAddress }
  let map = ck_map(
    data: data, height: Int32(height), width: Int32(width), channels: Int32(channels), type: type,
    row: Int64(width * channels), pixel: Int64(channels))
  return (map, values.permute([0, 3, 1, 2]))
}
