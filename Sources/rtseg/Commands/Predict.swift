import ArgumentParser
import Files
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Label images: one file or all images of a folder.",
    discussion: """
      Images may have any size; each result has the size of its image. By default the result is a PNG of class numbers, \
      with the data set's colors as its palette (ids). The product color is a plain RGB picture, overlay is the image with \
      the colors over it, and probability is the probability of each pixel's class as gray, 255 for certainty.

      A result has its image's name and ends in .png: a.jpg becomes a.png, or a_ids.png and a_overlay.png if --save names \
      several products. Results of earlier runs are replaced. Before anything is read, rtseg refuses a run in which a \
      result would replace an input or two results would have one name.

      The network sees each image once, as a whole, unless --scale, --flip, --tta or --tile say otherwise. Where tiles \
      overlap, the network's scores are averaged, weighted by --blend; of several scales and of mirrored images the \
      probabilities are averaged. An image that needs more memory than half of what is free is labelled in tiles, and a \
      line says so.

      An image that cannot be labelled is reported, and the others are labelled all the same; the exit code is then 1.
      """)

  @OptionGroup var networkFlags: NetworkFlags
  @Option(help: "The weights: .pth or .safetensors.") var checkpoint: String
  @Option(help: "An image, or a folder of images.") var input: String
  @Option(help: "The folder for the results.") var output: String
  @Flag(help: "Label the images in the folders below --input too, and keep these folders under --output.")
  var recursive = false
  @Flag(help: "Stop at the first image that cannot be labelled.") var failFast = false
  @Option(
    help: ArgumentHelp("What to write, separated by commas: ids, color, overlay, probability.", valueName: "list"))
  var save = "ids"
  @Option(help: "How strongly colors cover the image in overlays, 0 to 1 (default: 0.3).") var alpha: Double?
  @Option(
    help: """
      The EXIF orientation of images: apply turns them upright as viewers do, and the results with them; ignore takes the \
      pixels as they are stored.
      """)
  var exifOrientation = ExifOrientation.apply
  @Option(help: "Names and colors of the classes: cityscapes, camvid or the path of a card.") var dataset: String?
  @Option(
    help: "Inference engine: kernels (RTSeg's; on a GPU libtorch's as one CUDA graph) or eager (plain libtorch).")
  var engine = Engine.kernels
  @Option(
    help: """
      Numeric precision: float32, bfloat16, float16 (GPU) or int8 (CPU and --engine kernels, needs --calibration).
      """)
  var precision = Precision.float32
  @OptionGroup var calibration: CalibrationFlags
  @OptionGroup var inferenceFlags: InferenceFlags
  @Option(
    help: """
      How many images of the same size in a row are labelled together; more than 1 is useful on GPUs and with --engine \
      eager.
      """)
  var batchSize = 1
  @Option(help: "cpu, cuda, cuda:N, mps, auto.") var device = "auto"
  @Option(help: "Threads of one operation on the CPU.") var threads: Int?

  func validate() throws {
    try checkOption("alpha", alpha, in: 0...1)
    try checkOption("threads", threads, in: 1...Libtorch.threadLimit)
    try checkOption("batch-size", batchSize, in: 1...1024)
    _ = try inferenceFlags.inference()
    try calibration.check(precision)
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
    let file = try checkpointFile(checkpoint)
    try plan.check(otherInputs: [file.path] + [dataset].compactMap { $0 } + calibration.imageFiles())
    try plan.checkTiles(inferenceFlags.inference(), orientation: exifOrientation)
    images.notes.forEach(Terminal.report)
    try label(plan, with: makePredictor(file, on: device))
  }

  private func makePredictor(_ file: URL, on device: Device) throws -> Predictor {
    let calibration = try calibration.read()
    let source = ClassSource.dataset(dataset ?? "cityscapes", isDefault: dataset == nil)
    return try source.advising {
      let checkpoint = try NetworkCheckpoint(contentsOf: file, architecture: networkFlags.architecture())
      let classes =
        try dataset.map { try Dataset.open(kind: $0, root: "").labels.classes }
        ?? (checkpoint.card == nil ? LabelSet.cityscapes.classes : nil)
      return try Predictor(
        checkpoint, classes: classes, device: device, precision: precision, engine: engine, calibration: calibration,
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
    let engines = (outcome.engines.sorted() + [precision.rawValue]).joined(separator: ", ")
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
