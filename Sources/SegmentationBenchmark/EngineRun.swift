import SegmentationInference

/// What one process measured of one network in one engine, of this package or a peer's.
public struct EngineRun: Codable, Equatable, Sendable {
  /// `eager`, `pytorch`, ...
  public var engine: String
  /// The engine's library and its version.
  public var library: String
  /// From the prepared input to the output.
  public var latency: LatencySummary
  /// From the process's start to the first output: libraries, weights and preparation included.
  public var firstResultSeconds: Double
  /// The most memory that was resident at a time (`VmHWM`), up to the end of the repetitions; with a GPU the most memory
  /// there.
  public var peakBytes: Int
  /// Height and width of the output.
  public var outputSize: [Int]
  public var pipeline: PipelineLatency?
  /// What was computed in int8; `nil` for other precisions.
  public var quantization: QuantizationReport?
  /// The engine's own account of its work, where it has one.
  public var work: EngineWork?
  /// Each operation, in order, where it was asked for.
  public var profile: [OperationTime]?
}

/// What an engine does for one image.
public struct EngineWork: Codable, Equatable, Sendable {
  /// Of convolutions and matrix products, as these are defined.
  public var multiplyAccumulates: Int
  /// Bytes of the weights, with normalization folded in.
  public var weightBytes: Int
  /// Bytes that the operators' results take together, each counted once.
  public var activationBytes: Int
  /// Bytes of the memory that all maps share.
  public var mapBytes: Int
}

/// What surrounds the network in a program, stage by stage, on a frame larger than the network's input.
public struct PipelineLatency: Codable, Equatable, Sendable {
  /// Reading and decoding the JPEG file.
  public var reading: LatencySummary
  /// Resizing and normalizing.
  public var preparation: LatencySummary
  public var inference: LatencySummary
  /// From the class map to a color picture.
  public var coloring: LatencySummary
  /// Writing the class map as palette PNG.
  public var writing: LatencySummary
  /// Preparation, inference and coloring.
  public var withProcessing: LatencySummary
  /// All of it.
  public var withFiles: LatencySummary
}
