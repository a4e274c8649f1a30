import Basics
import SegmentationData
import SegmentationModels
import Torch

/// Everything a training run can be told: the keys of configuration files and of `--set`.
public struct TrainingOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The folder that the run writes.
  public var output = "runs/train"
  /// How often the network sees each training image.
  public var epochs = 100
  /// Images in a batch, over all processes together.
  public var batchSize = 8
  /// The number of batches whose gradients are averaged before the weights change: steps of `batch_size` times this many
  /// images, in the memory of one batch.
  public var accumulation = 1
  /// The start of all random numbers.
  public var seed: UInt64 = 1
  /// The device that computes: `cpu`, `cuda`, `cuda:1` or `mps`; `auto` takes the first accelerator there is.
  public var device = "auto"
  /// Threads of one operation on the CPU, at most 1024. All cores are used if this is null.
  public var threads: Int?
  /// Mixed precision: with bfloat16 or float16, the operations that gain by it compute in 16 bits. float32 (or off) is
  /// for none.
  public var amp = Precision.float32
  /// The checkpoints that a run writes.
  public var checkpoints = Checkpoints.all
  /// The `last.pth` of a run of the PyTorch reference that this run goes on with, at the epoch where that run stopped.
  public var continueFrom: String?
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
  public var stopping = StoppingOptions()
  public var distillation = DistillationOptions()
  public var logging = LoggingOptions()

  public init() {}

  /// The checkpoints that a run writes.
  public enum Checkpoints: String, Codable, Sendable, CaseIterable {
    /// `last.pth`, from which a run goes on, and `best.pth`.
    case all
    case last, best, none

    var keepsLast: Bool { self == .all || self == .last }
    var keepsBest: Bool { self == .all || self == .best }
  }

  /// Images in a step: those whose gradients are averaged.
  var imagesPerStep: Int { batchSize * accumulation }

  /// Checks these options and those of all sections.
  /// - Throws: `InvalidOption`, whose name includes the section's.
  package func validateAll() throws {
    let sections: [(String, any ValidatedOptions)] = [
      ("model", model), ("data", data), ("augmentation", augmentation), ("objective", objective),
      ("optimizer", optimizer), ("schedule", schedule),
      ("averaging", averaging), ("validation", validation),
      ("stopping", stopping), ("distillation", distillation), ("logging", logging),
    ]
    for (name, section) in sections { try require(valid: section, name) }
    try validate()
  }

  public func validate() throws {
    try require(!output.isEmpty, "output", "a folder", found: "nothing")
    try require(epochs, in: 1...OptionLimits.epochs, "epochs")
    try require(batchSize, in: 1...OptionLimits.batch, "batchSize")
    try require(accumulation, in: 1...OptionLimits.batch, "accumulation")
    try require(
      (1...Libtorch.threadLimit).contains(threads ?? 1), "threads",
      "1 to \(Libtorch.threadLimit), of which a machine's number of cores is enough", found: threads ?? 1)
    try require(maximumSkippedSteps, in: 1...OptionLimits.steps, "maximumSkippedSteps")
    try require(
      validation.enabled || !averaging.enabled, "validation.enabled",
      "true with averaging.enabled, whose averaged weights go into best.pth, or averaging.enabled false",
      found: validation.enabled)
    try require(
      stopping.patience == nil || validation.enabled, "stopping.patience", "null without validation",
      found: stopping.patience ?? 0)
    let starts = [
      ("model.initial", model.initial), ("model.backbone_weights", model.backboneWeights),
      ("continue_from", continueFrom),
    ].filter { $0.1 != nil }.map(\.0)
    try require(
      continueFrom == nil || starts.count == 1, "continueFrom", "it alone to say where the weights come from",
      found: starts.joined(separator: " and "))
    try require(
      device == "auto" || Device(device).map { $0.kind != .meta } == true, "device", "auto, cpu, cuda, cuda:N or mps",
      found: device)
    try require(
      amp != .float16 || !["cpu"].contains(device), "amp", "float32 or bfloat16 on the CPU (float16 needs a GPU)",
      found: amp.rawValue)
    try require(
      amp != .int8, "amp", "float32, bfloat16 or float16 (int8 is for rtseg predict and bench)", found: amp.rawValue)
  }
}
