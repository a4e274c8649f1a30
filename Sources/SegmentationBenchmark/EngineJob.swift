import SegmentationImage
import SegmentationInference
import Torch

/// What one process is to measure: one network in one engine.
public struct EngineJob: Codable, Sendable {
  public var network: String
  public var engine: Engine
  public var precision: Precision
  public var output: InferenceOptions.Output
  public var classes: Int
  /// `cpu`, `cuda`, ...
  public var device: String
  public var threads: Int
  public var budget: LatencyBudget
  /// The network's weights.
  public var weights: String
  /// The image as JPEG, of any size.
  public var frame: String
  /// The image as the network takes it, .npy: float32 [1, 3, H, W].
  public var input: String
  /// A folder to write to.
  public var scratch: String
  /// Where the class map goes, H * W bytes; `nil` for nowhere.
  public var classMap: String?
  /// Whether to time preparation, coloring and files too.
  public var withPipeline: Bool
  /// For int8: a folder of images to calibrate on, `nil` for the input alone, and the agreement to keep, `nil` for 0.99.
  public var calibration: String?
  public var agreement: Double?
  /// Where measured kernels are kept; none: they are chosen by estimates.
  public var choices: String?
  /// Whether to time each operation too; engines without a profile refuse.
  public var withProfile: Bool?
  /// When the process was started, in seconds since 1970.
  public var started: Double
}
