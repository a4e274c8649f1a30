import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

/// Measures networks. Each one has its own processes, so memory and failures of one do not affect another.
public final class Benchmark {
  private let options: BenchmarkOptions
  private let program: URL
  private let frame: Image
  private let makeModel: (Architecture) throws -> SegmentationModel
  private let exportONNX: ((SegmentationModel, URL) throws -> Void)?
  private let progress: (String) -> Void

  /// Creates a benchmark.
  /// - Parameters:
  ///   - program: The program that runs the jobs: `bench-worker run JOB` prints an `EngineRun`,
  ///     `bench-worker peak THREADS` prints a `ComputePeak`, and `bench-worker busy` keeps a core busy.
  ///   - frame: The image that the networks see. Like a camera's image it may be larger than their input.
  ///   - makeModel: A closure that returns a network with the weights to measure it with.
  ///   - exportONNX: A closure that writes a network as ONNX, ending in what the options say. It serves networks that the
  ///     peers' own code lacks or cannot export.
  ///   - progress: A closure that is told of each step, and of each network that fails as soon as it does.
  public init(
    _ options: BenchmarkOptions, program: URL, frame: Image,
    makeModel: @escaping (Architecture) throws -> SegmentationModel,
    exportONNX: ((SegmentationModel, URL) throws -> Void)? = nil, progress: @escaping (String) -> Void
  ) {
    self.options = options
    self.program = program
    self.frame = frame
    self.makeModel = makeModel
    self.exportONNX = exportONNX
    self.progress = progress
  }

  /// Measures all networks. Those that fail are part of the report.
  /// - Parameter networkEnded: A closure that gets the report so far after each network.
  /// - Throws: An error if the folder for temporary files cannot be used or the busy process cannot be started, and
  ///   what the closure throws.
  public func run(networkEnded: (BenchmarkReport) throws -> Void = { _ in }) throws -> BenchmarkReport {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "rtseg-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let files = BenchmarkFiles(folder: scratch)
    try frame.write(to: files.frame)
    // The image is read from the file again because JPEG has changed it.
    let input = try options.normalization.tensor(Image(contentsOf: files.frame).resized(to: options.size))
    try Npy.write(input.contiguous(), to: files.input)
    if options.peers?.precision == .int8 { try writeCalibration(input, files) }

    var report = BenchmarkReport(
      machine: BenchmarkMachine(peak: measurePeak(scratch)), protocolText: options.protocolText,
      precision: options.precision)
    report.conditions = BenchmarkConditions(options)
    let busy = try options.contention.map { try ChildProcess.start(program, ["bench-worker", "busy", $0.rawValue]) }
    defer { busy.map(ChildProcess.stop) }
    for architecture in options.networks where try mayBeFastEnough(architecture, report.machine.peak) {
      report.networks.append(measure(architecture.name, architecture, files))
      try networkEnded(report)
    }
    if options.networks.isEmpty, let name = options.programName {
      report.networks.append(measure(name, nil, files))
      try networkEnded(report)
    }
    busy.map(ChildProcess.stop)
    // The peak is measured once more, in case something else was running the first time.
    report.machine.peak = report.machine.peak?.larger(measurePeak(scratch))
    return report
  }

  /// Writes the images on which all engines calibrate int8.
  private func writeCalibration(_ input: Tensor, _ files: BenchmarkFiles) throws {
    let calibration =
      try options.calibration.map { try Calibration(folder: URL(filePath: $0)) } ?? Calibration(tensors: [input])
    try FileManager.default.createDirectory(at: files.calibration, withIntermediateDirectories: true)
    for (index, image) in try calibration.inputs(options.size, options.normalization).enumerated() {
      try Npy.write(image.contiguous(), to: files.calibration.appending(path: "\(index).npy"))
    }
  }

  private func measurePeak(_ scratch: URL) -> ComputePeak? {
    progress("the machine's peak")
    return try? ChildProcess.result(
      ComputePeak.self, of: program, ["bench-worker", "peak", "\(options.threads)"], environment: options.environment,
      timeout: options.timeout, scratch: scratch)
  }

