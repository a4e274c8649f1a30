import ArgumentParser
import Files
import Foundation
import SceneSynthesis
import SegmentationData
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationWeights
import Torch

struct Compile: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a trained network into one file that runs without libtorch.",
    discussion: """
      Examples:
        rtseg compile best.pth --size 512x1024 --output street.rtseg
        rtseg compile fastscnn@cityscapes --size 512x1024,256x512 --output s.rtseg
        rtseg compile best.pth --size 512x1024 --precision int8 \\
          --calibration frames --output street.rtseg
        rtseg compile net.onnx --output net.rtseg

      The file holds everything that running the network takes: the operators, the weights, the normalization of images, \
      and the classes with their colors. rtseg predict, val and bench take it in place of a checkpoint. Without RTSeg, the \
      program rtseg-run, the C library librtseg and the Python package rtseg run it.

      The network is compiled for images of the sizes given, which share the weights. Images of other sizes can be resized \
      when the file is used. An ONNX file that any tool has written may take the checkpoint's place; --size can be left out \
      if it is made for images of one size.

      At the end the command runs the file and prints the share of pixels that get the same class as from libtorch: on the \
      images of --images, on those of --calibration, or on a street scene that the program draws.
      """)

  @Argument(
    help: ArgumentHelp(
      """
      The weights: a file (.pth, .safetensors, .pdparams), an address, or a name such as fastscnn@cityscapes (rtseg models \
      lists the networks that have one); or an ONNX file (.onnx).
      """, valueName: "checkpoint"), completion: .weights)
  var checkpoint: String
  @Option(
    help: ArgumentHelp(
      "The size of images in pixels, or several sizes separated by commas. (default: that of an ONNX file)",
      valueName: "HEIGHTxWIDTH,..."))
  var size: String?
  @Option(
    help: ArgumentHelp("The file to write, NAME.rtseg.", valueName: "file"), completion: .file(extensions: ["rtseg"]))
  var output: String
  @OptionGroup(title: "Network") var networkFlags: NetworkFlags
  @OptionGroup(title: "ONNX files") var importFlags: ImportFlags
  @Option(
    help: ArgumentHelp(
      """
      The data set with the names and colors of the classes: a name such as cityscapes or the path of a card. (default: \
      those in the checkpoint)
      """, valueName: "name"), completion: .dataSets)
  var dataset: String?
  @Option(help: "The numeric precision: float32, bfloat16 or int8. int8 needs --calibration.")
  var precision = Precision.float32
  @OptionGroup(title: "Precision int8") var calibration: CalibrationFlags
  @Option(
    help: ArgumentHelp(
      "A folder of images on which the file is compared with libtorch. Up to 32 of them are used.", valueName: "folder"),
    completion: .directory)
  var images: String?
  @Option(help: ArgumentHelp("The number of CPU threads per operation. (default: all cores)", valueName: "n"))
  var threads: Int?

  func validate() throws {
    _ = try sizes()
    try checkOption("threads", threads, in: 1...Libtorch.threadLimit)
    try calibration.check(precision)
    try refuseOption(precision == .float16, "--precision: a compiled network has float32, bfloat16 or int8")
    try importFlags.check(checkpoint)
    try refuseProgramOptions(checkpoint, network: networkFlags, engine: .kernels, precision: nil, device: "cpu")
    try refuseOption(!ProgramFile.isProgram(output), "--output: expected a name that ends in .rtseg, found \(output)")
  }

  private func sizes() throws -> [ImageSize] {
    guard let size else {
      guard ONNXNetwork.isONNX(checkpoint) else {
        throw ValidationError("--size: give the size of images, such as 512x1024")
      }
      return []
    }
    let texts = size.split(separator: ",", omittingEmptySubsequences: false)
    let sizes = texts.compactMap { ImageSize(argument: String($0)) }
    guard sizes.count == texts.count, (1...32).contains(sizes.count), Set(sizes).count == sizes.count else {
      throw ValidationError("--size: expected up to 32 different sizes such as 512x1024,256x512, found \(size)")
    }
    for size in sizes { try checkOption("size", size, in: 1...16384) }
    return sizes
  }

  func run() throws {
    if let threads { Libtorch.threads = threads }
    let sizes = try sizes()
    var plan = OutputPlan()
    for path in [checkpoint] + [dataset].compactMap({ $0 }) + (try calibration.imageFiles()) { plan.add(input: path) }
    plan.add(output: output, of: checkpoint)
    try plan.check()
    let calibration = try calibration.read()
    let samples = try images.map { try Calibration(folder: URL(filePath: $0)) } ?? calibration
    let classes = try dataset.map { try Dataset.open(kind: $0, root: "").labels.classes }
    if ONNXNetwork.isONNX(checkpoint) {
      let network = try ONNXNetwork(contentsOf: URL(filePath: checkpoint), output: importFlags.outputName)
      let program = try network.program(
        sizes: sizes, precision: precision, classes: classes, normalization: importFlags.normalization(),
        calibration: calibration, threads: threads, note: NetworkData.tell)
      try program.write(to: URL(filePath: output))
      return try report(program, samples) { file, samples in try file.agreement(with: network, on: samples) }
    }
    let source = ClassSource.dataset(dataset ?? "", isDefault: false)
    let network = try source.advising {
      try NetworkCheckpoint(named: checkpoint, architecture: networkFlags.architecture(), weights: .onTerminal)
    }
    let (program, model) = try source.advising {
      try Program.compile(
        network, sizes: sizes, precision: precision, classes: classes, calibration: calibration, note: Terminal.report)
    }
    try program.write(to: URL(filePath: output))
    try report(program, samples) { file, samples in try file.agreement(with: model, on: samples) }
  }

  /// Prints what was written, and how it compares with libtorch.
  private func report(
    _ program: Program, _ samples: Calibration?,
    agreement: (ProgramFile, Calibration) throws -> (share: Double, images: Int)
  ) throws {
    let file = try ProgramFile(contentsOf: URL(filePath: output))
    let bytes = try FileSystem.size(of: output)
    let sizes = program.sizes.map(\.description).joined(separator: ", ")
    print(
      "\(program.network.printable()), \(program.precision.rawValue), \(sizes): \(file.operatorCount) operators, "
        + String(format: "%.2f MB", Double(bytes) / 1e6) + ": \(output.printable())")
    for (size, quantization) in zip(program.sizes, program.quantization) { print("\(size): \(quantization)") }
    let isRGB = program.normalization.isRGB
    let drawn =
      isRGB ? Calibration(images: [SceneSynthesizer(size: program.sizes[0], seed: 1).scene(0).image]) : .noise
    let agreement = try agreement(file, samples ?? drawn)
    let what =
      samples == nil
      ? (isRGB ? "a drawn street scene" : "random numbers")
      : "\(agreement.images) image\(agreement.images == 1 ? "" : "s")"
    print(
      String(format: "%.3f %% of the pixels of ", agreement.share * 100) + what + " get the class that libtorch gives")
  }
}
