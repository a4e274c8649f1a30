import ArgumentParser
import Basics
import Files
import Foundation
import SegmentationBenchmark
import SegmentationInference
import Torch

/// The program of the processes that `bench` starts.
struct BenchWorker: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-worker", abstract: "A process of bench.", shouldDisplay: false,
    subcommands: [Run.self, Peak.self, Busy.self])

  struct Run: ParsableCommand {
    @Argument(help: "An EngineJob as JSON.") var job: String

    func run() throws {
      let job = try JSONDecoder().decode(EngineJob.self, from: Data(FileName.bytes(job)))
      try printLine(EngineMeasurement(job, device: Device(named: job.device)).run())
    }
  }

  struct Peak: ParsableCommand {
    @Argument var threads: Int

    func run() throws { try printLine(ComputePeak.measure(threads: threads)) }
  }

  struct Busy: ParsableCommand {
    @Argument(help: "A Contention.") var contention: String

    func run() throws {
      guard let contention = Contention(rawValue: contention) else { throw ValidationError("busy: \(contention)") }
      contention.keepBusy()
    }
  }

  private static func printLine(_ result: some Encodable) throws {
    print(String(decoding: try JSONEncoder.snakeCase().encode(result), as: UTF8.self))
  }
}
