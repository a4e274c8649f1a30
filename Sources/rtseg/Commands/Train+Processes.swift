import ArgumentParser
import Files
import Foundation
import SegmentationTraining

/// `rtseg train` as the process that starts others, and as one of these.
extension Train {
  /// Starts the processes of a run and waits for them.
  func launch(_ count: Int, _ options: TrainingOptions) throws {
    let folder = RunFolder.unopened(URL(filePath: options.output))
    let begin = Date()
    let launcher = ProcessLauncher(
      program: Bundle.main.executablePath ?? CommandLine.arguments[0],
      arguments: Self.workerArguments(Terminal.arguments, batchSize: options.batchSize), count: count
    ) {
      // A new run may have failed because another one's files are in its folder.
      let date =
        try? FileManager.default.attributesOfItem(atPath: folder.lastCheckpoint.path)[.modificationDate] as? Date
      guard let date, resume != nil || date >= begin else { return nil }
      return "the last good state is in \(folder.lastCheckpoint.relativePath), go on with --resume"
    }
    let status = try launcher.run()
    if status != 0 { throw ExitCode(status) }
  }

  /// The arguments of this process for those that it starts: with the batch size that was found.
  static func workerArguments(_ arguments: [String], batchSize: Int) -> [String] {
    var result: [String] = []
    for argument in arguments {
      if result.last == "--batch-size", argument == "auto" {
        result.append("\(batchSize)")
      } else {
        result.append(argument == "--batch-size=auto" ? "--batch-size=\(batchSize)" : argument)
      }
    }
    return result
  }

  /// Trains as one of several processes.
  func work(_ environment: WorkerEnvironment, _ options: TrainingOptions, link: LauncherLink?) throws {
    var met: TrainingWorld?
    do {
      let world = try TrainingWorld(environment, device: options.device, timeout: .seconds(processes.timeout))
      met = world
      link?.joined(world)
      try train(options, world: world)
    } catch let code as ExitCode {
      throw code
    } catch {
      met?.tellOthers(of: error)
      guard let link else {
        let text = "\(error)"
        let name = "rank \(environment.rank)"
        throw environment.size == 1 || text.hasPrefix(name) ? error : TrainingError("\(name): \(text)")
      }
      link.report(error)
      throw ExitCode(1)
    }
  }
}
