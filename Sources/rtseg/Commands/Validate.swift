import ArgumentParser
import Foundation
import SegmentationData
import SegmentationInference
import SegmentationModels
import SegmentationTraining
import Torch

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "val",
    abstract: "Score a checkpoint on a split: mIoU, IoU by class, pixel accuracy.",
    discussion: "Whole images at their own size, padded to what the network needs; a run's own options are the default."
  )

  @OptionGroup var flags: ConfigurationFlags
  @Option(help: "The weights: .pth or .safetensors.") var checkpoint: String
  @Option(help: "train, val or test.") var split = Split.val
  @Option(
    help: "What finds classes on the CPU: kernels (this program's own, image by image) or eager (libtorch).")
  var engine = Predictor.Engine.kernels
  @Flag(help: "Label by libtorch in float32 too, and tell how far the two agree.") var compare = false
  @Flag(help: "Print JSON instead of the table.") var json = false

  /// The keys that have an effect here, and the sections of which all have.
  private static let keys = [
    "device", "threads", "amp", "validation.batch_size", "data.", "augmentation.scale", "augmentation.mean",
    "augmentation.std",
  ]
  /// Of those sections: what only training uses.
  private static let trainingKeys = ["data.skip_bad_files", "data.allow_shared_files"]

  func validate() throws {
    let known = ConfigurationLoader(defaults: TrainingOptions()).keys
    for text in flags.set {
      let key = try ConfigurationOverride(parsing: text).key
      // A key that there is not is refused with the nearest one that there is.
      let isUsed = Self.keys.contains { $0 == key || ($0.hasSuffix(".") && key.hasPrefix($0)) }
      guard known.contains(key), !isUsed || Self.trainingKeys.contains(key) else { continue }
      throw ValidationError("--set \(key) has no effect on val: leave it out")
    }
  }

  func run() throws {
    let weights = try NetworkFile(checkpoint, network: flags.network.architecture())
    var options = try flags.options(file: weights.configuration)
    options.model = ModelOptions(weights.architecture)
    if let threads = options.threads { try Libtorch.useThreads(threads) }
    let device = try chooseDevice(options.device)
    let dataset = try Dataset.open(options.data)
    let model = try weights.makeModel(
      classes: ClassCount(
        dataset.labels.classes.count,
        from: .dataset(options.data.dataset, isDefault: options.data.dataset == DataOptions().dataset))
    ).to(device)
    let batches = try DataLoader.validation(
      dataset.samples(of: split), labels: dataset.labels, batchSize: options.validation.batchSize,
      options: options.data, augmentation: options.augmentation, channelsLast: true)
    let validation = EngineValidation(
      Predictor(model: model, device: device, precision: options.amp.dtype, engine: engine),
      precision: options.amp.dtype ?? .float32,
      reference: compare ? Predictor(model: model, device: device, engine: .eager) : nil)
    var report = try validation.run(on: batches, classNames: dataset.labels.names)
    report.leftOut = batches.leftOut
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      print(report.text(), terminator: "")
    }
  }
}

extension Split: ExpressibleByArgument {}
