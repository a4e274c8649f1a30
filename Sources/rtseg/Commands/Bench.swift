import ArgumentParser
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the speed and memory of networks on this machine, alone or beside other engines.",
    discussion: """
      Each network runs in a process of its own, on a picture that the program draws, with random weights unless some are \
      given: rtseg bench --model fastscnn,ddrnet-23slim --threads 2, or --all --plot zoo.svg for the whole catalogue.

      --against pytorch,compile,onnxruntime,openvino measures other engines on the original networks in turn with this \
      one, from the repository's root. They live in an environment that `make setup-peers` makes; Benchmarks/README.md says \
      how all is measured.

      --precision int8 calibrates on that picture unless --calibration gives others.
      """)

  @OptionGroup var choice: BenchNetworks
  @OptionGroup var peers: BenchPeers
  @Option(help: "The network's input: HEIGHTxWIDTH.") var size = ImageSize(height: 512, width: 1024)
  @Option(help: "The frame that is resized to it, HEIGHTxWIDTH; twice as high and wide by default.")
  var frame: ImageSize?
  @Option(help: "Number of classes.") var classes = 19
  @Option(help: "Threads of one operation.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "What networks compute in; kernels have no float16 on the CPU, int8 there alone; eager has no int8.")
  var precision = InferenceOptions.Precision.float32
  @OptionGroup var calibration: CalibrationFlags
  @Option(help: "cpu, cuda, cuda:N, mps.") var device = "cpu"
  @Option(help: "kernels (this program's own; on a GPU libtorch's as one CUDA graph) or eager (libtorch).")
  var engine = BenchmarkEngine.kernels
  @Option(help: "What an inference ends with: classes or logits.") var output = BenchmarkOutput.classes
  @Option(help: "Timed runs of a process at most.") var repetitions = LatencyBudget().repetitions
  @Option(help: "Begin no timed run after this many seconds; three are always timed.")
  var seconds = LatencyBudget().seconds
  @Option(help: "Runs before the timed ones at least.") var warmup = LatencyBudget().warmupRuns
  @Option(help: "Seconds of runs before the timed ones at least.") var warmupSeconds = LatencyBudget().warmupSeconds
  @Option(help: "Processes of each network (1); with --against, pairs of ours and each other engine's (3).")
  var rounds: Int?
  @Flag(help: "Measure while one other process keeps a core busy.") var contended = false
  @Option(help: "How --engine kernels chooses among its kernels: estimated, or measured once and kept.")
  var selection = KernelSelection.estimated
  @Flag(help: "Show the time of each operation of --engine kernels, and of each kind.") var profile = false
  @Option(help: "Seconds that one process may take.") var timeout = BenchmarkOptions().timeout
  @Option(help: ArgumentHelp("Write the results as JSON; - prints them instead of the tables.", valueName: "file"))
  var json: String?
  @Option(help: ArgumentHelp("Draw speed against published mIoU, as SVG.", valueName: "file")) var plot: String?

  func validate() throws {
    for (name, value) in [
      ("classes", classes), ("threads", threads), ("repetitions", repetitions), ("rounds", rounds ?? 1),
    ] where value < 1 {
      throw ValidationError("--\(name): expected at least 1, found \(value)")
    }
    for (name, value) in [
      ("seconds", seconds), ("warmup", Double(warmup)), ("warmup-seconds", warmupSeconds), ("timeout", timeout),
    ] where !(value >= 0) {
      throw ValidationError("--\(name): expected 0 or more, found \(value)")
    }
  }

  func run() throws {
    if profile, engine != .kernels { throw ValidationError("--profile: --engine \(engine) has none") }
    let isTerminal = isatty(STDERR_FILENO) == 1
    var options = try options()
    options.networks = try choice.architectures()
    let frame = frame ?? ImageSize(height: 2 * size.height, width: 2 * size.width)
    let benchmark = Benchmark(
      options, program: Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0]),
      frame: SceneSynthesizer(size: frame, seed: 1).scene(0).image,
      makeModel: { try choice.makeModel($0, classes: classes) },
      progress: { line in
        if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8)) }
      })
    let report = try benchmark.run()
    if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    if json != "-" { print(report.text(), terminator: "") }
    if let json { try write(report.json(), to: json) }
    if let plot {
      let title = "\(report.machine.processor), threads: \(threads), \(precision), \(size)"
      try write(Data(SpeedPlot(report, title: title).svg().utf8), to: plot)
    }
    for case (let network, let failure?) in report.networks.map({ ($0.network, $0.failure) }) {
      FileHandle.standardError.write(Data("rtseg: \(network): \(failure)\n".utf8))
    }
    if !report.isComplete { throw ExitCode.failure }
  }

  private func options() throws -> BenchmarkOptions {
    var options = BenchmarkOptions()
    options.engine = engine
    options.precision = precision
    options.output = output
    options.calibration = try calibration.checkedFolder(isInt8: precision == .int8)
    options.agreement = calibration.agreement
    options.size = size
    options.classes = classes
    options.device = device
    options.threads = threads
    options.budget.repetitions = repetitions
    options.budget.seconds = seconds
    options.budget.warmupRuns = warmup
    options.budget.warmupSeconds = warmupSeconds
    options.isContended = contended
    options.selection = selection.value
    options.withProfile = profile
    options.timeout = timeout
    options.peers = try peers.options(precision: precision)
    options.rounds = rounds ?? (options.peers == nil ? 1 : 3)
    return options
  }

  private func write(_ data: Data, to path: String) throws {
    if path == "-" {
      FileHandle.standardOutput.write(data)
    } else {
      do { try data.write(to: URL(filePath: path), options: .atomic) } catch {
        throw CommandError("\(path): cannot be written: \(error.localizedDescription)")
      }
    }
  }
}

