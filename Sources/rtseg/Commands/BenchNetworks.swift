import ArgumentParser
import Files
import Foundation
import SegmentationModels
import Torch

/// Which networks are measured, with which weights.
struct BenchNetworks: ParsableArguments {
  @Option(help: ArgumentHelp("The networks, separated by commas (rtseg models lists them).", valueName: "names"))
  var model: String?
  @Flag(help: "All real-time networks.") var all = false
  @Option(
    name: [.customLong("weights"), .customLong("checkpoint")],
    help: ArgumentHelp(
      "Weights for one network, or a folder with NAME.pth or NAME.safetensors for some; others' are random.",
      valueName: "file|folder"))
  var weights: String?
  @Option(help: "The seed of random weights (default: 1).") var seed: UInt64?

  func validate() throws {
    if (model != nil) == all { throw ValidationError("name the networks with --model, or give --all") }
    try refuseOption(
      seed != nil && weights.map { !FileSystem.isFolder($0) } ?? false,
      "--seed is for random weights: leave --weights out")
  }

  func architectures() throws -> [Architecture] {
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
      try NetworkCheckpoint(contentsOf: checkpointFile(file), architecture: architecture)
        .makeModel(classes: classes, note: Terminal.report)
    }
  }

  /// The file with a network's weights; nil if they are random.
  func file(of architecture: Architecture) -> String? {
    guard let weights, FileSystem.isFolder(weights) else { return weights }
    return ["pth", "safetensors"].map { "\(weights)/\(architecture.name).\($0)" }.first(where: FileSystem.exists)
  }
}
