import SegmentationData
import SegmentationModels
import Torch

/// Everything a training run can be told: the keys of configuration files and of `--set`.
public struct TrainingOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The folder that the run writes.
  public var output = "runs/train"
  public var epochs = 100
  /// Images a step.
  public var batchSize = 8
  public var seed: UInt64 = 1
  /// `cpu`, `cuda`, `cuda:1`, `mps`; `auto` takes the first accelerator there is.
  public var device = "auto"
  /// Threads of one operation on the CPU; none: as many as there are cores.
  public var threads: Int?
  /// Mixed precision.
  public var amp = Precision.off
  /// Epochs between validations; the last epoch is always validated.
  public var validationInterval = 1
  /// Images a step in validation; more than 1 only for images of one size.
  public var validationBatchSize = 1
  /// Steps in a row with gradients that are not finite after which a run gives up.
  public var maximumSkippedSteps = 50

  public var model = ModelOptions()
  public var data = DataOptions()
  public var augmentation = AugmentationOptions()
  public var objective = ObjectiveOptions()
  public var optimizer = OptimizerOptions()
  public var schedule = ScheduleOptions()
  public var averaging = AveragingOptions()

  public init() {}

  /// How numbers are kept while training.
  public enum Precision: String, Codable, Sendable, CaseIterable {
    case off, bfloat16, float16

    public var dtype: DType? {
      switch self {
      case .off: nil
      case .bfloat16: .bfloat16
      case .float16: .float16
      }
    }
  }

  public func validate() throws {
    try require(!output.isEmpty, "output", "a folder", found: "nothing")
    try require(epochs >= 1, "epochs", "at least 1", found: epochs)
    try require(batchSize >= 1, "batchSize", "at least 1", found: batchSize)
    try require(threads ?? 1 >= 1, "threads", "at least 1", found: threads ?? 1)
    try require(validationInterval >= 1, "validationInterval", "at least 1", found: validationInterval)
    try require(validationBatchSize >= 1, "validationBatchSize", "at least 1", found: validationBatchSize)
    try require(maximumSkippedSteps >= 1, "maximumSkippedSteps", "at least 1", found: maximumSkippedSteps)
    try require(
      device == "auto" || Device(device).map { $0.kind != .meta } == true, "device", "auto, cpu, cuda, cuda:N or mps",
      found: device)
    try require(
      amp != .float16 || !["cpu"].contains(device), "amp", "off or bfloat16 on the CPU (float16 needs a GPU)",
      found: amp.rawValue)
  }
}
