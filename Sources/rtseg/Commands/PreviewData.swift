import ArgumentParser
import Files
import Foundation
import SegmentationData
import SegmentationTraining

struct PreviewData: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "Draw a sheet of images as the network will see them, with and without their labels.",
    discussion: """
      Examples:
        rtseg data preview mydata.yaml --output sheet.png
        rtseg data preview --config run.yaml --output sheet.png --count 24
        rtseg data preview camvid --data-root data/camvid --split val --output val.png

      Training images come after augmentation, in the order and form in which rtseg train with the same configuration and \
      seed takes them. Images of other splits come as they are scored. Ignored pixels are darkened.
      """)

  @Argument(
    help: """
      The data set: a name such as cityscapes, the path of a card, or annotations such as coco:street. Without \
      it, the data set of --config is taken.
      """, completion: .dataSets)
  var dataset: String?
  @Option(
    help: ArgumentHelp("The file for the sheet, .png or .jpg.", valueName: "file"),
    completion: .file(extensions: ["png", "jpg"]))
  var output: String
  @Option(
    help: ArgumentHelp("The configuration file of a training run (YAML).", valueName: "file"),
    completion: .configurations)
  var config: String?
  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Set a key of data or augmentation, such as augmentation.horizontal_flip=0. It may be repeated.",
      valueName: "key=value"))
  var set: [String] = []
  @Option(help: .key("data.root", valueName: "folder"), completion: .directory) var dataRoot: String?
  @Option(help: .key("seed", "The seed of the augmentation and of the order, 0 or more.", valueName: "n"))
  var seed: UInt64?
  @Option(help: "The part of the data set to show.") var split = Split.train
  @Option(help: ArgumentHelp("The number of images to show.", valueName: "n")) var count = 12
  @Option(help: ArgumentHelp("The number of images side by side.", valueName: "n")) var columns = 4

  func validate() throws {
    try checkOption("count", count, in: 1...256)
    try checkOption("columns", columns, in: 1...64)
    guard dataset != nil || config != nil else {
      throw ValidationError("name the data set (such as cityscapes, or a card), or give a configuration with --config")
    }
    try refuseOption(
      seed != nil && split != .train, "--seed changes training images only: leave it out, or choose --split train")
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
    // Only a file that is there can be one of the inputs.
    if FileSystem.exists(output) {
      for file in try data.files(of: split) { plan.add(input: file) }
    }
    plan.add(output: output, of: "--output")
    try plan.check()
  }
}
