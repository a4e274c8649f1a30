import ArgumentParser
import Files
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationInference
import SegmentationVideo
import Torch

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Label images or a video: a file, all images of a folder, or a camera.",
    discussion: """
      Examples:
        rtseg predict --checkpoint best.pth --input photo.jpg --output results
        rtseg predict --checkpoint best.pth --input photos --output results --tta
        rtseg predict --checkpoint fastscnn@cityscapes --input photos --output out
        rtseg predict --checkpoint net.rtseg --input clip.mp4 --output out.mp4
        rtseg predict --checkpoint net.rtseg --input /dev/video0 --output frames/
        rtseg predict --checkpoint net.onnx --size 512x1024 --mean 0.5,0.5,0.5 \\
          --std 0.5,0.5,0.5 --output-name scores --input photos --output out

      Images may have any size, and each result has the size of its image. By default the result is a PNG of class \
      numbers with the data set's colors as its palette (ids). The product color is a plain RGB picture, overlay is the \
      image with the colors over it, and probability is the probability of each pixel's class in gray, 255 for certainty. \
      The product cityscapes is Cityscapes' label ids, in files that its evaluation server takes.

      A result has its image's name and ends in .png: a.jpg becomes a.png, or a_ids.png and a_overlay.png if --save names \
      several products. Results of earlier runs are replaced. Before anything is read, rtseg refuses a run in which a \
      result would replace an input or two results would have one name.

      The network sees each image once, as a whole, unless --scale, --flip, --tta or --tile say otherwise. Where tiles \
      overlap, the network's scores are averaged, weighted by --blend. The probabilities of several scales and of mirrored \
      images are averaged. An image that needs more than half of the free memory is labelled in tiles, and a line says so.

      An image that cannot be labelled is reported, and the others are still labelled. The exit code is then 1.

      Videos need the program ffmpeg. --input is a file, a camera (/dev/video0), an address (rtsp://...), or - for a \
      container on standard input. --output is a video file, whose name tells its format, or a folder for PNG files of \
      all frames with a list of their times, or - for raw frames in the container NUT. A video shows one product, overlay \
      unless --save names another. Time stamps, colors and sound stay those of the input. Frames are dropped only if a \
      camera or an address sends them faster than they are labelled. Ctrl-C ends the work and leaves a video that plays.
      """)

  /// The options that say what is labelled and what is written.
  struct Files: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        """
        The weights: a file (.pth, .safetensors, .pdparams), an address, or a name such as fastscnn@cityscapes (rtseg \
        models lists the networks that have one); or a compiled network (.rtseg) or an ONNX file (.onnx).
        """,
        valueName: "checkpoint"), completion: .weights)
    var checkpoint: String
    @Option(
      help: ArgumentHelp(
        "An image, a folder of images, a video file, a camera, the address of a stream, or - for standard input.",
        valueName: "path"), completion: .file())
    var input: String
    @Option(
      help: ArgumentHelp(
        "The folder for the results; for a video, also a video file, or - for standard output.", valueName: "path"),
      completion: .file())
    var output: String
    @Flag(help: "Also label the images in the folders below --input, and keep these folders under --output.")
    var recursive = false
    @Flag(help: "Stop at the first image that cannot be labelled.") var failFast = false
    @Option(
      help: ArgumentHelp(
        """
        The products to write, separated by commas: ids, color, overlay, probability; or cityscapes alone. (default: ids, \
        and overlay for videos)
        """, valueName: "list"),
      completion: .list(["ids", "color", "overlay", "probability", "cityscapes"]))
    var save: String?
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
        The data set with the names and colors of the classes: a name such as cityscapes or the path of a card. (default: \
        those in the checkpoint, or cityscapes if it has none)
        """, valueName: "name"), completion: .dataSets)
    var dataset: String?
  }

  @OptionGroup(title: "Input and output") var files: Files
  @OptionGroup(title: "Video") var video: VideoFlags
  @OptionGroup(title: "Network") var networkFlags: NetworkFlags
  @Option(
    help: ArgumentHelp(
      "The size of images in pixels that an ONNX file is run on. (default: the file's own)", valueName: "HEIGHTxWIDTH"))
  var size: ImageSize?
  @OptionGroup(title: "ONNX files") var importFlags: ImportFlags
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
    try checkOption("size", size, in: 1...16384)
    try importFlags.check(checkpoint, size: size)
    _ = try products(isVideo: false)
  }

  /// The products that were asked for, or the usual one.
  func products(isVideo: Bool) throws -> [PredictionProduct] {
    let products: [PredictionProduct]
    do { products = try PredictionProduct.list(files.save ?? (isVideo ? "overlay" : "ids")) } catch {
      throw ValidationError("--save: \(error)")
    }
    try refuseOption(
      isVideo && products.contains(.cityscapes), "--save cityscapes is for images, and \(input) is a video")
    try refuseOption(
      alpha != nil && files.save != nil && !products.contains(.overlay),
      "--alpha is for overlays: add overlay to --save, or leave it out")
    return products
  }

  func run() throws {
    if let threads { Libtorch.threads = threads }
    let device = NetworkData.isOne(checkpoint) ? .cpu : try Device(named: device)
    try engine.check(precision, on: device)
    switch try PredictionInput(input) {
    case .images: try labelImages(on: device)
    case .video(let source): try labelVideo(source, on: device)
    }
  }

  private func labelImages(on device: Device) throws {
    try video.refuseForImages(input)
    try refuseOption(
      alpha != nil && files.save == nil, "--alpha is for overlays: add overlay to --save, or leave it out")
    let images = try InputImages(input, isRecursive: recursive, resultFolder: output)
    let products = try products(isVideo: false)
    let plan = PredictionPlan(images, folder: output, products: products)
    if products.contains(.cityscapes) { try plan.checkCityscapesNames() }
    try plan.check(otherInputs: [checkpoint] + [dataset].compactMap { $0 } + calibration.imageFiles())
    try plan.checkTiles(inferenceFlags.inference(), orientation: exifOrientation)
    images.notes.forEach(Terminal.report)
    try label(plan, with: makePredictor(on: device))
  }

  func makePredictor(on device: Device) throws -> Predictor {
    let source = PredictorSource(
      checkpoint: checkpoint, network: networkFlags, importFlags: importFlags, size: size, dataset: dataset,
      device: device, precision: precision, engine: engine, calibration: calibration.read,
      inference: try inferenceFlags.inference())
    return try source.open()()
  }

  /// The ids of Cityscapes if they are to be written.
  private func labelIDs(of predictor: Predictor) throws -> LabelIDs? {
    guard try products(isVideo: false).contains(.cityscapes) else { return nil }
    let ids = Dictionary(uniqueKeysWithValues: zip(LabelSet.cityscapes.names, LabelSet.cityscapes.rawValues ?? []))
    do { return try LabelIDs(of: predictor.classNames, in: ids, of: "Cityscapes") } catch {
      throw CommandError("--save cityscapes: \(error)")
    }
  }

  private func label(_ plan: PredictionPlan, with predictor: Predictor) throws {
    let writer = PredictionWriter(alpha: alpha ?? 0.3, labelIDs: try labelIDs(of: predictor))
    try plan.makeFolders()
    let pipeline = PredictionPipeline(
      predictor, writer: writer, orientation: exifOrientation, batchSize: batchSize,
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
