import Foundation

/// Runs the peers' program.
struct PeerProcess {
  let options: PeerOptions
  private let benchmark: BenchmarkOptions
  private let files: BenchmarkFiles

  init(_ options: PeerOptions, options benchmark: BenchmarkOptions, files: BenchmarkFiles) {
    self.options = options
    self.benchmark = benchmark
    self.files = files
  }

  /// Writes the network's ONNX file.
  /// - Throws: `BenchmarkError`, as do the others.
  func export(_ network: String) throws {
    struct Export: Decodable { let onnx: String }
    _ = try start(Export.self, ["export"] + common(network))
  }

  /// Measures a network in one of the peers.
  func run(_ peer: Peer, network: String) throws -> EngineRun {
    try? FileManager.default.removeItem(at: files.peerClassMap)
    let budget = benchmark.budget
    return try start(
      EngineRun.self,
      ["run"] + common(network) + [
        "--engine", peer.rawValue, "--precision", options.precision.rawValue, "--device", benchmark.device,
        "--warmup-runs", "\(budget.warmupRuns)", "--warmup-seconds", "\(budget.warmupSeconds)",
        "--repetitions", "\(budget.repetitions)", "--seconds", "\(budget.seconds)",
        "--class-map", files.peerClassMap.path, "--started", "\(Date().timeIntervalSince1970)",
      ])
  }

  /// The share of pixels that have the class that ours gave; `nil` where there are no classes of equal size.
  func agreement(with run: EngineRun) throws -> Double? {
    guard benchmark.output == .classes, run.outputSize == [benchmark.size.height, benchmark.size.width] else {
      return nil
    }
    let (ours, theirs) = (try Data(contentsOf: files.classMap), try Data(contentsOf: files.peerClassMap))
    guard ours.count == theirs.count, !ours.isEmpty else { return nil }
    return Double(zip(ours, theirs).count { $0 == $1 }) / Double(ours.count)
  }

  private func common(_ network: String) -> [String] {
    [
      "--network", network, "--reference", options.reference.path,
      "--weights", files.weights(named: network).path, "--onnx", files.onnx(network).path,
      "--input", files.input.path, "--classes", "\(benchmark.classes)", "--threads", "\(benchmark.threads)",
      "--output", benchmark.output.rawValue,
    ] + (options.atOwnSize ? ["--at-own-size"] : [])
  }

  private func start<Result: Decodable>(_ type: Result.Type, _ arguments: [String]) throws -> Result {
    try ChildProcess.result(
      type, of: options.python, [options.script.path] + arguments,
      environment: [
        "OMP_NUM_THREADS": "\(benchmark.threads)",
        // What torch.compile has built serves the next process.
        "TORCHINDUCTOR_CACHE_DIR": files.folder.appending(path: "inductor").path,
      ], timeout: benchmark.timeout, scratch: files.folder)
  }
}
