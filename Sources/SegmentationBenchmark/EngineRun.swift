import SegmentationInference

/// The results of one process that measured one network in one engine, either this package's or a peer.
public struct EngineRun: Codable, Equatable, Sendable {
  /// The engine's name, such as `eager` or `pytorch`.
  public var engine: String
  /// The engine's library and its version.
  public var library: String
  /// The time from the prepared input to the output.
  public var latency: LatencySummary
  /// The time from the process's start to the first output, in seconds. It includes loading libraries and weights and
  /// preparing the engine.
  public var firstResultSeconds: Double
  /// The most memory that was in use at a time until the end of the repetitions: resident memory (`VmHWM`) on the CPU,
  /// the GPU's memory with a GPU.
  public var peakBytes: Int
  /// The height and width of the output.
  public var outputSize: [Int]
  /// The times of the stages around the network; `nil` if they were not measured.
  public var pipeline: PipelineLatency?
  /// The part of the network that was computed in int8; `nil` for other precisions.
  public var quantization: QuantizationReport?
  /// The engine's own account of its work; `nil` if it has none.
  public var work: EngineWork?
  /// The number of runs, until the end of the repetitions, with one thread, with two threads and so on. The engine takes
  /// fewer threads while other processes occupy cores. `nil` if the engine cannot tell.
  public var runsByThreads: [Int]?
  /// The time of each operation, in their order; `nil` if it was not asked for.
  public var profile: [OperationTime]?
}

/// The work of an engine for one image.
public struct EngineWork: Codable, Equatable, Sendable {
  /// The multiply-accumulates of convolutions and matrix products, as in their definitions, not as in faster
  /// algorithms.
  public var multiplyAccumulates: Int
  /// The bytes of the weights, into which normalization is folded.
  public var weightBytes: Int
  /// The bytes of all operators' results, each counted once.
  public var activationBytes: Int
  /// The bytes of the memory that all maps share.
  public var mapBytes: Int
}

/// The times of a program's stages around the network, on a frame that is larger than the network's input.
public struct PipelineLatency: Codable, Equatable, Sendable {
  /// The time to read and decode the JPEG file.
  public var reading: LatencySummary
  /// The time to resize and normalize the image.
  public var preparation: LatencySummary
  /// The time to run the network.
  public var inference: LatencySummary
  /// The time to color the class map.
  public var coloring: LatencySummary
  /// The time to write the class map as a palette PNG.
  public var writing: LatencySummary
  /// The time of preparation, inference and coloring.
  public var withProcessing: LatencySummary
  /// The time of all stages.
  public var withFiles: LatencySummary
}
