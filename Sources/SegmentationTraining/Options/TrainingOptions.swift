import SegmentationData
import SegmentationModels
import Torch

/// Everything a training run can be told: the keys of configuration files and of `--set`.
public struct TrainingOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The folder that the run writes.
  public var output = "runs/train"
  public var epochs = 100
  /// Images per step.
  public var batchSize = 8
  public var seed: UInt64 = 1
  /// `cpu`, `cuda`, `cuda:1`, `mps`; `auto` takes the first accelerator there is.
  public var device = "auto"
  /// Threads of one operation on the CPU, at most 1024; none: as many as there are cores.
  public var threads: Int?
  /// Mixed precision.
  public var amp = Precision.off
  /// Steps in a row with a loss or gradients that are not finite after which a run gives up.
  public var maximumSkippedSteps = 50

  public var model = ModelOptions()
  public var data = DataOptions()
  public var augmentation = AugmentationOptions()
  public var objective = ObjectiveOptions()
  public var optimizer = OptimizerOptions()
  public var schedule = ScheduleOptions()
  public var averaging = AveragingOptions()
  public var validation = ValidationOptions()

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

  /// Checks these options and those of all sections.
  /// - Throws: `InvalidOption`, or `DataError` for those of the data and their augmentation.
  func validateAll() throws {
    let sections: [(String, any ValidatedOptions)] = [
      ("model", model), ("objective", objective), ("optimizer", optimizer), ("schedule", schedule),
      ("averaging", averaging), ("validation", validation),
    ]
    for (name, section) in sections {
      do { try section.validate() } catch let error as InvalidOption {
        throw InvalidOption("\(name).\(error.name)", error.reason)
      }
    }
    try data.validate()
    try augmentation.validate()
    try validate()
  }

  public func validate() throws {
    try require(!output.isEmpty, "output", "a folder", found: "nothing")
    try require(epochs, in: 1...OptionLimits.epochs, "epochs")
    try require(batchSize, in: 1...OptionLimits.batch, "batchSize")
    try require(
      (1...Libtorch.threadLimit).contains(threads ?? 1), "threads",
      "1 to \(Libtorch.threadLimit), of which a machine's number of cores is enough", found: threads ?? 1)
    try require(maximumSkippedSteps, in: 1...OptionLimits.steps, "maximumSkippedSteps")
    try require(
      validation.enabled || !averaging.enabled, "validation.enabled",
      "true with averaging.enabled, whose averaged weights go into best.pth, or averaging.enabled false",
      found: validation.enabled)
    try require(
      device == "auto" || Device(device).map { $0.kind != .meta } == true, "device", "auto, cpu, cuda, cuda:N or mps",
      found: device)
    try require(
      amp != .float16 || !["cpu"].contains(device), "amp", "off or bfloat16 on the CPU (float16 needs a GPU)",
      found: amp.rawValue)
  }
}
