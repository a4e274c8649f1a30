import Basics
import Foundation

extension BenchmarkReport {
  /// The report as text for the terminal: protocol, tables, means and failures.
  public func text() -> String {
    var parts = [header, speedTable]
    if networks.contains(where: { !$0.peers.isEmpty }) { parts += [comparisonTable, resourceTable] }
    let failures = networks.flatMap { network in
      network.peers.compactMap { peer in peer.failure.map { "\(network.network): \(peer.peer): \($0)" } }
    }
    let uniform = networks.filter { ($0.commonestClassShare ?? 0) > 0.95 }.map(\.network)
    if !uniform.isEmpty {
      parts.append(
        "one class fills over 95% of the picture, so that agreement says little; trained weights would tell: "
          + uniform.joined(separator: ", "))
    }
    let exported = networks.filter { $0.peersRunExport == true }.map(\.network)
    if !exported.isEmpty {
      parts.append("the peers ran the ONNX files that rtseg export writes: " + exported.joined(separator: ", "))
    }
    let quantized = networks.compactMap { network in
      network.runs.first?.quantization.map { "\(network.network): \($0)" }
    }
    if !quantized.isEmpty { parts.append(quantized.joined(separator: "\n")) }
    parts += networks.compactMap(profileText)
    if !failures.isEmpty { parts.append(failures.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private var header: String {
    let vectors = machine.vectorInstructions.joined(separator: ", ")
    var lines = protocolText
    lines.append(
      "\(machine.processor), \(machine.cores) cores, \(vectors); load \(String(format: "%.1f", machine.load)); libtorch "
        + machine.libtorch)
    if let peak = machine.peak {
      lines.append(
        String(
          format: "peak of this machine, by libtorch's 1024x1024 matrix product: float32 %.0f, bfloat16 %.0f GFLOP/s",
          peak.float32, peak.bfloat16))
    }
    return lines.joined(separator: "\n")
  }

  private var speedTable: String {
    var rows = [
      [
        "network", "M param.", "GMACs", "MB moved", "p50 ms", "p95", "p99", "FPS", "% of peak", "FPS+processing",
        "FPS+files", "first s", "MiB", "mIoU %",
      ]
    ]
    for network in networks {
      guard network.failure == nil else { continue }
      func cell(_ digits: Int, _ value: Double?) -> String { Self.cell(digits, value) }
      let p50 = network.median { $0.latency.p50 }
      let bytes = network.weightBytes.flatMap { weights in network.activationBytes.map { Double($0 + weights) } }
      rows.append([
        network.network, cell(2, network.parameters.map { Double($0) / 1e6 }),
        cell(1, network.multiplyAccumulates.map { Double($0) / 1e9 }), cell(0, bytes.map { $0 / 1e6 }),
        cell(1, p50), cell(1, network.median { $0.latency.p95 }), cell(1, network.median { $0.latency.p99 }),
        cell(1, p50.map { 1000 / $0 }), cell(0, percentOfPeak(network)),
        cell(1, network.median { $0.pipeline?.withProcessing.perSecond }),
        cell(1, network.median { $0.pipeline?.withFiles.perSecond }), cell(2, network.median { $0.firstResultSeconds }),
        cell(0, network.median { Double($0.peakBytes) / 1_048_576 }), cell(2, network.publishedMiou),
      ])
    }
    return TextTable.text(rows)
  }

  /// The arithmetic of a network per second, in percent of the machine's peak.
  package func percentOfPeak(_ network: NetworkReport) -> Double? {
    guard let count = network.multiplyAccumulates, let time = network.median({ $0.latency.p50 }),
      let peak = machine.peak?.rate(for: precision)
    else { return nil }
    return 100 * 2 * Double(count) / (time / 1000) / 1e9 / peak
  }

  // MARK: Peers

  private var peers: [Peer] {
    Peer.allCases.filter { peer in networks.contains { $0.peers.contains { $0.peer == peer } } }
  }

  private var comparisonTable: String {
    let peers = peers
    let isExact = precision == .float32
    let heads = peers.flatMap { ["\($0)", "ratio", "agree %"] }
    var rows = [["p50 ms", "ours"] + (isExact ? [] : ["agree %"]) + heads + ["best peer"]]
    for network in networks where network.failure == nil {
      let cells = peers.flatMap { peer in
        let report = network.peers.first { $0.peer == peer }
        return [
          Self.cell(1, report?.median { $0.latency.p50 }), Self.cell(2, report?.ratio),
          Self.cell(2, report?.agreement.map { $0 * 100 }),
        ]
      }
      let own = [Self.cell(1, network.median { $0.latency.p50 })]
      let agreement = isExact ? [] : [Self.cell(2, network.agreement.map { $0 * 100 })]
      rows.append([network.network] + own + agreement + cells + [Self.cell(2, network.bestRatio)])
    }
    let means = peers.flatMap { ["", Self.cell(2, geometricMean(of: $0)), ""] }
    rows.append(["geometric mean", ""] + (isExact ? [] : [""]) + means + [Self.cell(2, geometricMeanOfBest)])
    return "ratio: the peer's time over ours, above 1 ours is faster; agree: pixels with our class in float32\n"
      + TextTable.text(rows)
  }

  private var resourceTable: String {
    let peers = peers
    var rows = [["MiB, first s", "ours", ""] + peers.flatMap { ["\($0)", ""] }]
    for network in networks where network.failure == nil {
      let all = [network.runs] + peers.map { peer in network.peers.first { $0.peer == peer }?.runs ?? [] }
      rows.append(
        [network.network]
          + all.flatMap { runs in
            [
              Self.cell(0, runs.map { Double($0.peakBytes) / 1_048_576 }.median),
              Self.cell(2, runs.map(\.firstResultSeconds).median),
            ]
          })
    }
    return "peak memory and time from a process's start to its first result\n" + TextTable.text(rows)
  }

  /// The geometric mean of a peer's ratios over the networks that it ran; `nil` if there are none.
  public func geometricMean(of peer: Peer) -> Double? {
    networks.compactMap { $0.peers.first { $0.peer == peer }?.ratio }.geometricMean
  }

  /// The geometric mean of the ratios of each network's fastest peer; `nil` if there are none.
  public var geometricMeanOfBest: Double? { networks.compactMap(\.bestRatio).geometricMean }

  static func cell(_ digits: Int, _ value: Double?) -> String {
    value.map { String(format: "%.\(digits)f", $0) } ?? "-"
  }
}