/// Which networks are measured, with which weights.
struct BenchNetworks: ParsableArguments {
  @Option(help: ArgumentHelp("The networks, separated by commas (rtseg models lists them).", valueName: "names"))
  var model: String?
  @Flag(help: "All real-time networks.") var all = false
  @Option(
    name: [.customLong("weights"), .customLong("checkpoint")],
    help: ArgumentHelp(
      "Weights for one network, or a folder with NAME.pth or NAME.safetensors for some; others' are random.",
      valueName: "file|folder"))
  var weights: String?
  @Option(help: "The seed of random weights.") var seed: UInt64 = 1

  func validate() throws {
    if (model != nil) == all { throw ValidationError("name the networks with --model, or give --all") }
  }

  func architectures() throws -> [Architecture] {
    guard let model else { return Architecture.realTime }
    let networks = try model.split(separator: ",").map {
      try Architecture(name: $0.trimmingCharacters(in: .whitespaces))
    }
    if let weights, networks.count > 1, !isFolder(weights) {
      throw ValidationError("--weights: one file serves one network; give a folder with NAME.pth for each")
    }
    return networks
  }

  func makeModel(_ architecture: Architecture, classes: Int) throws -> SegmentationModel {
    guard let file = file(of: architecture) else {
      Libtorch.seed(seed)
      return try architecture.makeModel(classes: classes)
    }
    return try NetworkFile(file, network: architecture).makeModel(
      classes: ClassCount(classes, from: .option(isDefault: classes == 19)))
  }

  private func file(of architecture: Architecture) -> String? {
    guard let weights, isFolder(weights) else { return weights }
    return ["pth", "safetensors"].map { "\(weights)/\(architecture.name).\($0)" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}

/// The other engines.
struct BenchPeers: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Measure other engines beside this one: pytorch, compile, onnxruntime, openvino.", valueName: "engines"))
  var against: String?
  @Option(help: "The precision of the other engines, where it is to differ.")
  var peerPrecision: InferenceOptions.Precision?
  @Flag(help: "Let the other engines take classes at their scores' own size, before the last upsampling.")
  var peersAtOwnSize = false
  @Option(
    help: ArgumentHelp("The environment with the other engines: what make setup-peers makes.", valueName: "folder"))
  var peers = ".peers"
  @Option(
    help: ArgumentHelp(
      "A checkout of github.com/zh320/realtime-semantic-segmentation-pytorch; PEERS/reference by default.",
      valueName: "folder"))
  var reference: String?

  func options(precision: InferenceOptions.Precision) throws -> PeerOptions? {
    guard let against else { return nil }
    let chosen = try against.split(separator: ",").map { name in
      guard let peer = Peer(rawValue: name.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError("--against: expected pytorch, compile, onnxruntime or openvino, found \(name)")
      }
      return peer
    }
    var options = PeerOptions(
      peers: chosen, precision: peerPrecision ?? precision,
      python: try existing("\(peers)/venv/bin/python", "run make setup-peers, or name its folder with --peers"),
      script: try existing("Benchmarks/peers/inference.py", "run this in the repository's root"),
      reference: try existing(
        "\(reference ?? "\(peers)/reference")/models",
        "git clone https://github.com/zh320/realtime-semantic-segmentation-pytorch there, or name it with --reference"
      ).deletingLastPathComponent())
    options.atOwnSize = peersAtOwnSize
    return options
  }

  private func existing(_ path: String, _ advice: String) throws -> URL {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandError("--against: \(path) is not there: \(advice)")
    }
    return URL(filePath: path)
  }
}

/// `InferenceOptions.Selection` by name.
enum KernelSelection: String, CaseIterable, ExpressibleByArgument {
  case estimated, measured

  var value: InferenceOptions.Selection { self == .measured ? .measuredOnce : .estimated }
}

extension BenchmarkEngine: ExpressibleByArgument {}
extension InferenceOptions.Precision: ExpressibleByArgument {}
extension BenchmarkOutput: ExpressibleByArgument {}
extension ImageSize: ExpressibleByArgument {}
