import Foundation

/// Runs the program of the peers.
struct PeerProcess {
  let options: PeerOptions
  private let benchmark: BenchmarkOptions
  private let files: BenchmarkFiles

  init(_ options: PeerOptions, options benchmark: BenchmarkOptions, files: BenchmarkFiles) {
    self.options = options
    self.benchmark = benchmark
    self.files = files
  }

  /// Writes the network's file in one of `Peer.allFormats`.
  /// - Throws: `BenchmarkError`, as the other methods do.
  func export(_ network: String, format: String) throws {
    struct Export: Decodable { let format: String }
    _ = try start(Export.self, ["export", "--format", format] + common(network))
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

  /// The share of pixels to which the peer gives the class of this package's engine in float32; `nil` if there are no
  /// classes of equal size.
  func agreement(with run: EngineRun) throws -> Double? {
    guard benchmark.output == .classes, run.outputSize == [benchmark.size.height, benchmark.size.width] else {
      return nil
    }
    return try files.agreement(of: files.peerClassMap)
  }

  private func common(_ network: String) -> [String] {
    let given = benchmark.onnx.map { ["--given", "--onnx", $0.path] }
    return (given ?? ["--weights", files.weights(named: network).path, "--onnx", files.onnx(network).path])
      + (options.reference.map { ["--reference", $0.path] } ?? []) + [
        "--network", network, "--input", files.input.path, "--classes", "\(benchmark.classes)", "--threads",
        "\(benchmark.threads)",
        "--output", benchmark.output.rawValue, "--calibration", files.calibration.path,
      ] + (options.atOwnSize ? ["--at-own-size"] : [])
  }

  private func start<Result: Decodable>(_ type: Result.Type, _ arguments: [String]) throws -> Result {
    try ChildProcess.result(
      type, of: options.python, [options.script.path] + arguments,
      // The next process can use what torch.compile has built.
      environment: benchmark.environment.merging(
        ["TORCHINDUCTOR_CACHE_DIR": files.folder.appending(path: "inductor").path]) { $1 }, timeout: benchmark.timeout,
      scratch: files.folder)
  }
}
