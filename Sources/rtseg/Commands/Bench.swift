import ArgumentParser
import Basics
import Files
import Foundation
import SceneSynthesis
import SegmentationBenchmark
import SegmentationData
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the speed and memory of networks on this machine, alone or beside other engines.",
    discussion: """
      Examples:
        rtseg bench --model fastscnn,ddrnet-23slim --threads 2
        rtseg bench --all --json speed.json --plot speed.svg
        rtseg bench --model fastscnn --against pytorch,onnxruntime
        rtseg bench --model net.onnx --size 512x1024 --against onnxruntime,openvino

      Each network runs in a process of its own, on a picture that the program draws, with random weights unless --weights \
      gives some.

      --against measures other engines on the original networks in turn with this one. Run it in the repository's root, \
      after make setup-peers. Benchmarks/README.md describes the method.

      An ONNX file in place of a network's name is measured as it is, here and in the other engines.

      --precision int8 calibrates on the drawn picture unless --calibration gives other images.
      """)

  @OptionGroup(title: "Networks") var choice: BenchNetworks
  @OptionGroup(title: "Other engines") var peers: BenchPeers
  @Option(
    help: ArgumentHelp(
      "The output of an ONNX file with the scores or the classes. (default: the first that is a map)", valueName: "name"
    ))
  var outputName: String?
  @Option(
    help: ArgumentHelp(
      "The size of the network's input in pixels. (default: 512x1024, or the first size of a compiled network)",
      valueName: "HEIGHTxWIDTH"))
  var size: ImageSize?
  @Option(
    help: ArgumentHelp(
      "The size of the camera's frame, which is resized to the input. (default: twice as high and wide)",
      valueName: "HEIGHTxWIDTH"))
  var frame: ImageSize?
  @Option(help: ArgumentHelp("The number of classes.", valueName: "n")) var classes = 19
  @Option(help: ArgumentHelp("The number of CPU threads per operation.", valueName: "n"))
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(
    help: """
      The numeric precision. On the CPU, kernels take float32, bfloat16 and int8. On a GPU: float32, bfloat16, float16. \
      --engine eager takes no int8.
      """)
  var precision = Precision.float32
  @Option(
    help: ArgumentHelp(
      """
      Limit all engines to these vector instructions, so that this machine measures for a lesser one: \
      \(InstructionSet.supported.map(\.rawValue).joined(separator: ", ")). ONNX Runtime, MNN, ncnn and LiteRT cannot be limited. \
      (default: the processor's)
      """, valueName: "name"), completion: .list(InstructionSet.supported.map(\.rawValue)))
  var isa: InstructionSet?
  @OptionGroup(title: "Precision int8") var calibration: CalibrationFlags
  @Option(help: ArgumentHelp("The device: cpu, cuda, cuda:N or mps.", valueName: "name"), completion: .devices)
  var device = "cpu"
  @Option(help: "The inference engine: kernels (RTSeg's own; on a GPU one CUDA graph) or eager (plain libtorch).")
  var engine = Engine.kernels
  @Option(help: "The result of a timed inference: the class of each pixel, or the scores (logits).")
  var output = InferenceOptions.Output.classes
  @Option(help: ArgumentHelp("The largest number of timed runs per process.", valueName: "n")) var repetitions =
    LatencyBudget().repetitions
  @Option(
    help: ArgumentHelp("No timed run begins after this many seconds, but three are always timed.", valueName: "seconds")
  )
  var seconds = LatencyBudget().seconds
  @Option(help: ArgumentHelp("The smallest number of runs before the timed ones.", valueName: "n")) var warmup =
    LatencyBudget().warmupRuns
  @Option(help: ArgumentHelp("The smallest duration of the runs before the timed ones.", valueName: "seconds"))
  var warmupSeconds = LatencyBudget().warmupSeconds
  @Option(
    help: ArgumentHelp(
      "The number of repetitions per network. (default: 1, or 3 with --against, alternating engines)", valueName: "n"))
  var rounds: Int?
  @Flag var contention: Contention?
  @Option(
    help: """
      The way in which --engine kernels chooses CPU kernels: by an estimate, or by measuring once and keeping the \
      result. (default: estimated)
      """)
  var selection: KernelSelection?
  @Flag(help: "Show the time of each operation of --engine kernels, and of each kind of operation.") var profile = false
  @Option(help: ArgumentHelp("A process that takes longer than this many seconds is stopped.", valueName: "seconds"))
  var timeout = BenchmarkOptions().timeout
  @Option(
    help: ArgumentHelp(
      "Write the results as JSON to this file, after each network; - prints them instead of the tables.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var json: String?
  @Option(
    help: ArgumentHelp("Draw speed against published mIoU into this SVG file.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var plot: String?

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
    try refuseOption(
      choice.onnx != nil && (engine != .kernels || precision == .float16 || device != "cpu"),
      "an ONNX file runs on the CPU by the kernels in float32, bfloat16 or int8: leave --engine and --device out")
    try refuseOption(outputName != nil && choice.onnx == nil, "--output-name is for ONNX files: leave it out")
    try refuseOption(
      choice.program != nil && (engine != .kernels || precision != .float32 || device != "cpu" || peers.against != nil),
      "a compiled network has its engine, precision and device: leave --engine, --precision, --device and --against out"
    )
    try refuseOption(profile && engine != .kernels, "--profile is for --engine kernels")
    try refuseOption(selection != nil && engine != .kernels, "--selection is for --engine kernels")
    try refuseOption(selection == .measured && device != "cpu", "--selection measured is for --device cpu")
    try calibration.check(precision, isRequired: false)
    if let isa, !isa.isSupported {
      throw ValidationError("--isa: this processor lacks \(isa.rawValue)")
    }
    try refuseOption(isa != nil && device != "cpu", "--isa is for --device cpu")
    if let json, json == plot { throw ValidationError("--json and --plot: give two files, not one") }
    try refuseOption(plot == "-", "--plot: expected a file, found -")
  }

  func run() throws {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "rtseg-compiled-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    var options = try options(scratch)
    options.networks = try choice.architectures()
    try checkOutputs(of: options.networks)
    let size = options.size
    let frame = frame ?? ImageSize(height: 2 * size.height, width: 2 * size.width)
    let benchmark = Benchmark(
      options, program: Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0]),
      frame: SceneSynthesizer(size: frame, seed: 1).scene(0).image,
      makeModel: { try choice.makeModel($0, classes: classes) },
      exportONNX: { model, file in
        var export = ExportOptions(size: size)
        export.output = output == .classes ? .classes : .logits
        try NetworkExporter(ExportedNetwork(model, classes: []), export).export(as: .onnx).write(to: file)
      },
      progress: Terminal.showProgress)
    // A measurement of hours leaves what it has found if it is ended.
    let file = json.flatMap { $0 == "-" ? nil : URL(filePath: $0) }
    let report = try benchmark.run { report in
      if let file { try AtomicFile.write(report.json(), to: file) }
    }
    Terminal.clearProgress()
    if json != "-" { print(report.text(), terminator: "") }
    if json == "-" {
      print(String(decoding: try report.json(), as: UTF8.self), terminator: "")
    } else if let file {
      try AtomicFile.write(report.json(), to: file)
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

  /// Compiles an ONNX file into a folder for temporary files, and notes what peers need to run the file itself.
  private func compile(_ path: String, into scratch: URL, _ options: inout BenchmarkOptions) throws {
    let network = try ONNXNetwork(contentsOf: URL(filePath: path), output: outputName)
    guard let size = size ?? network.fixedSize else {
      throw CommandError("\(path) takes images of several sizes: give one with --size HEIGHTxWIDTH")
    }
    var images = try calibration.read()
    if images == nil, precision == .int8 {
      images = Calibration(
        images: [SceneSynthesizer(size: size, seed: 1).scene(0).image], agreement: calibration.agreementOrDefault)
    }
    let program = try network.program(sizes: [size], precision: precision, calibration: images)
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    let file = scratch.appending(path: "network.rtseg")
    try program.write(to: file)
    options.program = file.path
    options.programName = URL(filePath: path).deletingPathExtension().lastPathComponent.printable(limit: 100)
    options.onnx = URL(filePath: path)
    options.size = size
    options.normalization = program.normalization
  }

  private func options(_ scratch: URL) throws -> BenchmarkOptions {
    var options = BenchmarkOptions()
    options.engine = engine
    options.precision = precision
    options.output = output
    options.calibration = calibration.calibration
    options.agreement = calibration.agreementOrDefault
    if let file = choice.onnx {
      try compile(file, into: scratch, &options)
    } else if let program = choice.program {
      let file = try ProgramFile(contentsOf: URL(filePath: program))
      guard let size = size ?? file.sizes.first, file.sizes.contains(size) else {
        let sizes = file.sizes.map(\.description).joined(separator: ", ")
        throw CommandError("\(program) is for images of \(sizes): give one of these sizes by --size")
      }
      (options.program, options.size, options.precision) = (program, size, file.precision)
      options.programName = file.network.isEmpty ? "network" : file.network.printable(limit: 100)
    } else {
      options.size = size ?? options.size
    }
    options.classes = classes
    options.device = device
    options.threads = threads
    options.instructionSet = isa
    options.budget.repetitions = repetitions
    options.budget.seconds = seconds
    options.budget.warmupRuns = warmup
    options.budget.warmupSeconds = warmupSeconds
    options.contention = contention
    options.selection = (selection ?? .estimated).value
    options.withProfile = profile
    options.timeout = timeout
    options.peers = try peers.options(precision: precision, readsONNX: choice.onnx != nil)
    options.rounds = rounds ?? (options.peers == nil ? 1 : 3)
    return options
  }

  /// Makes sure, hours before they are written, that the results replace no input and can be written.
  private func checkOutputs(of networks: [Architecture]) throws {
    var plan = OutputPlan()
    for path in try networks.compactMap(choice.file) + [choice.onnx].compactMap({ $0 }) + calibration.imageFiles() {
      plan.add(input: path)
    }
    for (path, option) in [(json, "--json"), (plot, "--plot")] {
      guard let path, path != "-" else { continue }
      plan.add(output: path, of: option)
      guard FileSystem.isFolder(FileSystem.folder(of: path)) else {
        throw CommandError(
          "\(option): \(path) cannot be written, since there is no folder \(FileSystem.folder(of: path))")
      }
    }
    try plan.check()
  }
}

extension InstructionSet: ExpressibleByArgument {}

extension Contention: EnumerableFlag {
  /// The name of the flag.
  public static func name(for value: Contention) -> NameSpecification {
    switch value {
    case .core: .customLong("contended")
    case .memory: .customLong("contended-memory")
    }
  }

  /// The help of the flag.
  public static func help(for value: Contention) -> ArgumentHelp? {
    switch value {
    case .core: "Measure while another process keeps one core busy."
    case .memory: "Measure while another process copies memory on one core."
    }
  }
}

/// `InferenceOptions.Selection` by name.
enum KernelSelection: String, CaseIterable, ExpressibleByArgument {
  case estimated, measured

  var value: InferenceOptions.Selection { self == .measured ? .measuredOnce : .estimated }
}
