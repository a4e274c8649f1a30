import ArgumentParser
import Foundation
import Measurement
import Torch

/// Measures what processes pay for each other: all-reduces of gradients, and the messages of synchronized batch
/// normalization. It starts the processes itself, which talk over the loopback.
@main
struct Collectives: ParsableCommand {
  @Option(help: "The number of processes.") var processes = 2
  @Option(help: "The sizes of all-reduces in KiB, separated by commas.") var sizes = "1,64,1024,16384,65536"
  @Option(help: "The numbers of channels of batch normalizations, separated by commas.") var channels = "16,64,256"
  @Option(help: "How often each is measured; the report has the medians.") var rounds = 30
  @Option(help: "Seconds after which an operation fails.") var timeout = 60
  @Option(help: .private) var rank: Int?
  @Option(help: .private) var port: Int?

  /// Medians in seconds, by rank 0.
  struct Report: Encodable {
    let processes: Int
    /// By size in KiB, with the check that all processes do the same.
    var allReduce: [String: Double] = [:]
    /// One operation without values.
    var barrier = 0.0
    /// By number of channels: a forward and a backward pass of one layer on a map of 4 pixels, over all processes and over
    /// one, which differ by two messages.
    var synchronizedBatchNorm: [String: Double] = [:]
    var batchNorm: [String: Double] = [:]
  }

  func run() throws {
    guard let rank, let port else { return try launch() }
    Libtorch.threads = 1
    let group = try ProcessGroup(
      rank: rank, size: processes, address: "127.0.0.1", port: port, serves: false, timeout: .seconds(timeout),
      meetingTimeout: .seconds(60))
    var report = Report(processes: processes)
    func median(_ body: () throws -> Void) throws -> Double {
      for _ in 0..<3 { try body() }
      return try (0..<rounds).map { _ in
        try group.barrier()
        return try seconds(body)
      }.quantile(0.5)
    }
    report.barrier = try median { try group.barrier() }
    for size in sizes.split(separator: ",").compactMap({ Int($0) }) {
      let tensor = Tensor.zeros([size * 256])
      report.allReduce["\(size)"] = try median { try group.allReduce([tensor], .sum) }
    }
    for count in channels.split(separator: ",").compactMap({ Int($0) }) {
      let x = Tensor.random([1, count, 2, 2])
      x.requiresGrad = true
      let norm = BatchNorm2d(count)
      report.batchNorm["\(count)"] = try median { norm(x).sum().backward() }
      norm.synchronizeBatchNorm(over: group)
      report.synchronizedBatchNorm["\(count)"] = try median { norm(x).sum().backward() }
    }
    if rank == 0 { try printReport(report) }
  }

  private func launch() throws {
    let server = try RendezvousServer()
    let workers = try (0..<processes).map { rank in
      let worker = Process()
      worker.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
      worker.arguments = CommandLine.arguments.dropFirst() + ["--rank", "\(rank)", "--port", "\(server.port)"]
      try worker.run()
      return worker
    }
    for worker in workers { worker.waitUntilExit() }
    if workers.contains(where: { $0.terminationStatus != 0 }) { throw ExitCode.failure }
  }
}
