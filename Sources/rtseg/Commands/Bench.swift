import ArgumentParser
import Basics
import Files
import Foundation
import SceneSynthesis
import SegmentationBenchmark
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
  @Option(
    help: """
      Numeric precision. CPU kernels: float32, bfloat16, int8. GPU: float32, bfloat16, float16. Eager: no int8.
      """)
  var precision = Precision.float32
  @OptionGroup var calibration: CalibrationFlags
  @Option(help: "cpu, cuda, cuda:N, mps.") var device = "cpu"
  @Option(help: "kernels (this program's own; on a GPU libtorch's as one CUDA graph) or eager (libtorch).")
  var engine = Engine.kernels
  @Option(help: "What an inference ends with: classes or logits.") var output = InferenceOptions.Output.classes
  @Option(help: "Timed runs of a process at most.") var repetitions = LatencyBudget().repetitions
  @Option(help: "Begin no timed run after this many seconds; three are always timed.")
  var seconds = LatencyBudget().seconds
  @Option(help: "Runs before the timed ones at least.") var warmup = LatencyBudget().warmupRuns
  @Option(help: "Seconds of runs before the timed ones at least.") var warmupSeconds = LatencyBudget().warmupSeconds
  @Option(help: "Repetitions for each network (default: 1; with --against 3, alternating engines).")
  var rounds: Int?
  @Flag(help: "Measure while one other process keeps a core busy.") var contended = false
  @Option(
    help: "How --engine kernels chooses CPU kernels: estimated, or measured once and kept (default: estimated).")
  var selection: KernelSelection?
  @Flag(help: "Show the time of each operation of --engine kernels, and of each kind.") var profile = false
  @Option(help: "Seconds that one process may take.") var timeout = BenchmarkOptions().timeout
  @Option(help: ArgumentHelp("Write the results as JSON; - prints them instead of the tables.", valueName: "file"))
  var json: String?
  @Option(help: ArgumentHelp("Draw speed against published mIoU, as SVG.", valueName: "file")) var plot: String?

  func validate() throws {
    try checkOption("size", size, in: 1...16384)
    try checkOption("frame", frame, in: 32...16384)
    try checkOption("classes", classes, in: 1...256)
    try checkOption("threads", threads, in: 1...Libtorch.threadLimit)
    try checkOption("repetitions", repetitions, in: 1...1_000_000)
    try checkOption("rounds", rounds, in: 1...1000)
    try checkOption("warmup", warmup, in: 0...1_000_000)
    for (name, value) in [("seconds", seconds), ("warmup-seconds", warmupSeconds), ("timeout", timeout)] {
      try checkOption(name, value, in: 0...1_000_000)
    }
    try refuseOption(profile && engine != .kernels, "--profile is for --engine kernels")
    try refuseOption(selection != nil && engine != .kernels, "--selection is for --engine kernels")
    try refuseOption(selection == .measured && device != "cpu", "--selection measured is for --device cpu")
    try calibration.check(precision, isRequired: false)
    if let json, json == plot { throw ValidationError("--json and --plot: give two files, not one") }
    try refuseOption(plot == "-", "--plot: expected a file, found -")
  }

  func run() throws {
    var options = try options()
    options.networks = try choice.architectures()
    try checkOutputs(of: options.networks)
    let frame = frame ?? ImageSize(height: 2 * size.height, width: 2 * size.width)
    let benchmark = Benchmark(
      options, program: Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0]),
      frame: SceneSynthesizer(size: frame, seed: 1).scene(0).image,
      makeModel: { try choice.makeModel($0, classes: classes) },
      progress: Terminal.showProgress)
    let report = try benchmark.run()
    Terminal.clearProgress()
    if json != "-" { print(report.text(), terminator: "") }
    if json == "-" {
      print(String(decoding: try report.json(), as: UTF8.self), terminator: "")
    } else if let json {
      try AtomicFile.write(report.json(), to: URL(filePath: json))
    }
    if let plot {
      let title = "\(report.machine.processor), threads: \(threads), \(precision), \(size)"
      try AtomicFile.write(Data(SpeedPlot(report, title: title).svg().utf8), to: URL(filePath: plot))
    }
    for case (let network, let failure?) in report.networks.map({ ($0.network, $0.failure) }) {
      Terminal.report("\(network): \(failure)")
    }
    if !report.isComplete { throw ExitCode.failure }
  }

  private func options() throws -> BenchmarkOptions {
    var options = BenchmarkOptions()
    options.engine = engine
    options.precision = precision
    options.output = output
    options.calibration = calibration.calibration
    options.agreement = calibration.agreementOrDefault
    options.size = size
    options.classes = classes
    options.device = device
    options.threads = threads
    options.budget.repetitions = repetitions
    options.budget.seconds = seconds
    options.budget.warmupRuns = warmup
    options.budget.warmupSeconds = warmupSeconds
    options.isContended = contended
    options.selection = (selection ?? .estimated).value
    options.withProfile = profile
    options.timeout = timeout
    options.peers = try peers.options(precision: precision)
    options.rounds = rounds ?? (options.peers == nil ? 1 : 3)
    return options
  }

  /// Makes sure, hours before they are written, that the results replace no input and can be written.
  private func checkOutputs(of networks: [Architecture]) throws {
    var plan = OutputPlan()
    for path in try networks.compactMap(choice.file) + calibration.imageFiles() { plan.add(input: path) }
    for (path, option) in [(json, "--json"), (plot, "--plot")] {
      guard let path, path != "-" else { continue }
      plan.add(output: path, of: option)
      guard FileSystem.isFolder(FileSystem.folder(of: path)) else {
        throw CommandError("\(option): \(path) cannot be written: there is no folder \(FileSystem.folder(of: path))")
      }
    }
    try plan.check()
  }
}

/// `InferenceOptions.Selection` by name.
enum KernelSelection: String, CaseIterable, ExpressibleByArgument {
  case estimated, measured

  var value: InferenceOptions.Selection { self == .measured ? .measuredOnce : .estimated }
}
