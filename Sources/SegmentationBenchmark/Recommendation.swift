import Basics
import Foundation

/// The networks to choose from for a time per image: those than which no other is both faster and better.
public struct Recommendation: Codable, Equatable, Sendable {
  /// How well a network labels, and where the figure is from.
  public struct Accuracy: Equatable, Sendable {
    /// The mean IoU in percent.
    public var meanIoU: Double
    /// The source of the figure, such as `published` or the name of a training run.
    public var source: String

    /// Creates an accuracy.
    public init(meanIoU: Double, source: String) {
      (self.meanIoU, self.source) = (meanIoU, source)
    }
  }

  /// A network with its speed and its accuracy.
  public struct Network: Codable, Equatable, Sendable {
    /// The network's name in the catalogue.
    public var network: String
    /// The mean IoU in percent.
    public var meanIoU: Double
    /// The source of the mean IoU.
    public var source: String
    /// The median time of an inference in milliseconds.
    public var p50: Double
    /// The 95th percentile of that time in milliseconds.
    public var p95: Double
    /// The most memory that was in use, in bytes.
    public var peakBytes: Double
  }

  /// The time that an inference may take, in milliseconds.
  public var budget: Double
  /// The front within the budget: the networks than which no other is both faster and better, the best first.
  public var front: [Network]
  /// The fastest network that is better than those within the budget; `nil` if none was measured.
  public var next: Network?
  /// The number of networks that were measured.
  public var measured: Int

  /// The network to take: the best one within the budget; `nil` if none is fast enough.
  public var best: Network? { front.first }

  /// Joins measured speed with known accuracy. Networks that lack one of them are left out.
  /// - Parameter budget: The time that an inference may take, in milliseconds.
  public init(budget: Double, report: BenchmarkReport, accuracies: [String: Accuracy]) {
    let networks = report.networks.compactMap { network -> Network? in
      guard let accuracy = accuracies[network.network], let p50 = network.median({ $0.latency.p50 }), p50 > 0 else {
        return nil
      }
      return Network(
        network: network.network, meanIoU: accuracy.meanIoU, source: accuracy.source, p50: p50,
        p95: network.median { $0.latency.p95 } ?? p50, peakBytes: network.median { Double($0.peakBytes) } ?? 0)
    }
    let byName = Dictionary(networks.map { ($0.network, $0) }) { first, _ in first }
    let points = networks.map { SpeedPlot.Point(name: $0.network, speed: 1000 / $0.p50, score: $0.meanIoU) }
    let whole = SpeedPlot.paretoFront(points).compactMap { byName[$0.name] }
    self.budget = budget
    front = whole.filter { $0.p50 <= budget }.reversed()
    next = whole.first { $0.p50 > budget }
    measured = networks.count
  }

  /// The recommendation as JSON.
  public func json() throws -> Data { try JSONEncoder.snakeCase(indented: true).encode(self) + Data("\n".utf8) }

  /// The recommendation as text for the terminal: the front as a table, then the network to take. It is empty if no network is
  /// fast enough.
  public func text() -> String {
    guard let best else { return "" }
    var rows = [["network", "mIoU %", "p50 ms", "p95 ms", "MiB", "mIoU from"]]
    for network in front {
      rows.append([
        network.network, String(format: "%.2f", network.meanIoU), String(format: "%.1f", network.p50),
        String(format: "%.1f", network.p95), String(format: "%.0f", network.peakBytes / 1_048_576), network.source,
      ])
    }
    var lines = [
      "No other of the \(measured) networks is both faster and better than one of these:",
      TextTable.text(rows, [.left, .right, .right, .right, .right, .left]), "",
      "Within \(Self.milliseconds(budget)), take \(Self.sentence(best))",
    ]
    if let next { lines.append("With more time, the next better one of them is \(Self.sentence(next))") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func sentence(_ network: Network) -> String {
    "\(network.network): mIoU \(String(format: "%.2f", network.meanIoU)) %, \(milliseconds(network.p50))."
  }

  private static func milliseconds(_ value: Double) -> String { String(format: "%.4g ms", value) }
}
