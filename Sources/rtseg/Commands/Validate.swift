import ArgumentParser
import Basics
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationTraining
import SegmentationWeights
import Torch

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "val",
    abstract: "Score a checkpoint on the labelled images of a data set.",
    discussion: """
      Examples:
        rtseg val --checkpoint runs/train/best.pth
        rtseg val --checkpoint fastscnn@cityscapes --data-root data/cityscapes
        rtseg val --checkpoint best.pth --split test --tta --json
        rtseg val --checkpoint net.onnx --size 512x1024 --dataset field.yaml

      It prints mean IoU, the IoU of each class, pixel accuracy and the way in which the network was applied.

      A checkpoint in a run's folder brings the run's own options along (config.yaml); options given here replace them. \
      Images are scored at their own size, padded to what the network needs, each as a whole unless --scale, --flip, \
      --tta or --tile say otherwise.

      With --output, a new folder receives confusion.svg, which shows for each label how its pixels were classified. \
      --worst adds the images with the lowest mean IoU in the folder worst: each with the classes found drawn over it, the \
      classes found, and the labels, named by rank and score, and worst.json, which lists them.
      """)

  /// The options that say what is scored and what is written.
  struct Files: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        """
        The weights: a file (.pth, .safetensors, .pdparams), an address, or a name such as fastscnn@cityscapes (rtseg \
        models lists the networks that have one); or a compiled network (.rtseg) or an ONNX file (.onnx).
        """,
        valueName: "checkpoint"), completion: .weights)
    var checkpoint: String
    @Option(help: "The part of the data set to score.") var split = Split.val
    @Option(
      help: ArgumentHelp("A new folder for pictures of the result.", valueName: "folder"), completion: .directory)
    var output: String?
    @Option(help: ArgumentHelp("The number of worst images to write into --output.", valueName: "n")) var worst: Int?
    @Flag(help: "Print JSON instead of the table.") var json = false
  }

  @OptionGroup(title: "Input and output") var files: Files
  @OptionGroup var flags: ConfigurationFlags<NetworkFlags>
  @Option(
    help: ArgumentHelp(
      "The size of images in pixels that an ONNX file is run on. (default: the file's own)", valueName: "HEIGHTxWIDTH"))
  var size: ImageSize?
  @OptionGroup(title: "ONNX files") var importFlags: ImportFlags
  @Option(
    help: "The inference engine on the CPU: kernels (RTSeg's own, image by image) or eager (plain libtorch).")
  var engine = Engine.kernels
  @Option(
    help: """
      The numeric precision. float16 needs a GPU; int8 needs the CPU, --engine kernels and --calibration. (default: that of \
      --amp)
      """)
  var precision: Precision?
  @OptionGroup(title: "Precision int8") var calibration: CalibrationFlags
  @Flag(
    help: "Also label with plain libtorch in float32, and print the share of pixels on which both agree.")
  var compare = false
  @OptionGroup(title: "Inference") var inferenceFlags: InferenceFlags
  @Option(
    help: ArgumentHelp(
      "More metrics to compute, separated by commas: \(MetricSet.optionalNames.joined(separator: ", ")).",
      valueName: "list"), completion: .list(MetricSet.optionalNames))
  var metrics: String?
  @Option(
    help: """
      The treatment of classes without labelled pixels in means over the classes: skip leaves them out, zero counts them \
      as 0 as torchmetrics does. (default: \(ValidationOptions().absentClasses.rawValue))
      """)
  var absentClasses: AbsentClasses?

  private var checkpoint: String { files.checkpoint }
  private var split: Split { files.split }
  private var output: String? { files.output }
  private var worst: Int? { files.worst }
  private var json: Bool { files.json }

  /// The keys that have an effect here. A point at the end stands for all keys of a section.
  private static let keys = [
    "device", "threads", "amp", "validation.", "data.", "augmentation.scale", "augmentation.mean",
    "augmentation.std",
  ]
  /// The keys of these sections that only training uses.
  private static let trainingKeys = [
    "data.skip_bad_files", "data.allow_shared_files", "data.rare_class_sampling",
    "data.rare_class_sampling.temperature", "data.rare_class_sampling.minimum_pixels", "validation.enabled",
    "validation.interval",
    "validation.begin_epoch", "validation.monitor",
  ]

  func validate() throws {
    try calibration.check(precision ?? .float32)
    try refuseOption(
      precision != nil && flags.computing.amp != nil,
      "--precision and --amp both choose the precision: give one of them")
    try refuseProgramOptions(checkpoint, network: flags.network, engine: engine, precision: precision, device: "cpu")
    try checkOption("size", size, in: 1...16384)
    try importFlags.check(checkpoint, size: size)
    try refuseOption(
      compare && NetworkData.isOne(checkpoint),
      "--compare needs the network's checkpoint: rtseg compile compares with libtorch")
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

  private func readWeights() throws -> NetworkCheckpoint {
    try ClassSource.option(isDefault: false).advising {
      try NetworkCheckpoint(named: checkpoint, architecture: flags.network.architecture(), weights: .onTerminal)
    }
  }

  func run() throws {
    let folder = try output.map(ValidationFolder.init)
    let calibration = try calibration.read()
    let program =
      NetworkData.isOne(checkpoint)
      ? try NetworkData.open(
        checkpoint, flags: importFlags, size: size, precision: precision ?? .float32, calibration: calibration) : nil
    let weights = try program == nil ? readWeights() : nil
    let architecture = try weights.map { weights in
      try ClassSource.option(isDefault: false).advising { try weights.architecture }
    }
    var options = try flags.options(
      defaults: weights?.defaultOptions ?? program?.defaultOptions ?? TrainingOptions(), file: weights?.configuration)
    if let architecture { options.model = ModelOptions(architecture) }
    try inferenceFlags.apply(to: &options.validation)
    if metrics != nil { options.validation.metrics = metricNames }
    if let absentClasses { options.validation.absentClasses = absentClasses }
    if let threads = options.threads { try Libtorch.useThreads(threads) }
    let device = try Device(named: options.device)
    let precision = program?.precision ?? precision ?? options.amp
    try refuseOption(
      program != nil && device.kind != .cpu, "\(checkpoint) runs on the CPU: leave the device out")
    if program == nil { try engine.check(precision, on: device) }
    let dataset = try Dataset.open(options.data)
    let source = ClassSource.dataset(
      options.data.dataset, isDefault: options.data.dataset == DataOptions().dataset)
    let predictor = try source.advising {
      guard let weights else {
        return try Predictor(
          program!, classes: dataset.labels.classes, inference: options.validation.inference, note: Terminal.report)
      }
      return try Predictor(
        weights, classes: dataset.labels.classes,
        normalization: Normalization(
          mean: options.augmentation.mean, std: options.augmentation.std, type: options.data.pixelType), device: device,
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
        title:
          "\(architecture?.name ?? program?.network ?? "") on \(dataset.name), \(split.rawValue): labels in rows, %")
      try validation.worst?.write(
        to: "\(folder.path)/worst", samples: samples, palette: dataset.labels.palette, data: options.data)
    }
    if json {
      print(String(decoding: try JSONEncoder.snakeCase(indented: true).encode(report), as: UTF8.self))
    } else {
      print(report.text(), terminator: "")
    }
  }
}

extension ProgramFile {
  /// The options of a run that uses the program: the normalization is the program's.
  fileprivate var defaultOptions: TrainingOptions {
    var options = TrainingOptions()
    options.augmentation.mean = normalization.mean
    options.augmentation.std = normalization.std
    (options.data.channels, options.data.pixelType) = (normalization.channels, normalization.type)
    return options
  }
}

extension Split: ExpressibleByArgument {}
extension AbsentClasses: ExpressibleByArgument {}
