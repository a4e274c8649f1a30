import Basics
import Foundation
import SegmentationInference
import Torch

/// The results of a benchmark, and the circumstances under which they arose.
public struct BenchmarkReport: Codable, Equatable, Sendable {
  /// The machine on which it ran.
  public var machine: BenchmarkMachine
  /// A description of how the networks were measured, in lines for people.
  public var protocolText: [String]
  /// The type in which this package's engine computed.
  public var precision: Precision
  /// The other circumstances of this package's engine; `nil` in reports of earlier versions.
  public var conditions: BenchmarkConditions?
  /// The networks' results, in the order of the options.
  public var networks: [NetworkReport] = []

  /// Whether this package's engine has measured every network; peers may have failed.
  public var isComplete: Bool { networks.allSatisfy { $0.failure == nil } }

  /// The report as JSON.
  public func json() throws -> Data {
    try JSONEncoder.snakeCase(indented: true).encode(self) + Data("\n".utf8)
  }

  /// Reads a report that `json()` has written.
  /// - Throws: `DecodingError` if the data is no such report.
  public init(json: Data) throws { self = try JSONDecoder.snakeCase().decode(BenchmarkReport.self, from: json) }

  /// The first respect in which the report differs from one that would be measured here by options, in words; `nil` if
  /// there is none.
  public func difference(from options: BenchmarkOptions) -> String? {
    guard let conditions else { return "the file does not tell the size of the images and the number of threads" }
    let wanted = BenchmarkConditions(options)
    func difference<Value: Equatable>(_ name: String, _ found: Value, _ expected: Value) -> String? {
      found == expected ? nil : "\(name): expected \(expected), found \(found)"
    }
    func size(_ sides: [Int]) -> String { sides.map(String.init).joined(separator: "x") }
    return difference("processor", machine.processor.printable(limit: 100), Processor.name.printable(limit: 100))
      ?? difference("size", size(conditions.size), size(wanted.size))
      ?? difference("threads", conditions.threads, wanted.threads)
      ?? difference("precision", precision, options.precision)
      ?? difference("engine", conditions.engine, wanted.engine)
      ?? difference("device", conditions.device.printable(limit: 100), wanted.device)
      ?? difference("output", conditions.output, wanted.output)
      ?? difference(
        "instructions", conditions.instructionSet?.rawValue ?? "the processor's",
        wanted.instructionSet?.rawValue ?? "the processor's")
      ?? difference("other work", conditions.contention?.rawValue ?? "none", wanted.contention?.rawValue ?? "none")
  }

  init(machine: BenchmarkMachine, protocolText: [String], precision: Precision) {
    self.machine = machine
    self.protocolText = protocolText
    self.precision = precision
  }
}

/// The machine on which a benchmark ran.
public struct BenchmarkMachine: Codable, Equatable, Sendable {
  /// The processor's name.
  public var processor: String
  /// The vector instructions that the processor has, such as `AVX-512 BF16`.
  public var vectorInstructions: [String]
  /// The number of logical cores that the process can use.
  public var cores: Int
  /// The number of processes that wanted to run, averaged over the minute before the benchmark began.
  public var load: Double
  /// The version of libtorch.
  public var libtorch: String
  /// The arithmetic that the machine reaches; `nil` if it could not be measured.
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

/// The circumstances under which this package's engine ran.
public struct BenchmarkConditions: Codable, Equatable, Sendable {
  /// The engine.
  public var engine: Engine
  /// The device, such as `cpu`.
  public var device: String
  /// The number of CPU threads.
  public var threads: Int
  /// The height and width of the networks' input.
  public var size: [Int]
  /// The result of an inference, classes or scores.
  public var output: InferenceOptions.Output
  /// The vector instructions that the engine was limited to; `nil` for those of the processor.
  public var instructionSet: InstructionSet?
  /// The work that another process did meanwhile; `nil` if there was none.
  public var contention: Contention?

  init(_ options: BenchmarkOptions) {
    (engine, device, threads, output) = (options.engine, options.device, options.threads, options.output)
    size = [options.size.height, options.size.width]
    (instructionSet, contention) = (options.instructionSet, options.contention)
  }
}

/// The results for one network.
public struct NetworkReport: Codable, Equatable, Sendable {
  /// The network's name in the catalogue.
  public var network: String
  /// The number of its parameters; `nil` if the network failed.
  public var parameters: Int?
  /// The multiply-accumulates of convolutions and matrix products for one image.
  public var multiplyAccumulates: Int?
  /// The bytes of the weights in the benchmark's precision, as the engine stores them if it tells, else as the
  /// network's parameters.
  public var weightBytes: Int?
  /// The bytes of all operators' results in the benchmark's precision, each counted once. The operators are those that
  /// the engine runs if it tells, else the network's.
  public var activationBytes: Int?
  /// The published mIoU on Cityscapes in percent; `nil` if none is known.
  public var publishedMiou: Double?
  /// The share of pixels that have the commonest class in the class map of this package's engine; `nil` without peers.
  /// With a share close to 1, which random weights may give, agreement with peers says little.
  public var commonestClassShare: Double?
  /// The share of pixels to which this package's engine gives the class that it gives in float32; `nil` in float32 and
  /// without peers.
  public var agreement: Double?
  /// The measurements of this package's engine, one per process.
  public var runs: [EngineRun] = []
  /// The results of the other engines.
  public var peers: [PeerReport] = []
  /// Whether the peers ran the ONNX file that this package writes, since the peers' code lacks the network or cannot
  /// export it; `nil` if they did not.
  public var peersRunExport: Bool?
  /// The reason why the peers' own exporter wrote no ONNX file, if they ran this package's.
  public var exporterFailure: String?
  /// The reason why this package's engine has no result; `nil` if it has one.
  public var failure: String?

  /// The median, over the processes, of the values that are not `nil`.
  public func median(_ value: (EngineRun) -> Double?) -> Double? { runs.compactMap(value).median }

  /// The smallest of the peers' ratios, which belongs to the fastest peer; `nil` without peers.
  public var bestRatio: Double? { peers.compactMap(\.ratio).min() }
}

/// The results of a peer for one network.
public struct PeerReport: Codable, Equatable, Sendable {
  /// The peer.
  public var peer: Peer
  /// The peer's measurements, one per process.
  public var runs: [EngineRun] = []
  /// The peer's median time divided by that of this package's engine, for each pair of processes. Above 1 this
  /// package's engine is faster.
  public var ratios: [Double] = []
  /// The share of pixels to which the peer gives the class of this package's engine in float32; `nil` if they were not
  /// compared.
  public var agreement: Double?
  /// The reason why the peer has no result; `nil` if it has one.
  public var failure: String?

  /// The least agreement of a peer that computes the same network in float32. Rounding changes far fewer pixels.
  package static let leastAgreement = 0.99

  /// Notes the peer's agreement. A peer that disagrees in float32 computes another network, so its time does not count.
  /// - Parameter isExact: Whether both engines compute in float32 and choose classes at the input's size.
  package mutating func note(agreement: Double?, isExact: Bool) {
    self.agreement = agreement
    guard isExact, let agreement, agreement < Self.leastAgreement else { return }
    failure = String(
      format: "its classes differ at %.1f %% of the pixels, so it computes something else and its time does not count",
      100 * (1 - agreement))
  }

  /// The median of the ratios; `nil` if there are none.
  public var ratio: Double? { ratios.median }

  /// The median, over the processes, of the values that are not `nil`.
  public func median(_ value: (EngineRun) -> Double?) -> Double? { runs.compactMap(value).median }
}
