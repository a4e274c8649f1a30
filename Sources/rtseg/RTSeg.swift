import ArgumentParser
import Foundation
import SegmentationTraining

/// The program: real-time semantic segmentation.
@main
struct RTSeg: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rtseg",
    abstract: "Train, validate and run real-time semantic segmentation networks.",
    version: rtsegVersion,
    subcommands: [
      Train.self, Validate.self, Predict.self, Models.self, Forward.self, DataCommand.self, Doctor.self,
    ])

  static func main() {
    // Lines appear as they are printed, also in files and pipes.
    setvbuf(stdout, nil, _IOLBF, 0)
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
    let text = (error as? any CustomStringConvertible)?.description ?? error.localizedDescription
    return text.split(separator: "\n").joined(separator: " ")
  }
}
