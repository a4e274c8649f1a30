import Foundation
import SegmentationImage
import SegmentationModels
import Torch

/// Measures networks. Each one has its own processes, so memory and failures of one do not affect another.
public final class Benchmark {
  private let options: BenchmarkOptions
  private let program: URL
  private let frame: Image
  private let makeModel: (Architecture) throws -> SegmentationModel
  private let progress: (String) -> Void

  /// Creates a benchmark.
  /// - Parameters:
  ///  - program: The program that runs the jobs: `bench-worker run JOB` prints an `EngineRun`, `bench-worker peak
  ///    THREADS` prints a `ComputePeak`, and `bench-worker busy` keeps a core busy.
  ///  - frame: The image that the networks see. Like a camera's image it may be larger than their input.
  ///  - makeModel: A closure that returns a network with the weights to measure it with.
  ///  - progress: A closure that is told of each step, and of each network that fails as soon as it does.
  public init(
    _ options: BenchmarkOptions, program: URL, frame: Image,
    makeModel: @escaping (Architecture) throws -> SegmentationModel, progress: @escaping (String) -> Void
  ) {
    self.options = options
    self.program = program
    self.frame = frame
    self.makeModel = makeModel
    self.progress = progress
  }

  /// Measures all networks. Those that fail are part of the report.
  /// - Throws: An error if the folder for temporary files cannot be used or the busy process cannot be started.
  public func run() throws -> BenchmarkReport {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "rtseg-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let files = BenchmarkFiles(folder: scratch)
    try frame.write(to: files.frame)
    // The image is read from the file again because JPEG has changed it.
    let input = try Normalization().tensor(Image(contentsOf: files.frame).resized(to: options.size))
    try Npy.write(input.contiguous(), to: files.input)

    var report = BenchmarkReport(
      machine: BenchmarkMachine(peak: measurePeak(scratch)), protocolText: options.protocolText,
      precision: options.precision)
    let busy = options.isContended ? try ChildProcess.start(program, ["bench-worker", "busy"]) : nil
    defer { busy.map(ChildProcess.stop) }
    for architecture in options.networks { report.networks.append(measure(architecture, files)) }
    busy.map(ChildProcess.stop)
    // The peak is measured once more, in case something else was running the first time.
    report.machine.peak = report.machine.peak?.larger(measurePeak(scratch))
    return report
  }

  private func measurePeak(_ scratch: URL) -> ComputePeak? {
    progress("the machine's peak")
    return try? ChildProcess.result(
      ComputePeak.self, of: program, ["bench-worker", "peak", "\(options.threads)"], environment: environment,
      timeout: options.timeout, scratch: scratch)
  }

  // OpenMP reads this before a program can say how many threads it wants.
  private var environment: [String: String] { ["OMP_NUM_THREADS": "\(options.threads)"] }

  private func measure(_ architecture: Architecture, _ files: BenchmarkFiles) -> NetworkReport {
    var report = NetworkReport(network: architecture.name, publishedMiou: architecture.published?.meanIoU)
    do {
      let profile = try ModelProfile(architecture, classes: options.classes, size: options.size)
      report.parameters = profile.parameters
      report.multiplyAccumulates = profile.multiplyAccumulates
      report.weightBytes = profile.parameters * options.precision.size
      report.activationBytes = profile.layers.reduce(0) {
        $0 + $1.outputShape.reduce(1, *) * options.precision.size
      }
      let weights = files.weights(of: architecture)
      defer { try? FileManager.default.removeItem(at: weights) }
      try Checkpoint.write(PickleValue(makeModel(architecture).stateDictionary), to: weights)
      if let peers = options.peers {
        try compare(&report, with: PeerProcess(peers, options: options, files: files), files)
      } else {
        for round in 0..<options.rounds { try runOurs(&report, files, "round \(round + 1)") }
      }
    } catch {
      let reason = String(describing: error).split(separator: "\n").joined(separator: " ")
      report.failure = reason
      progress("\(architecture.name): failed: \(reason)")
    }
    return report
  }

