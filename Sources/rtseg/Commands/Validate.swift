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

  @OptionGroup var flags: TrainingFlags
  @Option(help: "The weights: .pth or .safetensors.") var checkpoint: String
  @Option(help: "train, val or test.") var split = Split.val
  @Option(
    help: "What finds classes on the CPU: kernels (this program's own, image by image) or eager (libtorch).")
  var engine = Predictor.Engine.kernels
  @Flag(help: "Label by libtorch in float32 too, and tell how far the two agree.") var compare = false
  @Flag(help: "Print JSON instead of the table.") var json = false

  func run() throws {
    let weights = try NetworkFile(checkpoint, network: flags.network.architecture())
    var options = try flags.options(file: weights.configuration)
    options.model = ModelOptions(weights.architecture)
    if let threads = options.threads { Libtorch.threads = threads }
    let device = try chooseDevice(options.device)
    let dataset = try Dataset.open(options.data)
    let model = try weights.makeModel(
      classes: ClassCount(
        dataset.labels.classes.count,
        from: .dataset(options.data.dataset, isDefault: options.data.dataset == DataOptions().dataset))
    ).to(device)
    let batches = try DataLoader.validation(
      dataset.samples(of: split), labels: dataset.labels, batchSize: options.validationBatchSize,
      options: options.data, augmentation: options.augmentation, channelsLast: true)
    let validation = EngineValidation(
      Predictor(model: model, device: device, precision: options.amp.dtype, engine: engine),
      precision: options.amp.dtype ?? .float32,
      reference: compare ? Predictor(model: model, device: device, engine: .eager) : nil)
    let report = try validation.run(on: batches, classNames: dataset.labels.names)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      print(report.text(), terminator: "")
    }
    let skipped = batches.skippedFiles
    if !skipped.isEmpty { print("left out \(skipped.count) unreadable files: \(skipped.joined(separator: ", "))") }
  }
}

extension Split: ExpressibleByArgument {}
