import ArgumentParser
import Files
import Foundation
import SegmentationData
import SegmentationTraining

struct PreviewData: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "Draw a sheet of what a network will see: images after augmentation, and the same with their labels.",
    discussion: """
      Training images come in the order and the form in which 'rtseg train' with the same configuration and seed takes \
      them. Images of other splits come as they are scored. Ignored pixels are darkened.
      """)

  @Argument(help: ArgumentHelp("cityscapes, camvid or the path of a card; the configuration's if it is left out."))
  var dataset: String?
  @Option(help: "The sheet: a .png or .jpg file.") var output: String
  @Option(help: "The configuration of a training run (YAML).") var config: String?
  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Set a key of data or augmentation: augmentation.horizontal_flip=0. May be repeated.", valueName: "key=value"))
  var set: [String] = []
  @Option(help: "data.root: the data set's folder.") var dataRoot: String?
  @Option(help: "seed: the start of all random numbers.") var seed: UInt64?
  @Option(help: "train, val or test.") var split = Split.train
  @Option(help: "How many images are shown.") var count = 12
  @Option(help: "How many images stand side by side.") var columns = 4

  func validate() throws {
    try checkOption("count", count, in: 1...256)
    try checkOption("columns", columns, in: 1...64)
    guard dataset != nil || config != nil else {
      throw ValidationError("name the data set (cityscapes, camvid or a card), or give a configuration with --config")
    }
    guard [".png", ".jpg", ".jpeg"].contains(where: output.lowercased().hasSuffix) else {
      throw ValidationError("--output: expected a name that ends in .png, .jpg or .jpeg, found '\(output)'")
    }
    let known = ConfigurationLoader(defaults: TrainingOptions()).keys
    for text in set {
      let key = try ConfigurationOverride(parsing: text).key
      let isUsed = key == "seed" || key.hasPrefix("data.") || key.hasPrefix("augmentation.")
      guard known.contains(key), !isUsed else { continue }
      throw ValidationError("--set \(key) has no effect on a preview: leave it out")
    }
  }

  func run() throws {
    var overrides = try set.map(ConfigurationOverride.init(parsing:))
    overrides.add("data.dataset", dataset, "the data set")
    overrides.add("data.root", dataRoot, "--data-root")
    overrides.add("seed", seed, "--seed")
    let options = try ConfigurationLoader(defaults: TrainingOptions()).load(
      file: config.map { URL(filePath: $0) }, overrides: overrides)
    let folder = FileSystem.folder(of: output)
    guard FileSystem.isFolder(folder) else { throw CommandError("\(output): the folder \(folder) does not exist") }
    let data = try Dataset.open(options.data)
    try refuseReplacingInputs(data)
    let sheet = try ContactSheet(
      of: data, split: split, data: options.data, augmentation: options.augmentation, count: count, columns: columns,
      seed: options.seed)
    try sheet.image.write(to: URL(filePath: output))
    for file in sheet.leftOut { print("left out: \(file.description.printable(limit: 500))") }
    print("\(sheet.count) images of \(split.rawValue): \(output.printable())")
  }

  private func refuseReplacingInputs(_ data: Dataset) throws {
    var plan = OutputPlan()
    for input in [config, dataset].compactMap({ $0 }) { plan.add(input: input) }
    for sample in try data.samples(of: split) {
      plan.add(input: sample.image)
      if let mask = sample.mask { plan.add(input: mask) }
    }
    plan.add(output: output, of: "--output")
    try plan.check()
  }
}
