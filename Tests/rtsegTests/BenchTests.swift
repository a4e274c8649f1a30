import Foundation
import SegmentationBenchmark
import SegmentationInference
import SegmentationModels
import Testing
import Torch

@Suite final class BenchTests {
  let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-bench-tests-\(UUID().uuidString)")
  let short = [
    "bench", "--size", "64x64", "--threads", "1", "--repetitions", "3", "--seconds", "0", "--warmup", "1",
    "--warmup-seconds", "0",
  ]

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  @Test func aNetworkIsMeasured() throws {
    let result = try Program.run(short + ["--model", "fssnet", "--json", "-"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.isEmpty)
    let report = try BenchmarkReport(json: Data(result.output.utf8))
    let network = try #require(report.networks.first)
    #expect(report.networks.count == 1 && network.network == "fssnet" && network.runs.count == 1)
    #expect(network.runs[0].latency.repetitions == 3 && network.runs[0].pipeline != nil)
    // Normalization is folded into the convolutions: kernels, PReLU's slopes and a bias for each normalized channel.
    let state = try withDefaultDevice(.meta) { try Architecture.fssnet.makeModel() }.namedState
    let folded = state.filter { name, tensor in
      tensor.rank == 4 || [".activation.weight", ".running_mean"].contains(where: name.hasSuffix)
    }
    #expect(network.weightBytes == 4 * folded.reduce(0) { $0 + $1.tensor.count })
    #expect(network.runs[0].profile == nil)
    #expect(network.multiplyAccumulates! > 0 && network.activationBytes! > 0)
    #expect(report.machine.peak!.float32 > 0)
  }

  @Test func libtorchHasTheParametersAsTheyAre() throws {
    let result = try Program.run(
      short + ["--model", "fssnet", "--engine", "eager", "--classes", "7", "--output", "logits", "--json", "-"])
    #expect(result.status == 0, "\(result.errors)")
    let report = try BenchmarkReport(json: Data(result.output.utf8))
    let network = try #require(report.networks.first)
    #expect(network.weightBytes == network.parameters.map { $0 * 4 } && network.runs[0].work == nil)
    let model = try withDefaultDevice(.meta) { try Architecture.fssnet.makeModel(classes: 7) }
    #expect(network.parameters == model.parameters.reduce(0) { $0 + $1.count })
    #expect(report.protocolText.contains { $0.contains("scores [1, 7, 64, 64] out") }, "\(report.protocolText)")
  }

  /// The operations together do what the network does.
  @Test func operationsAreProfiled() throws {
    let file = folder.appending(path: "report.json")
    let result = try Program.run(short + ["--model", "fssnet", "--profile", "--json", file.path])
    #expect(result.status == 0, "\(result.errors)")
    let network = try #require(try BenchmarkReport(json: Data(contentsOf: file)).networks.first)
    let profile = try #require(network.runs[0].profile)
    #expect(profile.reduce(0) { $0 + $1.multiplyAccumulates } == network.multiplyAccumulates)
    #expect(profile.allSatisfy { $0.seconds > 0 && $0.bytes > 0 && !$0.kernel.isEmpty })
    #expect(profile.contains { $0.name == "conv" && !$0.module.isEmpty })
    #expect(profile.last!.name == "class_map" && profile.last!.outputShape == [1, 1, 64, 64])
    #expect(result.output.contains("fssnet: time by operation"))
    let runs = try #require(network.runs[0].runsByThreads)
    let counts = try #require(result.output.split(separator: "\n").first { $0.hasPrefix("fssnet: runs before") })
    #expect(runs.count == 1 && counts.hasSuffix("\(runs[0]) with 1 thread"), "\(counts)")
    #expect(result.output.split(separator: "\n").contains { $0.hasPrefix("all ") && $0.contains("100.0") })
  }

  /// One network fails, the next is measured all the same; a busy process beside them ends with the program.
  @Test func aNetworkThatFailsIsOneLine() throws {
    try Data("no weights".utf8).write(to: folder.appending(path: "fssnet.pth"))
    let plot = folder.appending(path: "plot.svg")
    let result = try Program.run(
      short + ["--model", "fssnet,contextnet", "--weights", folder.path, "--plot", plot.path, "--contended"])
    #expect(result.status == 1)
    #expect(result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.hasPrefix("rtseg: fssnet: ") && result.errors.contains("fssnet.pth"))
    #expect(result.output.split(separator: "\n").contains { $0.hasPrefix("contextnet ") })
    #expect(try String(contentsOf: plot, encoding: .utf8).contains(">contextnet<"))
  }

  /// The report tells with how many threads the runs were made while another process took the memory's bandwidth.
  @Test func runsBesideCopiesOfMemoryAreCounted() throws {
    let result = try Program.run([
      "bench", "--model", "fssnet", "--size", "256x512", "--threads", "2", "--repetitions", "40", "--seconds", "60",
      "--warmup", "3", "--warmup-seconds", "0", "--contended-memory", "--json", "-",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let report = try BenchmarkReport(json: Data(result.output.utf8))
    #expect(report.protocolText.contains { $0.contains("copies memory") })
    let run = try #require(report.networks.first?.runs.first)
    let counts = try #require(run.runsByThreads)
    #expect(counts.count == 2 && counts.reduce(0, +) == 1 + 3 + 40, "\(counts)")
    Attachment.record(
      "runs with one and two threads: \(counts); p50 \(run.latency.p50) ms, p95 \(run.latency.p95) ms",
      named: "contended-memory.txt")
  }

  @Test func instructionsAreLimited() throws {
    let result = try Program.run(short + ["--model", "fssnet", "--isa", "portable", "--json", "-"])
    #expect(result.status == 0, "\(result.errors)")
    let report = try BenchmarkReport(json: Data(result.output.utf8))
    #expect(report.protocolText.contains { $0.contains("instructions limited to portable") })
    #expect(InstructionSet.portable.environment["RTSEG_ISA"] == "portable")
  }

  @Test func badOptionsGetOneLine() throws {
    // No processor has both AVX and NEON.
    let lacking = try #require(InstructionSet.allCases.first { !$0.isSupported }).rawValue
    let cases: [(arguments: [String], status: Int32, expected: String)] = [
      (["--model", "fssnett"], 1, "did you mean 'fssnet'"),
      (["--model", "fssnet", "--precision", "float16"], 1, "have float32, bfloat16 and int8, not float16"),
      (["--model", "fssnet", "--precision", "int8", "--calibration", "/nowhere"], 1, "/nowhere: no such folder"),
      (["--model", "fssnet", "--calibration", "/nowhere"], 64, "--calibration is for --precision int8"),
      (["--model", "fssnet", "--precision", "int8", "--agreement", "2"], 64, "--agreement: expected 0 to 1"),
      (["--model", "fssnet", "--against", "pytorch", "--peers", folder.path], 1, "make setup-peers"),
      (["--model", "fssnet", "--against", "caffe"], 64, "expected some of pytorch"),
      (["--model", "fssnet", "--isa", lacking], 64, "--isa: this processor lacks \(lacking)"),
      (["--model", "fssnet", "--isa", "mmx"], 64, "mmx"),
      (["--model", "fssnet", "--isa", "portable", "--device", "cuda"], 64, "--isa is for --device cpu"),
      (["--model", "fssnet", "--engine", "eager", "--profile"], 64, "--profile"),
      (["--model", "fssnet", "--all"], 64, "--model, or give --all"),
      (["--model", "fssnet", "--contended", "--contended-memory"], 64, "--contended-memory"),
      (["--model", "fssnet", "--rounds", "0"], 64, "--rounds"),
      (["--model", "fssnet", "--agreement", "0.9"], 64, "--agreement is for --precision int8"),
      (
        ["--model", "fssnet", "--engine", "eager", "--selection", "measured"], 64, "--selection is for --engine kernels"
      ),
      (["--model", "fssnet", "--device", "cuda", "--selection", "measured"], 64, "--selection measured is for"),
      (["--model", "fssnet", "--peer-precision", "bfloat16"], 64, "--peer-precision is for other engines"),
      (["--model", "fssnet", "--peers-at-own-size"], 64, "--peers-at-own-size is for other engines"),
      (["--model", "fssnet", "--peers", folder.path], 64, "--peers is for other engines"),
      (["--model", "fssnet", "--reference", folder.path], 64, "--reference is for other engines"),
      (["--model", "fssnet", "--weights", "a.pth", "--seed", "2"], 64, "--seed is for random weights"),
      (["--model", "fssnet", "--threads", "4611686018427387904"], 64, "--threads: expected 1 to"),
      (["--model", "fssnet", "--timeout", "1e300"], 64, "--timeout: expected 0 to"),
      (
        ["--model", "fssnet", "--frame", "4611686018427387904x2"], 64, "--frame: expected a height and a width of 32 to"
      ),
      (["--model", "fssnet", "--json", "x", "--plot", "x"], 64, "--json and --plot: give two files"),
      (["--model", "fssnet", "--json", "/nowhere/x"], 1, "there is no folder /nowhere"),
      ([], 64, "--model, or give --all"),
    ]
    for (arguments, status, expected) in cases {
      let result = try Program.run(short + arguments)
      #expect(result.status == status, "\(arguments): \(result.errors)")
      #expect(result.errors.contains(expected), "\(arguments): \(result.errors)")
      if status == 1 { #expect(result.errorLines.count == 1) }
    }
  }

  /// Refused at once, not once all is measured.
  @Test func resultsReplaceNeitherInputsNorEachOther() throws {
    let weights = folder.appending(path: "fssnet.pth")
    try Data("weights".utf8).write(to: weights)
    let link = folder.appending(path: "link.json")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: weights)
    for (arguments, expected) in [
      (["--weights", weights.path, "--json", weights.path], "would replace the input"),
      (["--weights", folder.path, "--plot", link.path], "would replace the input"),
      (["--json", "\(folder.path)/x", "--plot", "\(folder.path)/./x"], "--json and --plot would both be written to"),
    ] {
      let result = try Program.run(short + ["--model", "fssnet"] + arguments)
      #expect(
        result.status == 1 && result.errorLines.count == 1 && result.errors.contains(expected), "\(result.errors)")
    }
    #expect(try String(contentsOf: weights, encoding: .utf8) == "weights")
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let hasPeers = ["venv/installed", "reference/models"].allSatisfy {
    FileManager.default.fileExists(atPath: root.appending(path: ".peers/\($0)").path)
  }

  /// PyTorch, ONNX Runtime and OpenVINO give our classes for our weights.
  @Test(.enabled(if: hasPeers, "make setup-peers")) func `peers give the same classes`() throws {
    let result = try Program.run(
      short + [
        "--model", "fssnet", "--against", "pytorch,onnxruntime,openvino", "--rounds", "2", "--json", "-", "--peers",
        Self.root.appending(path: ".peers").path,
      ])
    #expect(result.status == 0, "\(result.errors)")
    let network = try #require(try BenchmarkReport(json: Data(result.output.utf8)).networks.first)
    #expect(network.runs.count == 7 && network.peers.count == 3)
    for peer in network.peers {
      #expect(peer.failure == nil && peer.runs.count == 2 && peer.ratios.count == 2)
      #expect((peer.agreement ?? 0) > 0.999, "\(peer.peer)")
    }
  }
}
