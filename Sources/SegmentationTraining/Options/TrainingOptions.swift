import Basics
import SegmentationData
import SegmentationModels
import Torch

/// All options of a training run: the keys of a configuration file and of `--set`.
public struct TrainingOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The run writes its checkpoints, logs and curves into this folder. The folder is made if it does not exist.
  public var output = "runs/train"
  /// The number of epochs. The network sees every training image once per epoch.
  public var epochs = 100
  /// The number of images per batch, over all processes together. Larger batches use a GPU better and need more
  /// memory.
  public var batchSize = 8
  /// The number of batches whose gradients are averaged before the weights change. A step then has `batch_size` times
  /// this many images, in the memory of one batch.
  public var accumulation = 1
  /// The random numbers of a run (first weights, order of the images, augmentation) follow from this number. Another
  /// seed gives another run of the same options.
  public var seed: UInt64 = 1
  /// The device that computes: `cpu`, `cuda`, `cuda:1` (the second GPU) or `mps`. With `auto` it is the first
  /// accelerator, or the CPU if there is none.
  public var device = "auto"
  /// The number of CPU threads per operation. All cores are used if this is null.
  public var threads: Int?
  /// Mixed precision: operations that gain from it compute in 16 bits, which saves time and memory on GPUs. The
  /// weights stay in float32. `off` means float32.
  public var amp = Precision.float32
  /// The checkpoints that a run writes into its folder.
  public var checkpoints = Checkpoints.all
  /// The path of a `last.pth` that the PyTorch reference project wrote. The run goes on with it from the epoch where
  /// it stopped. Leave it null to start a run of its own.
  public var continueFrom: String?
  /// A step whose loss or gradients are not finite is skipped. The run gives up after this many such steps in a row.
  public var maximumSkippedSteps = 50

  /// The network and the weights that it starts from.
  public var model = ModelOptions()
  /// The data set and how it is loaded.
  public var data = DataOptions()
  /// The random changes of training images, and the normalization of all images.
  public var augmentation = AugmentationOptions()
  /// The losses that training minimizes.
  public var objective = ObjectiveOptions()
  /// The optimizer, the learning rate and the weight decay.
  public var optimizer = OptimizerOptions()
  /// The way in which the learning rate changes during a run.
  public var schedule = ScheduleOptions()
  /// An average of the weights over the steps.
  public var averaging = AveragingOptions()
  /// The scoring of the network on the validation images.
  public var validation = ValidationOptions()
  /// Reasons to end a run before its last epoch.
  public var stopping = StoppingOptions()
  /// Learning from a larger, trained network.
  public var distillation = DistillationOptions()
  /// The progress lines, TensorBoard and MLflow.
  public var logging = LoggingOptions()

  /// Creates the default options.
  public init() {}

  /// The checkpoints that a run writes.
  public enum Checkpoints: String, Codable, Sendable, CaseIterable {
    /// Both are written: `last.pth`, from which an interrupted run goes on, and `best.pth`, the weights with the best score.
    case all
    /// Only `last.pth` is written.
    case last
    /// Only `best.pth` is written. An interrupted run cannot go on.
    case best
    /// No checkpoint is written. This is for trials such as those of a search.
    case none

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

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(!output.isEmpty, "output", "a folder", found: "nothing")
    do { try augmentation.check(for: data) } catch { throw InvalidOption("augmentation.\(error.name)", error.reason) }
    try require(epochs, in: 1...OptionLimits.epochs, "epochs")
    try require(batchSize, in: 1...OptionLimits.batch, "batchSize")
    try require(accumulation, in: 1...OptionLimits.batch, "accumulation")
    try require(
      (1...Libtorch.threadLimit).contains(threads ?? 1), "threads", "1 to \(Libtorch.threadLimit)", found: threads ?? 1)
    try require(maximumSkippedSteps, in: 1...OptionLimits.steps, "maximumSkippedSteps")
    try require(
      validation.enabled || !averaging.enabled, "validation.enabled",
      "true, since averaging.enabled is true and its averaged weights go into best.pth",
      found: validation.enabled)
    try require(
      stopping.patience == nil || validation.enabled, "stopping.patience", "null, since validation.enabled is false",
      found: stopping.patience ?? 0)
    let starts = [
      ("model.initial", model.initial), ("model.backbone_weights", model.backboneWeights),
      ("continue_from", continueFrom),
    ].filter { $0.1 != nil }.map(\.0)
    try require(
      continueFrom == nil || starts.count == 1, "continueFrom", "no other key that says where the weights come from",
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
