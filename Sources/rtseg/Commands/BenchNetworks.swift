import ArgumentParser
import Files
import Foundation
import SegmentationExchange
import SegmentationInference
import SegmentationModels
import SegmentationWeights
import Torch

/// Which networks are measured, with which weights.
struct BenchNetworks: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The names of networks, separated by commas (rtseg models lists them), or an ONNX file.", valueName: "names"),
    completion: .networks)
  var model: String?
  @Flag(help: "Measure all real-time networks.") var all = false
  @Option(
    name: [.customLong("weights"), .customLong("checkpoint")],
    help: ArgumentHelp(
      """
      The weights of one network (a file, an address or a name such as fastscnn@cityscapes), or a folder with NAME.pth or \
      NAME.safetensors for some networks. Networks without weights get random ones. A compiled network (.rtseg) or an ONNX \
      file is measured as it is, without --model.
      """,
      valueName: "file|folder"), completion: .weights)
  var weights: String?
  @Option(help: ArgumentHelp("The seed of random weights, 0 or more. (default: 1)", valueName: "n")) var seed: UInt64?

  func validate() throws {
    if onnx != nil {
      return try refuseOption(
        model != nil && weights != nil || all || seed != nil,
        "an ONNX file has its network and its weights: leave \(model != nil && weights != nil ? "--weights" : "--all and --seed") out"
      )
    }
    if let program {
      return try refuseOption(
        model != nil || all || seed != nil,
        "\(program) is compiled and knows its network: leave --model, --all and --seed out")
    }
    if (model != nil) == all { throw ValidationError("name the networks with --model, or give --all") }
    try refuseOption(
      seed != nil && weights.map { !FileSystem.isFolder($0) } ?? false,
      "--seed is for random weights: leave --weights out")
  }

  /// The compiled network that takes the place of weights; nil if there is none.
  var program: String? { weights.flatMap { ProgramFile.isProgram($0) ? $0 : nil } }

  /// The ONNX file that is measured; nil if there is none.
  var onnx: String? { [model, weights].compactMap { $0 }.first(where: ONNXNetwork.isONNX) }

  /// The networks of the catalogue that are measured; none for a compiled network or an ONNX file that is not in it.
  func architectures() throws -> [Architecture] {
    if onnx != nil { return [] }
    if let program {
      let name = try ProgramFile(contentsOf: URL(filePath: program)).network
      return (try? Architecture(name: name)).map { [$0] } ?? []
    }
    guard let model else { return Architecture.realTime }
    let networks = try model.split(separator: ",").map {
      try Architecture(name: $0.trimmingCharacters(in: .whitespaces))
    }
    if let weights, networks.count > 1, !FileSystem.isFolder(weights) {
      throw ValidationError("--weights: one file serves one network; give a folder with NAME.pth for each")
    }
    return networks
  }

  func makeModel(_ architecture: Architecture, classes: Int) throws -> SegmentationModel {
    guard let file = file(of: architecture) else {
      Libtorch.seed(seed ?? 1)
      return try architecture.makeModel(classes: classes)
    }
    return try ClassSource.option(isDefault: classes == 19).advising {
      let model = try NetworkCheckpoint(named: file, architecture: architecture, weights: .onTerminal)
        .makeModel(classes: classes, note: Terminal.report)
      guard model.imageChannels == 3 else {
        throw CommandError("\(file): it takes images of \(model.imageChannels) channels; bench measures on RGB alone")
      }
      return model
    }
  }

  /// The file with a network's weights; nil if they are random.
  func file(of architecture: Architecture) -> String? {
    guard let weights, FileSystem.isFolder(weights) else { return weights }
    return ["pth", "safetensors"].map { "\(weights)/\(architecture.name).\($0)" }.first(where: FileSystem.exists)
  }
}
