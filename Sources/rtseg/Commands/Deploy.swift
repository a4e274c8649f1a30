import ArgumentParser
import Files
import Foundation
import SegmentationModels
import SegmentationWeights
import Torch

struct Deploy: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Merge the paths of a trained network's blocks into single convolutions.",
    discussion: """
      Examples:
        rtseg deploy runs/gcnet/best.pth --output gcnet.pth
        rtseg deploy rdrnet-s.pth --model rdrnet-s --output rdrnet-s.safetensors

      Networks such as GCNet and RDRNet train with blocks of several paths, each of which amounts to one convolution \
      afterwards. The file that this command writes holds these convolutions, under the names that the authors' own code \
      gives them. All commands take it in place of the checkpoint, except for training.

      The scores are the same up to rounding, which the command checks. rtseg predict, val, serve, compile and export merge the \
      paths by themselves: this command is for other programs, and for smaller files.
      """)

  @Argument(
    help: ArgumentHelp(
      """
      The weights: a file (.pth, .safetensors, .pdparams), an address, or a name such as fastscnn@cityscapes (rtseg models \
      lists the networks that have one).
      """, valueName: "checkpoint"), completion: .weights)
  var checkpoint: String
  @Option(
    help: ArgumentHelp("The file to write, NAME.pth or NAME.safetensors.", valueName: "file"),
    completion: .file(extensions: ["pth", "safetensors"]))
  var output: String
  @OptionGroup(title: "Network") var networkFlags: NetworkFlags

  func validate() throws {
    let ending = URL(filePath: output).pathExtension.lowercased()
    try refuseOption(
      !["pth", "safetensors"].contains(ending),
      "--output: expected a name that ends in .pth or .safetensors, found \(output)")
  }

  func run() throws {
    var plan = OutputPlan()
    plan.add(input: checkpoint)
    plan.add(output: output, of: checkpoint)
    try plan.check()
    let checkpoint = try NetworkCheckpoint(
      named: checkpoint, architecture: networkFlags.architecture(), weights: .onTerminal)
    let deployment = try Deployment(checkpoint, note: Terminal.report)
    try deployment.write(to: URL(filePath: output))
    print(
      "\(deployment.network.name): "
        + String(
          format: "%.2f million parameters in place of %.2f", Double(deployment.network.parameterCount) / 1e6,
          Double(deployment.trainedParameters) / 1e6)
        + String(format: ", scores equal within %.1g of the largest: ", deployment.difference) + output.printable())
  }
}
