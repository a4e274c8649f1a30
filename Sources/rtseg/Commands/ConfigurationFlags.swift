import ArgumentParser
import Foundation
import SegmentationTraining
import Torch

/// A configuration file, keys set one by one, and flags for the keys that both training and validation use.
struct ConfigurationFlags: ParsableArguments {
  @Option(name: .long, help: "A configuration file (YAML); see configs/.") var config: String?
  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Set a key of the configuration: optimizer.momentum=0.95. May be repeated.", valueName: "key=value"))
  var set: [String] = []

  @OptionGroup var network: NetworkFlags
  @Option(help: "data.dataset: cityscapes, camvid or the path of a card.") var dataset: String?
  @Option(help: "data.root: the data set's folder.") var dataRoot: String?
  @Option(help: "amp: off, bfloat16 or float16.") var amp: String?
  @Option(help: "device: auto, cpu, cuda, cuda:N, mps.") var device: String?
  @Option(help: "threads: threads of one operation on the CPU.") var threads: Int?

  func validate() throws {
    guard let threads, !(1...Libtorch.threadLimit).contains(threads) else { return }
    throw ValidationError("\(ThreadCountError(option: "--threads", found: threads))")
  }

  /// The options: defaults, the file, `--set`, the flags, each over the one before.
  func options(
    defaults: TrainingOptions = TrainingOptions(), file: URL? = nil, more: [ConfigurationOverride] = []
  ) throws -> TrainingOptions {
    var overrides = try set.map(ConfigurationOverride.init(parsing:))
    overrides.add("model.name", network.model, "--model")
    overrides.add("model.encoder", network.encoder, "--encoder")
    overrides.add("model.decoder", network.decoder, "--decoder")
    overrides.add("data.dataset", dataset, "--dataset")
    overrides.add("data.root", dataRoot, "--data-root")
    overrides.add("amp", amp, "--amp")
    overrides.add("device", device, "--device")
    overrides.add("threads", threads, "--threads")
    let source = config.map { URL(filePath: $0) } ?? file
    return try ConfigurationLoader(defaults: defaults).load(file: source, overrides: overrides + more)
  }
}

extension [ConfigurationOverride] {
  /// Sets a key to what a flag gave; does nothing if it was not given.
  mutating func add(_ key: String, _ value: (some Any)?, _ flag: String) {
    if let value { append(ConfigurationOverride(key, "\(value)", source: flag)) }
  }
}
