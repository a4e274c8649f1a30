import ArgumentParser
import Files
import Foundation
import SegmentationData
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationWeights
import Torch

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a network as ONNX, TorchScript or safetensors, for other tools.",
    discussion: """
      Examples:
        rtseg export best.pth --size 512x1024 --output street.onnx --verify frames
        rtseg export best.pth --dynamic --input uint8-nhwc --output-kind classes \\
          --output street.onnx
        rtseg export best.pth --size 512x1024 --precision int8 \\
          --calibration frames --output street.onnx
        rtseg export fastscnn@cityscapes --output street.pt
        rtseg export --model ddrnet-23slim --output speed.onnx

      The file holds the network with its weights. The names and colors of the classes, mean and std, the size of images and \
      the checkpoint's hash stand in the file and in a JSON file beside it, OUTPUT.json.

      By default the network takes normalized images and gives class scores. --normalize, --input and --output-kind move \
      what comes before and after it into the file. An image whose size the network does not take is padded and the result \
      cropped, except with --dynamic.

      --verify runs the file on images, ONNX files by ONNX Runtime, and compares the results with the network's own. A file \
      that computes something else is not written. make setup-exchange installs ONNX Runtime; RTSEG_PYTHON names another \
      python that has it.

      Without a checkpoint, the network that --model names gets random weights, for tests of speed.
      """)

  @Argument(
    help: ArgumentHelp(
      """
      The weights: a file (.pth, .safetensors, .pdparams), an address, or a name such as fastscnn@cityscapes (rtseg models \
      lists the networks that have one). (default: random ones)
      """, valueName: "checkpoint"), completion: .weights)
  var checkpoint: String?
  @Option(help: "The format: onnx, torchscript or safetensors. (default: by the ending of --output)")
  var format: ExportFormat?
  @Option(
    help: ArgumentHelp("The file to write: NAME.onnx, NAME.pt or NAME.safetensors.", valueName: "file"),
    completion: .file(extensions: ExportFormat.allCases.map(\.fileExtension)))
  var output: String
  @OptionGroup(title: "Network") var networkFlags: NetworkFlags
  @Option(
    help: ArgumentHelp(
      """
      The data set with the names and colors of the classes: a name such as cityscapes or the path of a card. (default: \
      those in the checkpoint)
      """, valueName: "name"), completion: .dataSets)
  var dataset: String?
  @Option(help: ArgumentHelp("The number of classes of a network with random weights. (default: 19)", valueName: "n"))
  var classes: Int?
  @Option(help: ArgumentHelp("The seed of random weights, 0 or more. (default: 1)", valueName: "n")) var seed: UInt64?
  @OptionGroup(title: "File") var flags: ExportFlags
  @OptionGroup(title: "Precision int8") var calibration: CalibrationFlags
  @OptionGroup(title: "Verification") var verification: VerificationFlags
  @Option(help: ArgumentHelp("The number of CPU threads per operation. (default: all cores)", valueName: "n"))
  var threads: Int?

  func validate() throws {
    try checkOption("threads", threads, in: 1...Libtorch.threadLimit)
    try checkOption("classes", classes, in: 1...65536)
    try calibration.check(flags.precision)
    try flags.check(try chosenFormat())
    try verification.check(try chosenFormat(), dataset: dataset)
    if let checkpoint {
      try refuseOption(
        ProgramFile.isProgram(checkpoint), "\(checkpoint) is compiled: export the checkpoint that it was compiled from")
      try refuseOption(seed != nil, "--seed is for random weights: leave the checkpoint out")
      try refuseOption(classes != nil, "--classes is for random weights: the checkpoint has its classes")
    } else {
      let names = networkFlags.model != nil || networkFlags.encoder != nil || networkFlags.decoder != nil
      try refuseOption(!names, "name a checkpoint, or a network with --model, which gets random weights")
      try refuseOption(
        classes != nil && dataset != nil, "--classes and --dataset both tell the classes: give one of them")
    }
  }

  /// The format that is asked for, or the one that the file's name tells.
  private func chosenFormat() throws -> ExportFormat {
    let byName = ExportFormat.allCases.first { output.lowercased().hasSuffix(".\($0.fileExtension)") }
    guard let chosen = format ?? byName else {
      throw ValidationError("--output: expected a name that ends in .onnx, .pt or .safetensors, found \(output)")
    }
    guard byName == chosen else {
      throw ValidationError("--output: expected a name that ends in .\(chosen.fileExtension), found \(output)")
    }
    return chosen
  }

  func run() throws {
    if let threads { Libtorch.threads = threads }
    let format = try chosenFormat()
    try checkOutputs()
    let images = try verification.read()
    let calibration = try calibration.read()
    let network = try makeNetwork()
    let exporter = NetworkExporter(network, flags.options, calibration: calibration)
    let export = try exporter.export(as: format)
    let verified = try images.map {
      try verification.compare(
        export, network, flags.options, $0, dataset: dataset,
        leastAgreement: flags.precision == .int8 ? self.calibration.agreementOrDefault : nil)
    }
    try export.write(to: URL(filePath: output))
    report(export, network)
    if let verified { print(verified) }
  }

  /// Makes sure that the results replace no input and can be written.
  private func checkOutputs() throws {
    var plan = OutputPlan()
    let inputs = [checkpoint, dataset].compactMap { $0 }
    for path in try inputs + calibration.imageFiles() + verification.imageFiles() { plan.add(input: path) }
    plan.add(output: output, of: "--output")
    plan.add(output: NetworkExport.descriptionFile(of: URL(filePath: output)).path, of: "the file beside it")
    try plan.check()
    guard FileSystem.isFolder(FileSystem.folder(of: output)) else {
      throw CommandError(
        "--output: \(output) cannot be written, since there is no folder \(FileSystem.folder(of: output))")
    }
  }

  private func makeNetwork() throws -> ExportedNetwork {
    let infos = try dataset.map { try Dataset.open(kind: $0, root: verification.dataRoot ?? "").labels.classes }
    guard let checkpoint else {
      Libtorch.seed(seed ?? 1)
      let model = try networkFlags.architecture()!.makeModel(classes: classes ?? infos?.count ?? 19)
      return ExportedNetwork(model, classes: infos ?? [])
    }
    return try ClassSource.dataset(dataset ?? "", isDefault: false).advising {
      try ExportedNetwork(
        NetworkCheckpoint(named: checkpoint, architecture: networkFlags.architecture(), weights: .onTerminal),
        classes: infos, note: Terminal.report)
    }
  }

  /// Prints what was written.
  private func report(_ export: NetworkExport, _ network: ExportedNetwork) {
    var facts = [network.name, export.format.rawValue]
    if export.format != .safetensors {
      let options = flags.options
      facts += [flags.precision.rawValue, options.hasDynamicSize ? "any size" : options.size.description]
    }
    print(
      facts.joined(separator: ", ") + String(format: ": %.2f MB", Double(export.file.count) / 1e6)
        + ": \(output.printable())")
    if let quantization = export.quantization { print(quantization) }
  }
}
