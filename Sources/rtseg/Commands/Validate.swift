import ArgumentParser
import Basics
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationTraining
import Torch

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "val",
    abstract: "Score a checkpoint on a split: mIoU, IoU by class, pixel accuracy.",
    discussion: """
      Images at their own size, padded to what the network needs, each as a whole unless --scale, --flip, --tta or --tile \
      say otherwise; a run's own options are the default. The protocol is printed with the scores.

      With --output, a new folder receives confusion.svg: for each label the shares of the classes that its pixels were \
      taken for. --worst adds the images with the lowest mean IoU, in the folder worst: each with the found classes over \
      it, the found classes and the labels, named by rank and score, and worst.json, which lists them.
      """)

  @OptionGroup var flags: ConfigurationFlags
  @Option(help: "The weights: .pth or .safetensors.") var checkpoint: String
  @Option(help: "train, val or test.") var split = Split.val
  @Option(
    help: "What finds classes on the CPU: kernels (this program's own, image by image) or eager (libtorch).")
  var engine = Engine.kernels
  @Option(
    help: """
      Numeric precision: float32, bfloat16, float16 (GPU) or int8 (CPU and --engine kernels, needs --calibration). By \
      default it is the configuration's amp.
      """)
  var precision: Precision?
  @OptionGroup var calibration: CalibrationFlags
  @Flag(help: "Label by libtorch in float32 too, and tell how far the two agree.") var compare = false
  @OptionGroup var inferenceFlags: InferenceFlags
  @Option(
    help: ArgumentHelp(
      "More scores, separated by commas: \(MetricSet.optionalNames.joined(separator: ", ")).", valueName: "list"))
  var metrics: String?
  @Option(
    help: """
      How means over the classes take classes without labelled pixels: skip leaves them out, zero counts them as 0, as \
      torchmetrics does.
      """)
  var absentClasses: AbsentClasses?
  @Option(help: "A new folder for pictures of the result.") var output: String?
  @Option(help: "How many of the worst images go into --output.") var worst: Int?
  @Flag(help: "Print JSON instead of the table.") var json = false

  /// The keys that have an effect here, and the sections of which all have.
  private static let keys = [
    "device", "threads", "amp", "validation.", "data.", "augmentation.scale", "augmentation.mean",
    "augmentation.std",
  ]
  /// Of those sections: what only training uses.
  private static let trainingKeys = [
    "data.skip_bad_files", "data.allow_shared_files", "data.rare_class_sampling",
    "data.rare_class_sampling.temperature", "data.rare_class_sampling.minimum_pixels", "validation.enabled",
    "validation.interval",
    "validation.begin_epoch", "validation.monitor",
  ]

  func validate() throws {
    try calibration.check(precision ?? .float32)
    try refuseOption(
      precision != nil && flags.amp != nil, "--precision and --amp both choose the precision: give one of them")
    try checkOption("worst", worst, in: 1...10_000)
    try refuseOption(worst != nil && output == nil, "--worst writes pictures: name a folder for them with --output")
    do { try MetricSet.check(metricNames) } catch { throw ValidationError("--metrics: \(error)") }
    let known = ConfigurationLoader(defaults: TrainingOptions()).keys
    for text in flags.set {
      let key = try ConfigurationOverride(parsing: text).key
      // A key that there is not is refused with the nearest one that there is.
      let isUsed = Self.keys.contains { $0 == key || ($0.hasSuffix(".") && key.hasPrefix($0)) }
      guard known.contains(key), !isUsed || Self.trainingKeys.contains(key) else { continue }
      throw ValidationError("--set \(key) has no effect on val: leave it out")
    }
  }

  private var metricNames: [String] {
    metrics?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
  }

  func run() throws {
    let folder = try output.map(ValidationFolder.init)
    let calibration = try calibration.read()
    let weights = try ClassSource.option(isDefault: false).advising {
      try NetworkCheckpoint(contentsOf: checkpointFile(checkpoint), architecture: flags.network.architecture())
    }
    let architecture = try ClassSource.option(isDefault: false).advising { try weights.architecture }
    var options = try flags.options(defaults: weights.defaultOptions, file: weights.configuration)
    options.model = ModelOptions(architecture)
    try inferenceFlags.apply(to: &options.validation)
    if metrics != nil { options.validation.metrics = metricNames }
    if let absentClasses { options.validation.absentClasses = absentClasses }
    if let threads = options.threads { try Libtorch.useThreads(threads) }
    let device = try Device(named: options.device)
    let precision = precision ?? options.amp
    try engine.check(precision, on: device)
    let dataset = try Dataset.open(options.data)
    let source = ClassSource.dataset(
      options.data.dataset, isDefault: options.data.dataset == DataOptions().dataset)
    let predictor = try source.advising {
      try Predictor(
        weights, classes: dataset.labels.classes,
        normalization: Normalization(mean: options.augmentation.mean, std: options.augmentation.std), device: device,
        precision: precision, engine: engine, calibration: calibration, inference: options.validation.inference,
        note: Terminal.report)
    }
    let samples = try dataset.samples(of: split)
    try options.validation.refuseTileLargerThanImages(
      samples, scale: options.augmentation.scale, orientation: options.data.exifOrientation,
      option: inferenceFlags.tile == nil ? "validation.tile" : "--tile")
    let batches = try DataLoader.validation(
      samples, labels: dataset.labels, batchSize: options.validation.batchSize,
      options: options.data, augmentation: options.augmentation, channelsLast: true)
    var validation = PredictorEvaluation(
      predictor, reference: compare ? try predictor.reference() : nil, options: options.validation,
      worst: worst.map { WorstImages($0, classNames: dataset.labels.names) })
    var report = try validation.run(on: batches, classNames: dataset.labels.names)
    report.engine = predictor.lastEngine.rawValue
    report.precision = precision.rawValue
    report.protocol = "\(predictor.inference)"
    report.leftOut = batches.leftOut
    if let folder {
      try folder.write(
        report.scores.confusion,
        title: "\(architecture.name) on \(dataset.name), \(split.rawValue): labels in rows, %")
      try validation.worst?.write(
        to: "\(folder.path)/worst", palette: dataset.labels.palette, orientation: options.data.exifOrientation)
    }
    if json {
      print(String(decoding: try JSONEncoder.snakeCase(indented: true).encode(report), as: UTF8.self))
    } else {
      print(report.text(), terminator: "")
    }
  }
}

extension Split: ExpressibleByArgument {}
extension AbsentClasses: ExpressibleByArgument {}