  /// Whether the network's arithmetic alone takes no longer than the limit. Algorithms for convolutions of 3x3 need a
  /// quarter of the multiplications, and int8 does four times as many at a time as float32. Networks that the engine
  /// merges have less arithmetic than their layers tell.
  private func mayBeFastEnough(_ architecture: Architecture, _ peak: ComputePeak?) throws -> Bool {
    guard let limit = options.limit, let peak, peak.float32 > 0 else { return true }
    if try withDefaultDevice(.meta, { try architecture.makeModel() }) is any DeployableNetwork { return true }
    let profile = try ModelProfile(architecture, classes: options.classes, size: options.size)
    return 2 * Double(profile.multiplyAccumulates) / 4 / (peak.float32 * 1e6) <= limit
  }

  /// - Parameter architecture: The network in the catalogue; `nil` for a compiled network that is not in it.
  private func measure(_ name: String, _ architecture: Architecture?, _ files: BenchmarkFiles) -> NetworkReport {
    var report = NetworkReport(network: name, publishedMiou: architecture?.publishedMeanIoU)
    do {
      if let architecture { try describe(architecture, in: &report) }
      let weights = files.weights(named: name)
      defer { try? FileManager.default.removeItem(at: weights) }
      if options.program == nil, let architecture {
        try Checkpoint.write(PickleValue(makeModel(architecture).stateDictionary), to: weights)
      }
      if let peers = options.peers {
        try compare(&report, architecture, with: PeerProcess(peers, options: options, files: files), files)
      } else {
        for round in 0..<options.rounds { try runOurs(&report, files, "round \(round + 1)") }
      }
    } catch {
      let reason = String(describing: error).split(separator: "\n").joined(separator: " ")
      report.failure = reason
      progress("\(name): failed: \(reason)")
    }
    return report
  }

  private func describe(_ architecture: Architecture, in report: inout NetworkReport) throws {
    let profile = try ModelProfile(architecture, classes: options.classes, size: options.size)
    report.parameters = profile.parameters
    report.multiplyAccumulates = profile.multiplyAccumulates
    report.weightBytes = profile.parameters * options.precision.size
    report.activationBytes = profile.layers.reduce(0) { $0 + $1.outputShape.reduce(1, *) * options.precision.size }
  }

  private func runOurs(_ report: inout NetworkReport, _ files: BenchmarkFiles, _ note: String) throws {
    progress("\(report.network): \(options.engine), \(note)")
    let isFirst = report.runs.isEmpty
    var job = job(of: report.network, files)
    if isFirst {
      (job.classMap, job.withPipeline, job.withProfile) = (files.classMap.path, true, options.withProfile)
    }
    report.runs.append(try run(job, files))
    if isFirst, let work = report.runs[0].work {
      report.multiplyAccumulates = work.multiplyAccumulates
      report.weightBytes = work.weightBytes
      report.activationBytes = work.activationBytes
    }
  }

  private func job(of network: String, _ files: BenchmarkFiles) -> EngineJob {
    EngineJob(
      network: network, engine: options.engine, precision: options.precision, output: options.output,
      classes: options.classes, device: options.device, threads: options.threads, budget: options.budget,
      weights: files.weights(named: network).path, program: options.program, frame: files.frame.path,
      input: files.input.path, scratch: files.folder.path, withPipeline: false, calibration: options.calibration,
      agreement: options.agreement, choices: options.selection.file?.path, started: Date().timeIntervalSince1970)
  }

  private func run(_ job: EngineJob, _ files: BenchmarkFiles) throws -> EngineRun {
    let text = String(decoding: try JSONEncoder().encode(job), as: UTF8.self)
    return try ChildProcess.result(
      EngineRun.self, of: program, ["bench-worker", "run", text], environment: options.environment,
      timeout: options.timeout, scratch: files.folder)
  }

