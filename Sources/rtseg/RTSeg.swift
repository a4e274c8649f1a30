import ArgumentParser
import Files
import Foundation
import SegmentationModels
import SegmentationTraining
import Torch

/// The program: real-time semantic segmentation.
@main
struct RTSeg: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rtseg",
    abstract: "Train, validate and run real-time semantic segmentation networks.",
    version: rtsegVersion,
    subcommands: [
      Train.self, Validate.self, Predict.self, Bench.self, Models.self, Forward.self, DataCommand.self, Doctor.self,
      BenchWorker.self,
    ])

  static func main() {
    Libtorch.releaseUnusedMemory()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard exitCode(for: error) == .failure, !(error is ExitCode) else { exit(withError: error) }
      FileHandle.standardError.write(Data("rtseg: \(oneLine(error))\n".utf8))
      Foundation.exit(1)
    }
  }

  private static func oneLine(_ error: any Error) -> String {
    String(describing: error).split(separator: "\n").joined(separator: " ").printable()
  }
}
