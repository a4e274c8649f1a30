import SegmentationImage
import SegmentationInference
import Torch

/// The task of one process: the measurement of one network in one engine.
public struct EngineJob: Codable, Sendable {
  /// The network's name in the catalogue.
  public var network: String
  /// The engine.
  public var engine: Engine
  /// The type in which the engine computes.
  public var precision: Precision
  /// The result of an inference, classes or scores.
  public var output: InferenceOptions.Output
  /// The number of the network's classes.
  public var classes: Int
  /// The device's name, such as `cpu` or `cuda`.
  public var device: String
  /// The number of CPU threads.
  public var threads: Int
  /// The time to warm up and to measure.
  public var budget: LatencyBudget
  /// The file of the network's weights.
  public var weights: String
  /// The compiled network that takes the place of the weights; `nil` for none.
  public var program: String?
  /// A JPEG file of the image, of any size.
  public var frame: String
  /// A .npy file of the image as the network takes it: float32 [1, 3, H, W].
  public var input: String
  /// A folder for temporary files.
  public var scratch: String
  /// The file to which the class map is written, H * W bytes; `nil` for none.
  public var classMap: String?
  /// Whether reading, preparation, coloring and writing are timed too.
  public var withPipeline: Bool
  /// A folder of images for int8 to be calibrated on; `nil` calibrates on the input alone.
  public var calibration: String?
  /// The share of pixels to which int8 must give the same class as float32; `nil` for 0.99.
  public var agreement: Double?
  /// The file that keeps the kernels chosen by measurement; `nil` chooses them by estimates.
  public var choices: String?
  /// Whether each operation is timed too; engines that cannot do so refuse the job.
  public var withProfile: Bool?
  /// The time at which the process was started, in seconds since 1970.
  public var started: Double
}
