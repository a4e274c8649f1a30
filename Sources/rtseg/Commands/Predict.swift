import ArgumentParser
import Files
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationWeights
import Torch

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Label images: one file, or all images of a folder.",
    discussion: """
      Examples:
        rtseg predict --checkpoint best.pth --input photo.jpg --output results
        rtseg predict --checkpoint best.pth --input photos --output results --tta
        rtseg predict --checkpoint fastscnn@cityscapes --input photos --output out

      Images may have any size, and each result has the size of its image. By default the result is a PNG of class \
      numbers with the data set's colors as its palette (ids). The product color is a plain RGB picture, overlay is the \
      image with the colors over it, and probability is the probability of each pixel's class in gray, 255 for certainty.

      A result has its image's name and ends in .png: a.jpg becomes a.png, or a_ids.png and a_overlay.png if --save names \
      several products. Results of earlier runs are replaced. Before anything is read, rtseg refuses a run in which a \
      result would replace an input or two results would have one name.

      The network sees each image once, as a whole, unless --scale, --flip, --tta or --tile say otherwise. Where tiles \
      overlap, the network's scores are averaged, weighted by --blend. The probabilities of several scales and of mirrored \
      images are averaged. An image that needs more than half of the free memory is labelled in tiles, and a line says so.

      An image that cannot be labelled is reported, and the others are still labelled. The exit code is then 1.
      """)

  /// The options that say what is labelled and what is written.
  struct Files: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        """
        The weights: a file (.pth, .safetensors, .pdparams), an address, or a name such as fastscnn@cityscapes (rtseg \
        models lists the networks that have one); or a compiled network (.rtseg).
        """,
        valueName: "checkpoint"), completion: .weights)
    var checkpoint: String
    @Option(help: ArgumentHelp("An image, or a folder of images.", valueName: "path"), completion: .file())
    var input: String
    @Option(help: ArgumentHelp("The folder for the results.", valueName: "folder"), completion: .directory)
    var output: String
    @Flag(help: "Also label the images in the folders below --input, and keep these folders under --output.")
    var recursive = false
    @Flag(help: "Stop at the first image that cannot be labelled.") var failFast = false
    @Option(
      help: ArgumentHelp(
        "The products to write, separated by commas: ids, color, overlay, probability.", valueName: "list"),
      completion: .list(["ids", "color", "overlay", "probability"]))
    var save = "ids"
    @Option(
      help: ArgumentHelp(
        "The opacity of the colors in overlays, from 0 to 1. (default: 0.3)", valueName: "opacity"))
    var alpha: Double?
    @Option(
      help: """
        The treatment of the EXIF orientation: apply turns images and their results upright as viewers do, ignore takes the \
        pixels as they are stored.
        """)
    var exifOrientation = ExifOrientation.apply
    @Option(
      help: ArgumentHelp(
        """
        The data set with the names and colors of the classes: cityscapes, camvid or the path of a card. (default: those in \
        the checkpoint, or cityscapes if it has none)
        """, valueName: "name"), completion: .dataSets)
    var dataset: String?
  }

  @OptionGroup(title: "Input and output") var files: Files
  @OptionGroup(title: "Network") var networkFlags: NetworkFlags
  @Option(
    help: "The inference engine: kernels (RTSeg's own; on a GPU one CUDA graph) or eager (plain libtorch).")
  var engine = Engine.kernels
  @Option(
    help: """
      The numeric precision. float16 needs a GPU; int8 needs the CPU, --engine kernels and --calibration.
      """)
  var precision = Precision.float32
  @OptionGroup(title: "Precision int8") var calibration: CalibrationFlags
  @OptionGroup(title: "Inference") var inferenceFlags: InferenceFlags
  @Option(
    help: ArgumentHelp(
      """
      The number of successive images of one size that are labelled together. More than 1 helps on GPUs and with --engine \
      eager.
      """, valueName: "n"))
  var batchSize = 1
  @Option(
    help: ArgumentHelp("The device: auto, cpu, cuda, cuda:N or mps.", valueName: "name"), completion: .devices)
  var device = "auto"
  @Option(help: ArgumentHelp("The number of CPU threads per operation. (default: all cores)", valueName: "n"))
  var threads: Int?

  private var checkpoint: String { files.checkpoint }
  private var input: String { files.input }
  private var output: String { files.output }
  private var recursive: Bool { files.recursive }
  private var failFast: Bool { files.failFast }
  private var save: String { files.save }
  private var alpha: Double? { files.alpha }
  private var exifOrientation: ExifOrientation { files.exifOrientation }
  private var dataset: String? { files.dataset }

  func validate() throws {
    try checkOption("alpha", alpha, in: 0...1)
    try checkOption("threads", threads, in: 1...Libtorch.threadLimit)
    try checkOption("batch-size", batchSize, in: 1...1024)
    _ = try inferenceFlags.inference()
    try calibration.check(precision)
    try refuseProgramOptions(
      checkpoint, network: networkFlags, engine: engine, precision: precision, device: device)
    let products = try products()
    try refuseOption(
      alpha != nil && !products.contains(.overlay), "--alpha is for overlays: add overlay to --save, or leave it out")
  }

  private func products() throws -> [PredictionProduct] {
    do { return try PredictionProduct.list(save) } catch { throw ValidationError("--save: \(error)") }
  }

  func run() throws {
    if let threads { Libtorch.threads = threads }
    let device = try Device(named: device)
    try engine.check(precision, on: device)
    let images = try InputImages(input, isRecursive: recursive, resultFolder: output)
    let plan = PredictionPlan(images, folder: output, products: try products())
    try plan.check(otherInputs: [checkpoint] + [dataset].compactMap { $0 } + calibration.imageFiles())
    try plan.checkTiles(inferenceFlags.inference(), orientation: exifOrientation)
    images.notes.forEach(Terminal.report)
    try label(plan, with: makePredictor(on: device))
  }

  private func makePredictor(on device: Device) throws -> Predictor {
    let classes = try dataset.map { try Dataset.open(kind: $0, root: "").labels.classes }
    if ProgramFile.isProgram(checkpoint) {
      return try Predictor(
        ProgramFile(contentsOf: URL(filePath: checkpoint)), classes: classes,
        inference: inferenceFlags.inference(), note: Terminal.report)
    }
    let calibration = try calibration.read()
    let source = ClassSource.dataset(dataset ?? "cityscapes", isDefault: dataset == nil)
    return try source.advising {
      let checkpoint = try NetworkCheckpoint(
        named: checkpoint, architecture: networkFlags.architecture(), weights: .onTerminal)
      return try Predictor(
        checkpoint, classes: classes ?? (checkpoint.card == nil ? LabelSet.cityscapes.classes : nil), device: device,
        precision: precision, engine: engine, calibration: calibration,
        inference: inferenceFlags.inference(), note: Terminal.report)
    }
  }

  private func label(_ plan: PredictionPlan, with predictor: Predictor) throws {
    try plan.makeFolders()
    let pipeline = PredictionPipeline(
      predictor, writer: PredictionWriter(alpha: alpha ?? 0.3), orientation: exifOrientation, batchSize: batchSize,
      stopsAtFirstFailure: failFast)
    let outcome = try pipeline.run(
      plan.jobs, report: { Terminal.report($0) }, progress: { Terminal.showProgress("\($0)/\($1)") })
    Terminal.clearProgress()
    let failures = outcome.failures
    let count = plan.jobs.count - failures.count
    let engines = (outcome.engines.sorted() + [predictor.precision.rawValue]).joined(separator: ", ")
    let how = predictor.inference.isPlain ? engines : "\(engines); \(predictor.inference)"
    print("labelled \(count) image\(count == 1 ? "" : "s") (\(how)): \(output.printable())")
    if !failures.isEmpty {
      let rest = failures.count > 5 ? " and \(failures.count - 5) more" : ""
      throw CommandError(
        "\(failures.count) of \(plan.jobs.count) images could not be labelled: "
          + failures.prefix(5).map { $0.printable(limit: 150) }.joined(separator: ", ") + rest)
    }
  }
}
