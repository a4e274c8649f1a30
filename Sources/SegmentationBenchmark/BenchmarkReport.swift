import Basics
import Foundation
import SegmentationInference
import Torch

/// All that a benchmark found, with what is needed to judge it.
public struct BenchmarkReport: Codable, Equatable, Sendable {
  public var machine: BenchmarkMachine
  public var protocolText: [String]
  public var precision: Precision
  public var networks: [NetworkReport] = []

  /// Whether every network could be measured in this package's engine; peers may have failed.
  public var isComplete: Bool { networks.allSatisfy { $0.failure == nil } }

  /// The report as JSON.
  public func json() throws -> Data {
    try JSONEncoder.snakeCase(indented: true).encode(self) + Data("\n".utf8)
  }

  /// Reads what `json()` made.
  public init(json: Data) throws { self = try JSONDecoder.snakeCase().decode(BenchmarkReport.self, from: json) }

  init(machine: BenchmarkMachine, protocolText: [String], precision: Precision) {
    self.machine = machine
    self.protocolText = protocolText
    self.precision = precision
  }
}

/// Where a benchmark ran.
public struct BenchmarkMachine: Codable, Equatable, Sendable {
  public var processor: String
  public var vectorInstructions: [String]
  public var cores: Int
  /// The processes that wanted to run in the last minute, on average, when the benchmark began.
  public var load: Double
  public var libtorch: String
  /// `nil` where it could not be measured.
  public var peak: ComputePeak?

  init(peak: ComputePeak?) {
    processor = Processor.name
    vectorInstructions = Processor.vectorInstructions
    cores = ProcessInfo.processInfo.activeProcessorCount
    var loads = [0.0]
    load = getloadavg(&loads, 1) == 1 ? loads[0] : 0
    libtorch = Libtorch.version
    self.peak = peak
  }
}

/// What was found of one network.
public struct NetworkReport: Codable, Equatable, Sendable {
  public var network: String
  public var parameters: Int?
  /// Multiply-accumulates of convolutions and matrix products for one image.
  public var multiplyAccumulates: Int?
  /// Bytes of the weights in the benchmark's precision: the parameters, or what the engine folded them into.
  public var weightBytes: Int?
  /// Bytes that the operators' results take together in the benchmark's precision, each counted once; of the operators
  /// that the engine runs, where it tells.
  public var activationBytes: Int?
  /// Published mIoU on Cityscapes in percent.
  public var publishedMiou: Double?
  /// The share of pixels that the commonest class of our class map has; close to 1, as random weights may give, agreement
  /// with peers says little. `nil` without peers.
  public var commonestClassShare: Double?
  /// This package's engine, each process.
  public var runs: [EngineRun] = []
  public var peers: [PeerReport] = []
  /// Why this package's engine gave nothing.
  public var failure: String?

  /// The median over the processes of what `value` gives.
  public func median(_ value: (EngineRun) -> Double?) -> Double? { runs.compactMap(value).median }

  /// The smallest ratio of a peer, which is the fastest peer's.
  public var bestRatio: Double? { peers.compactMap(\.ratio).min() }
}

/// What a peer did with a network.
public struct PeerReport: Codable, Equatable, Sendable {
  public var peer: Peer
  public var runs: [EngineRun] = []
  /// The peer's median time over ours, for each pair of processes; above 1 ours is faster.
  public var ratios: [Double] = []
  /// The share of pixels with the same class as ours; `nil` where they were not compared.
  public var agreement: Double?
  /// Why it gave nothing.
  public var failure: String?

  /// The median of the ratios.
  public var ratio: Double? { ratios.median }

  /// The median over the processes of what `value` gives.
  public func median(_ value: (EngineRun) -> Double?) -> Double? { runs.compactMap(value).median }
}