  /// Writes the classes that this package's engine gives in float32, with which those of all engines are compared.
  private func writeReference(of network: String, _ files: BenchmarkFiles) throws {
    guard options.precision != .float32 else {
      return try FileManager.default.copyItem(at: files.classMap, to: files.referenceMap)
    }
    progress("\(network): the classes in float32")
    var job = job(of: network, files)
    (job.precision, job.classMap) = (.float32, files.referenceMap.path)
    (job.budget.warmupRuns, job.budget.warmupSeconds, job.budget.repetitions) = (0, 0, 1)
    _ = try run(job, files)
  }

  /// Measures pairs of processes, this package's and a peer's. The one that begins changes from round to round.
  private func compare(
    _ report: inout NetworkReport, _ architecture: Architecture?, with process: PeerProcess, _ files: BenchmarkFiles
  ) throws {
    report.peers = process.options.peers.map { PeerReport(peer: $0) }
    // This package's engine runs once before the others, so that a network that fails is not tried with peers.
    try runOurs(&report, files, "first")
    if options.output == .classes {
      let classes = try Data(contentsOf: files.classMap)
      let counts = classes.reduce(into: [Int](repeating: 0, count: 256)) { $0[Int($1)] += 1 }
      report.commonestClassShare = Double(counts.max()!) / Double(classes.count)
      try? FileManager.default.removeItem(at: files.referenceMap)
      try writeReference(of: report.network, files)
      if options.precision != .float32 { report.agreement = try files.agreement(of: files.classMap) }
    }
    for format in Peer.allFormats where options.onnx == nil {
      let takers = report.peers.indices.filter {
        report.peers[$0].failure == nil
          && report.peers[$0].peer.formats(process.options.precision).contains(format)
      }
      guard !takers.isEmpty else { continue }
      progress("\(report.network): export to \(format)")
      do { try process.export(report.network, format: format) } catch {
        if format == "onnx", let architecture, try exportOurselves(architecture, process, files) {
          (report.peersRunExport, report.exporterFailure) = (true, "\(error)")
          continue
        }
        for index in takers { report.peers[index].failure = "export to \(format): \(error)" }
      }
    }
    defer { files.removeExports(of: report.network) }
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

  /// Writes a network that the peers' code lacks or cannot export as ONNX. Returns false if the file would not end in what
  /// the peers' ends in.
  private func exportOurselves(
    _ architecture: Architecture, _ process: PeerProcess, _ files: BenchmarkFiles
  ) throws -> Bool {
    guard let exportONNX, !process.options.atOwnSize else { return false }
    try exportONNX(makeModel(architecture), files.onnx(architecture.name))
    return true
  }

  private func run(_ report: inout PeerReport, of network: String, _ process: PeerProcess, round: Int) {
    progress("\(network): \(report.peer), round \(round + 1)")
    do {
      let result = try process.run(report.peer, network: network)
      report.runs.append(result)
      guard report.agreement == nil else { return }
      let isExact = options.precision == .float32 && process.options.precision == .float32 && !process.options.atOwnSize
      report.note(agreement: try process.agreement(with: result), isExact: isExact)
      if let failure = report.failure { progress("\(network): \(report.peer): \(failure)") }
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
  var referenceMap: URL { folder.appending(path: "float32-classes.bin") }
  var calibration: URL { folder.appending(path: "calibration") }
  func weights(named network: String) -> URL { folder.appending(path: "\(network).pth") }
  func onnx(_ network: String) -> URL { folder.appending(path: "\(network).onnx") }

  /// Removes the network's files in the formats of peers, which lie beside the ONNX file.
  func removeExports(of network: String) {
    for ending in ["onnx", "mnn", "tflite", "onnx.json", "int8.onnx", "int8.xml", "int8.bin"] {
      try? FileManager.default.removeItem(at: folder.appending(path: "\(network).\(ending)"))
    }
  }

  /// The share of pixels that have in a class map the class of this package's engine in float32; `nil` if the class map
  /// has another size.
  func agreement(of classMap: URL) throws -> Double? {
    let (reference, classes) = (try Data(contentsOf: referenceMap), try Data(contentsOf: classMap))
    guard reference.count == classes.count, !reference.isEmpty else { return nil }
    return Double(zip(reference, classes).count { $0 == $1 }) / Double(reference.count)
  }
}
