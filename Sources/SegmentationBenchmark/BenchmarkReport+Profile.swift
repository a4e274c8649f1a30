import Basics
import Foundation
import SegmentationInference

extension BenchmarkReport {
  /// The number of operations that the table of a network shows; JSON has all of them.
  private static let shown = 25

  /// A network's slowest operations, and all of them grouped by kind; `nil` if they were not measured.
  func profileText(_ network: NetworkReport) -> String? {
    guard let profile = network.runs.first?.profile, !profile.isEmpty else { return nil }
    let total = profile.reduce(0) { $0 + $1.seconds }
    let sorted = profile.sorted { $0.seconds > $1.seconds }
    let slowest = sorted.prefix(Self.shown).map { operation in
      [
        operation.name, operation.kernel, operation.module,
        operation.outputShape.map(String.init).joined(separator: "x"),
      ]
        + cells(of: [operation], total)
    }
    let others = sorted.dropFirst(Self.shown)
    let rest = others.isEmpty ? [] : [["\(others.count) others", "", "", ""] + cells(of: Array(others), total)]
    let figures = ["ms", "share %", "GFLOP/s", "GB/s", "% of peak"]
    let kinds = Dictionary(grouping: profile) { "\($0.name) \($0.kernel)" }.values
      .sorted { seconds(of: $0) > seconds(of: $1) }
      .map { [$0[0].name, $0[0].kernel, "\($0.count)"] + cells(of: $0, total) }
    return "\(network.network): time by operation, medians of runs that measure each\n"
      + TextTable.text([["operator", "kernel", "module", "result"] + figures] + slowest + rest) + "\n\n"
      + "\(network.network): time by kind of operation\n"
      + TextTable.text(
        [["operator", "kernel", "count"] + figures] + kinds + [
          ["all", "", "\(profile.count)"] + cells(of: profile, total)
        ]) + chainText(profile) + threadText(network)
  }

  /// The operations that each thread runs by itself.
  private func chainText(_ profile: [OperationTime]) -> String {
    let chains = Set(profile.compactMap(\.chain)).count
    guard chains > 0 else { return "" }
    let count = profile.count { $0.chain != nil }
    return "\n\n\(count) operations run in \(chains) chain\(chains == 1 ? "" : "s"), "
      + "of which each thread makes some rows by itself"
  }

  /// The number of runs with each number of threads, which tells whether other processes occupied cores.
  private func threadText(_ network: NetworkReport) -> String {
    guard let runs = network.runs.first?.runsByThreads else { return "" }
    let counts = runs.indices.reversed().filter { runs[$0] > 0 }
      .map { "\(runs[$0]) with \($0 + 1) thread\($0 == 0 ? "" : "s")" }
    return "\n\n\(network.network): runs before the profile: " + counts.joined(separator: ", ")
  }

  private func seconds(of operations: [OperationTime]) -> Double { operations.reduce(0) { $0 + $1.seconds } }

  /// The cells of some operations: milliseconds, share, GFLOP/s, GB/s and percent of the machine's peak.
  private func cells(of operations: [OperationTime], _ total: Double) -> [String] {
    let seconds = max(seconds(of: operations), 1e-9)
    let rate = operations.reduce(0) { $0 + 2 * Double($1.multiplyAccumulates) } / seconds / 1e9
    let bytes = operations.reduce(0) { $0 + Double($1.bytes) }
    let peak = machine.peak?.rate(for: precision)
    return [
      Self.cell(3, seconds * 1000), Self.cell(1, 100 * seconds / total), Self.cell(1, rate > 0 ? rate : nil),
      Self.cell(1, bytes / seconds / 1e9), Self.cell(0, rate > 0 ? peak.map { 100 * rate / $0 } : nil),
    ]
  }
}
