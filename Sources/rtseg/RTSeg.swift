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
    discussion: """
      Examples:
        rtseg data check --dataset mydata.yaml
        rtseg train --model fastscnn --dataset mydata.yaml --output runs/first
        rtseg predict --checkpoint runs/first/best.pth --input photos --output out

      rtseg --generate-completion-script bash (or zsh, fish) prints a script that completes commands and options.
      """,
    version: rtsegVersion,
    subcommands: [BenchWorker.self],
    groupedSubcommands: [
      CommandGroup(name: "Data", subcommands: [DataCommand.self]),
      CommandGroup(
        name: "Training", subcommands: [Train.self, Config.self, Search.self, Runs.self, Report.self]),
      CommandGroup(
        name: "Inference",
        subcommands: [
          Predict.self, Serve.self, Validate.self, Bench.self, Recommend.self, Compile.self, Deploy.self, Export.self,
          Forward.self,
        ]),
      CommandGroup(name: "Information", subcommands: [Models.self, Info.self, Doctor.self]),
    ])

  static func main() {
    Terminal.openStandardFiles()
    Libtorch.releaseUnusedMemory()
    do {
      var command = try parseAsRoot(Terminal.arguments)
      let line = ListingLine()
      try ListingProgress.watching({ line.add($0) }) { try command.run() }
    } catch {
      end(with: error)
    }
  }

  private static func end(with error: any Error) -> Never {
    let code = exitCode(for: error)
    switch code {
    case _ where error is ExitCode: break
    case .success: print(fullMessage(for: error))  // help and version
    case .validationFailure: Terminal.write(usage(error) + "\n")
    default: Terminal.report(String(describing: error))
    }
    Foundation.exit(code.rawValue)
  }

  /// Says what is wrong with the arguments and how they are written. The first part holds what the user wrote.
  private static func usage(_ error: any Error) -> String {
    let text = fullMessage(for: error)
    let message = self.message(for: error)
    guard !message.isEmpty, let range = text.range(of: message) else { return text }
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false).prefix(40)
    return text.replacingCharacters(in: range, with: lines.map { String($0).printable() }.joined(separator: "\n"))
  }
}
