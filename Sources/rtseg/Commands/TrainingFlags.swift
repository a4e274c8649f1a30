import ArgumentParser
import Foundation
import SegmentationTraining

/// A configuration file, keys set one by one, and flags for the keys people set daily.
struct TrainingFlags: ParsableArguments {
  @Option(name: .long, help: "A configuration file (YAML); see configs/.") var config: String?
  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Set a key of the configuration: optimizer.momentum=0.95. May be repeated.", valueName: "key=value"))
  var set: [String] = []

  @OptionGroup var network: NetworkFlags
  @Flag(help: "model.auxiliary: train auxiliary heads too.") var aux = false
  @Flag(help: "model.detail: train STDC's detail head too.") var detail = false
  @Option(help: "data.dataset: cityscapes, camvid or the path of a card.") var dataset: String?
  @Option(help: "data.root: the data set's folder.") var dataRoot: String?
  @Option(help: "epochs.") var epochs: Int?
  @Option(help: "batch_size: images a step.") var batchSize: Int?
  @Option(help: "optimizer.learning_rate: the peak.") var lr: Double?
  @Option(help: "augmentation.crop_size: HEIGHTxWIDTH.") var cropSize: String?
  @Option(help: "amp: off, bfloat16 or float16.") var amp: String?
  @Option(help: "device: auto, cpu, cuda, cuda:N, mps.") var device: String?
  @Option(help: "threads of one operation on the CPU.") var threads: Int?
  @Option(help: "seed.") var seed: UInt64?

  /// The options: defaults, the file, `--set`, the flags, each over the one before.
  func options(file: URL? = nil, more: [ConfigurationOverride] = []) throws -> TrainingOptions {
    var overrides = try set.map(ConfigurationOverride.init(parsing:))
    func add(_ key: String, _ value: (some Any)?, _ flag: String) {
      if let value { overrides.append(ConfigurationOverride(key, "\(value)", source: flag)) }
    }
    add("model.name", network.model, "--model")
    add("model.encoder", network.encoder, "--encoder")
    add("model.decoder", network.decoder, "--decoder")
    add("model.auxiliary", aux ? true : nil, "--aux")
    add("model.detail", detail ? true : nil, "--detail")
    add("data.dataset", dataset, "--dataset")
    add("data.root", dataRoot, "--data-root")
    add("epochs", epochs, "--epochs")
    add("batch_size", batchSize, "--batch-size")
    add("optimizer.learning_rate", lr, "--lr")
    add("augmentation.crop_size", cropSize, "--crop-size")
    add("amp", amp, "--amp")
    add("device", device, "--device")
    add("threads", threads, "--threads")
    add("seed", seed, "--seed")
    let source = config.map { URL(filePath: $0) } ?? file
    return try ConfigurationLoader(defaults: TrainingOptions()).load(file: source, overrides: overrides + more)
  }
}
