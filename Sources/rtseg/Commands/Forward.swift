import ArgumentParser
import Files
import Foundation
import SegmentationExchange
import SegmentationInference
import SegmentationModels
import SegmentationWeights
import Torch

struct Forward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a network on a raw array and write its scores, to compare it with other frameworks.",
    discussion: """
      Examples:
        rtseg forward --model fastscnn --weights w.pth --input x.npy --output y.npy
        rtseg forward --model enet --classes 11 --weights w.safetensors \\
          --input x.npy --output y.npy
        rtseg forward --weights net.onnx --input x.npy --output y.npy

      The input is a NumPy file (version 1, C order) of float32 [N, C, H, W]. It is taken as it is, without normalization \
      or resizing. The output is the scores in evaluation mode, float32 [N, classes, H, W]. An ONNX file is compiled and run by the \
      kernels, and its scores are resized to the input's size.
      """)

  @OptionGroup(title: "Network") var networkFlags: NetworkFlags
  @Option(
    help: ArgumentHelp(
      "The number of channels of the input. Networks for images take 3 unless this says otherwise.", valueName: "n"))
  var inputChannels = 3
  @Flag(help: "Build the network with its auxiliary heads, for weights that include them.") var aux = false
  @Flag(help: "Build the network with its detail head, for weights that include it.") var detail = false
  @Option(help: ArgumentHelp("The number of classes.", valueName: "n")) var classes = 19
  @Option(
    help: ArgumentHelp(
      """
      The weights: a file (.pth, .safetensors, .pdparams), an address, or a name such as fastscnn@cityscapes. All names \
      and shapes must fit the network. Or an ONNX file.
      """, valueName: "checkpoint"),
    completion: .weights)
  var weights: String
  @Option(
    help: ArgumentHelp("The input, a NumPy file.", valueName: "file"), completion: .file(extensions: ["npy"]))
  var input: String
  @Option(
    help: ArgumentHelp("The NumPy file for the scores.", valueName: "file"), completion: .file(extensions: ["npy"]))
  var output: String
  @Option(help: ArgumentHelp("The device: cpu, cuda, cuda:N or mps.", valueName: "name"), completion: .devices)
  var device = "cpu"
  @Option(
    help: ArgumentHelp(
      "The output of an ONNX file with the scores or the classes. (default: the first that is a map)", valueName: "name"
    ))
  var outputName: String?

  func validate() throws {
    let isONNX = ONNXNetwork.isONNX(weights)
    try refuseOption(outputName != nil && !isONNX, "--output-name is for ONNX files: leave it out")
    let names = networkFlags.model != nil || networkFlags.encoder != nil || networkFlags.decoder != nil
    try refuseOption(
      isONNX && (names || aux || detail || device != "cpu"),
      "\(weights) is an ONNX file, which runs on the CPU as it is: leave the network, --aux, --detail and --device out")

    try checkOption("classes", classes, in: 1...65536)
    try checkOption("input-channels", inputChannels, in: 1...65536)
  }

  func run() throws {
    var plan = OutputPlan()
    [input, weights].forEach { plan.add(input: $0) }
    plan.add(output: output, of: input)
    try plan.check()
    let device = try Device(named: device)
    let x = try Npy.read(URL(filePath: input))
    guard x.dtype == .float32, x.rank == 4, x.size(1) == inputChannels else {
      throw CommandError("\(input): expected float32 [N, \(inputChannels), H, W], found \(x.dtype) \(x.shape)")
    }
    if ONNXNetwork.isONNX(weights) { return try runFile(x) }
    let file = try PretrainedWeights.onTerminal.find(weights, of: networkFlags.architecture())
    guard let architecture = file.architecture else {
      throw ValidationError("--model: expected a network's name (rtseg models lists them)")
    }
    var heads: Heads = []
    if aux { heads.insert(.auxiliary) }
    if detail { heads.insert(.detail) }
    let network = try architecture.makeModel(classes: classes, heads: heads, inputChannels: inputChannels).eval()
    do {
      try network.load(
        network.weights(in: Checkpoint.read(from: file.url), file: weights, network: architecture.name).state)
    } catch let error as StateMismatch {
      throw ClassSource.option(isDefault: classes == 19).advising(
        NetworkCheckpointError(error, file: weights, network: architecture.name, classes: classes))
    }
    network.to(device)
    let scores = try catchingTorchErrors {
      withoutGradients { network.logits(x.to(device: device)) }
    }
    try Npy.write(scores.to(device: .cpu), to: URL(filePath: output))
    print("\(architecture.name): \(x.shape) -> \(scores.shape), \(output.printable())")
  }

  /// Runs an ONNX file on the input by the kernels.
  private func runFile(_ x: Tensor) throws {
    guard x.size(0) == 1, x.size(1) == 3 else {
      throw CommandError("\(input): expected float32 [1, 3, H, W] for an ONNX file, found \(x.shape)")
    }
    let network = try ONNXNetwork(contentsOf: URL(filePath: weights), output: outputName)
    let size = ImageSize(height: x.size(2), width: x.size(3))
    let program = try network.program(sizes: [size])
    let engine = try InferenceEngine(
      ProgramFile(program, from: network.url), size: size, options: InferenceOptions(output: .logits))
    let scores = try engine(x)
    try Npy.write(scores.contiguous(), to: URL(filePath: output))
    print("\(network.url.lastPathComponent.printable()): \(x.shape) -> \(scores.shape), \(output.printable())")
  }
}
