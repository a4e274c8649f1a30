import ArgumentParser
import Basics
import Foundation
import SegmentationImage
import SegmentationModels
import SegmentationTraining
import Torch

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show versions, devices and what this machine can do, and how to fix what is missing.",
    discussion: """
      Examples:
        rtseg doctor
        rtseg doctor --verbose

      The exit code is 1 if it finds a problem.
      """)

  @Flag(help: "Also print libtorch's whole build report.")
  var verbose = false

  func run() throws {
    var problems: [String] = []
    do {
      try Libtorch.loadAccelerators()
    } catch {
      problems.append("\(error); install the nvidia-* wheels beside libtorch (make setup) or use a CPU build")
    }
    let features = Processor.vectorInstructions
    let table = [
      ["rtseg", rtsegVersion],
      ["libtorch", Libtorch.version],
      ["devices", Libtorch.devices.map(\.description).joined(separator: ", ")],
      ["processor", Processor.name],
      ["vectors", features.isEmpty ? "baseline" : features.joined(separator: ", ")],
      ["threads", "\(Libtorch.threads) of \(ProcessInfo.processInfo.activeProcessorCount) cores"],
      ["memory", String(format: "%.1f GiB", Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824)],
      ["codecs", ImageFormat.codecVersions],
    ]
    print(TextTable.text(table, [.left, .left]))
    if verbose { print(Libtorch.buildReport) }

    if let quota = FileManager.default.temporaryFileProblem { problems.append(quota) }
    if Libtorch.devices.count == 1, FileManager.default.fileExists(atPath: "/proc/driver/nvidia/version") {
      problems.append(
        "this machine has an NVIDIA GPU, but libtorch is a CPU build: LIBTORCH=/path/to/cuda/libtorch make build")
    }
    for problem in problems { print("problem: \(problem)") }
    print(
      problems.isEmpty
        ? "no problems found" : problems.count == 1 ? "1 problem found" : "\(problems.count) problems found")
    if !problems.isEmpty { throw ExitCode.failure }
  }
}

extension FileManager {
  /// Why temporary files cannot be written, if they cannot.
  fileprivate var temporaryFileProblem: String? {
    let file = temporaryDirectory.appending(path: "rtseg-\(UUID().uuidString)")
    defer { try? removeItem(at: file) }
    do {
      try Data([0]).write(to: file)
      return nil
    } catch {
      return "\(temporaryDirectory.path) cannot be written: \(error.localizedDescription); set TMPDIR to another folder"
    }
  }
}
