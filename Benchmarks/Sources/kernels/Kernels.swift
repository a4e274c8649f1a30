import ArgumentParser
import CKernels
import Foundation
import Measurement
import SegmentationBenchmark
import SegmentationInference
import Torch

/// Times the kernels beside libtorch's operators, both on dense channels-last images, one after the other.
@main
struct Kernels: ParsableCommand {
  @Option(help: "The number of threads of both.") var threads = 1
  @Option(help: "Measure cases whose name has this in it.") var filter = ""
  @Option(name: .customLong("seconds"), help: "Seconds per case and engine. The smallest time counts.")
  var duration = 0.3
  @Flag(help: "Leave libtorch out.") var alone = false
  @Flag(help: "Read and write maps that are in no cache, as most of a network's maps are.") var cold = false
  @Option(help: "Limit both to these vector instructions, such as avx2.") var isa: InstructionSet?
  @Option(help: "A file of rtseg bench --profile --json, whose convolutions take the place of the usual cases.")
  var profile: String?

  func run() throws {
    // libtorch and oneDNN read these variables when they compute for the first time.
    for (name, value) in isa?.environment ?? [:] { setenv(name, value, 1) }
    Libtorch.threads = threads
    guard let pool = ck_pool_create(Int32(threads)) else { throw ValidationError(String(cString: ck_last_error())) }
    defer { ck_pool_free(pool) }
    let limits = Limits(threads: threads)
    print(
      "\(String(cString: ck_isa_name(ck_current_isa()))), \(threads) threads, maps \(cold ? "in no cache" : "in caches"); "
        + "limits: libtorch's matrix product \(decimal(limits.peak.float32, 0)) GFLOP/s in float32 and "
        + "\(decimal(limits.peak.bfloat16, 0)) in bfloat16, copying \(decimal(limits.bandwidth, 1)) GB/s")
    print(row("kernel", "ms", "GFLOP/s", "%", "GB/s", "%", "libtorch", "ratio"))
    for benchmark in try cases() where filter.isEmpty || benchmark.name.contains(filter) {
      let (kernel, peer) = try benchmark.prepare(pool: pool)
      let own = fastest(kernel)
      let torch = alone ? nil : peer.map { peer in withoutGradients { fastest(peer) } }
      let (rate, peak) = (benchmark.operations / own / 1e9, limits.peak(for: benchmark.type))
      let speed = benchmark.bytes / own / 1e9
      print(
        row(
          benchmark.name, decimal(own * 1e3, 3), rate > 0 ? decimal(rate, 1) : "",
          rate > 0 ? peak.map { decimal(100 * rate / $0, 0) } ?? "" : "", decimal(speed, 1),
          decimal(100 * speed / limits.bandwidth, 0), torch.map { decimal($0 * 1e3, 3) } ?? "",
          torch.map { decimal($0 / own, 2) } ?? ""))
    }
  }

  private func cases() throws -> [any KernelCase] {
    guard let profile else { return ConvolutionCase.all + MatrixCase.all + OtherCase.all }
    return try ConvolutionCase.profiled(in: BenchmarkReport(json: Data(contentsOf: URL(filePath: profile))))
  }

  private func fastest(_ body: () -> Void) -> Double {
    body()
    var (best, total) = (Double.infinity, 0.0)
    while total < duration {
      if cold { Limits.emptyCaches() }
      let time = seconds(body)
      best = min(best, time)
      total += time
    }
    return best
  }

  private func row(_ columns: String...) -> String {
    let widths = [44, 9, 8, 4, 8, 4, 9, 7]
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
    return places == 0 ? digits : padded.dropLast(places) + "." + padded.suffix(places)
  }
}

/// A kernel to time, what it does each time, and libtorch's operators for the same.
protocol KernelCase {
  var name: String { get }
  /// The type in which it computes.
  var type: ck_type { get }
  /// Floating-point operations; 0 if the kernel is bound by memory.
  var operations: Double { get }
  /// The bytes that are read and written, each counted once.
  var bytes: Double { get }
  func prepare(pool: OpaquePointer) throws -> (kernel: () -> Void, peer: (() -> Void)?)
}

extension InstructionSet: @retroactive ExpressibleByArgument {}

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
