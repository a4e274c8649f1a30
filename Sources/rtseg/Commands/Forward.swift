import ArgumentParser
import Files
import Foundation
import SegmentationModels
import Torch

struct Forward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a network on a raw array and write its scores, for comparison with other frameworks.",
    discussion: """
      The input is a NumPy file (version 1, C order) of float32 [N, C, H, W], taken as it is: no normalization, no \
      resizing. The output is the scores in evaluation mode, float32 [N, classes, H, W].
      """)

  @OptionGroup var networkFlags: NetworkFlags
  @Option(help: "Channels of the input; encoder–decoder networks take others than 3.") var inputChannels = 3
  @Flag(help: "Build it with its auxiliary heads.") var aux = false
  @Flag(help: "Build it with its detail head.") var detail = false
  @Option(help: "Number of classes.") var classes = 19
  @Option(help: "Weights, .pth or .safetensors; all names and shapes must fit.") var weights: String
  @Option(help: "The input, .npy.") var input: String
  @Option(help: "Where the scores go, .npy.") var output: String
  @Option(help: "cpu, cuda, cuda:N, mps.") var device = "cpu"

  func validate() throws {
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
    guard let architecture = try networkFlags.architecture() else {
      throw ValidationError("--model: expected a network's name (rtseg models lists them)")
    }
    var heads: Heads = []
    if aux { heads.insert(.auxiliary) }
    if detail { heads.insert(.detail) }
    let network = try architecture.makeModel(classes: classes, heads: heads, inputChannels: inputChannels).eval()
    do {
      try network.load(Checkpoint.readWeights(from: URL(filePath: weights), for: network).state)
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
}