  private func runOurs(_ report: inout NetworkReport, _ files: BenchmarkFiles, _ note: String) throws {
    progress("\(report.network): \(options.engine), \(note)")
    let isFirst = report.runs.isEmpty
    let job = EngineJob(
      network: report.network, engine: options.engine, precision: options.precision, output: options.output,
      classes: options.classes, device: options.device, threads: options.threads, budget: options.budget,
      weights: files.weights(named: report.network).path, frame: files.frame.path, input: files.input.path,
      scratch: files.folder.path, classMap: isFirst ? files.classMap.path : nil, withPipeline: isFirst,
      calibration: options.calibration, agreement: options.agreement, choices: options.selection.file?.path,
      withProfile: isFirst && options.withProfile, started: Date().timeIntervalSince1970)
    let text = String(decoding: try JSONEncoder().encode(job), as: UTF8.self)
    report.runs.append(
      try ChildProcess.result(
        EngineRun.self, of: program, ["bench-worker", "run", text], environment: environment,
        timeout: options.timeout, scratch: files.folder))
    if isFirst, let work = report.runs[0].work {
      report.multiplyAccumulates = work.multiplyAccumulates
      report.weightBytes = work.weightBytes
      report.activationBytes = work.activationBytes
    }
  }

  /// Measures pairs of processes, this package's and a peer's. The one that begins changes from round to round.
  private func compare(_ report: inout NetworkReport, with process: PeerProcess, _ files: BenchmarkFiles) throws {
    report.peers = process.options.peers.map { PeerReport(peer: $0) }
    // This package's engine runs once before the others, so that a network that fails is not tried with peers.
    try runOurs(&report, files, "first")
    if options.output == .classes {
      let classes = try Data(contentsOf: files.classMap)
      let counts = classes.reduce(into: [Int](repeating: 0, count: 256)) { $0[Int($1)] += 1 }
      report.commonestClassShare = Double(counts.max()!) / Double(classes.count)
    }
    if report.peers.contains(where: \.peer.takesONNX) {
      progress("\(report.network): export to ONNX")
      do { try process.export(report.network) } catch {
        for index in report.peers.indices where report.peers[index].peer.takesONNX {
          report.peers[index].failure = "export to ONNX: \(error)"
        }
      }
    }
    defer { try? FileManager.default.removeItem(at: files.onnx(report.network)) }
    for round in 0..<options.rounds {
      for index in report.peers.indices where report.peers[index].failure == nil {
        let note = "round \(round + 1) with \(report.peers[index].peer)"
        if round % 2 == 0 { try runOurs(&report, files, note) }
        run(&report.peers[index], of: report.network, process, round: round)
        if round % 2 == 1 { try runOurs(&report, files, note) }
        guard report.peers[index].failure == nil, let theirs = report.peers[index].runs.last?.latency.p50 else {
          continue
        }
        report.peers[index].ratios.append(theirs / report.runs[report.runs.count - 1].latency.p50)
      }
    }
  }

  private func run(_ report: inout PeerReport, of network: String, _ process: PeerProcess, round: Int) {
    progress("\(network): \(report.peer), round \(round + 1)")
    do {
      let result = try process.run(report.peer, network: network)
      report.runs.append(result)
      report.agreement = try report.agreement ?? process.agreement(with: result)
    } catch {
      report.failure = "\(error)"
      progress("\(network): \(report.peer): \(error)")
    }
  }
}

/// The files of a benchmark, in a folder.
struct BenchmarkFiles {
  let folder: URL

  var frame: URL { folder.appending(path: "frame.jpg") }
  var input: URL { folder.appending(path: "input.npy") }
  var classMap: URL { folder.appending(path: "classes.bin") }
  var peerClassMap: URL { folder.appending(path: "peer-classes.bin") }
  func weights(of architecture: Architecture) -> URL { weights(named: architecture.name) }
  func weights(named network: String) -> URL { folder.appending(path: "\(network).pth") }
  func onnx(_ network: String) -> URL { folder.appending(path: "\(network).onnx") }
}
