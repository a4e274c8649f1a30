import ArgumentParser
import Foundation
import SegmentationTraining
import Torch

/// A configuration file, keys set one by one, and flags for the keys that both training and validation use.
struct ConfigurationFlags<Network: NetworkNames>: ParsableArguments {
  /// The options that say where the configuration comes from.
  struct Source: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "A configuration file (YAML). See configs/, and rtseg config for the keys.", valueName: "file"),
      completion: .configurations)
    var config: String?
    @Option(
      name: .long, parsing: .singleValue,
      help: ArgumentHelp(
        "Set a key of the configuration, such as data.workers=4. It may be repeated.", valueName: "key=value"))
    var set: [String] = []
  }

  /// The data set.
  struct DataSource: ParsableArguments {
    @Option(
      help: .key(
        "data.dataset",
        """
        The data set: a name such as cityscapes (rtseg data lists them), the path of a card, or annotations such as \
        coco:street.
        """,
        valueName: "name"),
      completion: .dataSets)
    var dataset: String?
    @Option(help: .key("data.root", valueName: "folder"), completion: .directory) var dataRoot: String?
  }

  /// The options that say what computes.
  struct Computing: ParsableArguments {
    @Option(
      help: .key("device", "The device: auto, cpu, cuda, cuda:N or mps.", valueName: "name"), completion: .devices)
    var device: String?
    @Option(help: .key("amp", valueName: "type")) var amp: String?
    @Option(help: .key("threads", "The number of CPU threads per operation.", default: "all cores", valueName: "n"))
    var threads: Int?
  }

  @OptionGroup(title: "Configuration") var source: Source
  @OptionGroup(title: "Network") var network: Network
  @OptionGroup(title: "Data") var data: DataSource
  @OptionGroup(title: "Device") var computing: Computing

  /// The configuration file.
  var config: String? { source.config }

  /// The keys set one by one.
  var set: [String] { source.set }

  func validate() throws {
    guard let threads = computing.threads, !(1...Libtorch.threadLimit).contains(threads) else { return }
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
    overrides.add("data.dataset", data.dataset, "--dataset")
    overrides.add("data.root", data.dataRoot, "--data-root")
    overrides.add("amp", computing.amp, "--amp")
    overrides.add("device", computing.device, "--device")
    overrides.add("threads", computing.threads, "--threads")
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
