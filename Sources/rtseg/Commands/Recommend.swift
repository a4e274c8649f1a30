import ArgumentParser
import Files
import Foundation
import SceneSynthesis
import SegmentationBenchmark
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationTraining
import Torch

struct Recommend: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Name the most accurate network that is fast enough on this machine.",
    discussion: """
      Examples:
        rtseg recommend --budget 30ms --size 512x1024 --threads 2
        rtseg recommend --budget 20fps --runs runs
        rtseg recommend --budget 30ms --measured speed.json

      The command measures the networks as rtseg bench does, each in a process of its own and for about two seconds. It \
      joins the times with the mIoU that is published for Cityscapes val. With --runs, it takes the networks and the mIoU \
      of your own training runs. Networks whose arithmetic alone takes longer than the budget are not measured.

      The time is that of an inference, from the prepared image to the class of each pixel.
      """)

  @Option(
    help: ArgumentHelp(
      "The longest time per image, such as 30ms or 0.03s, or the lowest rate, such as 25fps.", valueName: "time"))
  var budget: TimeBudget
  @Option(
    help: ArgumentHelp("The size of the network's input in pixels.", valueName: "HEIGHTxWIDTH")) var size = ImageSize(
      height: 512, width: 1024)
  @Option(help: ArgumentHelp("The number of classes. (default: 19)", valueName: "n")) var classes: Int?
  @Option(help: ArgumentHelp("The number of CPU threads per operation. (default: one per core)", valueName: "n"))
  var threads: Int?
  @Option(help: "The numeric precision: float32, bfloat16 or int8.") var precision = Precision.float32
  @Option(
    help: ArgumentHelp(
      "Take the networks of the training runs below this folder, each with its best mIoU.", valueName: "folder"),
    completion: .directory)
  var runs: String?
  @Option(
    help: ArgumentHelp(
      "Take the times from this file, which rtseg bench --json wrote on this machine, and measure nothing.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var measured: String?
  @Flag(help: "Print JSON instead of the text.") var json = false

  func validate() throws {
    try checkOption("size", size, in: 1...16384)
    try checkOption("classes", classes, in: 1...256)
    try checkOption("threads", threads, in: 1...Libtorch.threadLimit)
    try refuseOption(precision == .float16, "--precision: expected float32, bfloat16 or int8, found float16")
    try refuseOption(measured != nil && classes != nil, "--classes is for measuring: leave it out with --measured")
  }

  func run() throws {
    let accuracies = try accuracies()
    let report = try measured.map(read) ?? measure(accuracies.keys.sorted())
    let result = Recommendation(budget: budget.milliseconds, report: report, accuracies: accuracies)
    for case (let network, let failure?) in report.networks.map({ ($0.network, $0.failure) }) {
      Terminal.report("\(network): \(failure)")
    }
    if json { print(String(decoding: try result.json(), as: UTF8.self), terminator: "") }
    guard result.best != nil else { throw CommandError(refusal(result)) }
    if !json { print(result.text(), terminator: "") }
  }

  /// The reason why no network can be named.
  private func refusal(_ result: Recommendation) -> String {
    let time = String(format: "%.4g ms", budget.milliseconds)
    if let fastest = result.next {
      return "no network takes \(time) or less at \(size): \(fastest.network) takes "
        + String(format: "%.4g ms", fastest.p50) + "; give a larger --budget or a smaller --size"
    }
    if let measured { return "\(measured) has no network whose mIoU is known; give a file with others" }
    return
      "no network was measured: each one's arithmetic alone takes longer than \(time) at \(size), or it failed; give a "
      + "larger --budget or a smaller --size"
  }

  /// The networks whose mIoU is known, by name.
  private func accuracies() throws -> [String: Recommendation.Accuracy] {
    guard let runs else {
      return Dictionary(
        uniqueKeysWithValues: Architecture.allCases.compactMap { architecture in
          architecture.publishedMeanIoU.map {
            (architecture.name, .init(meanIoU: $0, source: "published, Cityscapes val"))
          }
        })
    }
    return try RunListing(below: URL(filePath: runs)).bestRuns().mapValues {
      .init(meanIoU: 100 * $0.bestScore!, source: "run \($0.name.printable(limit: 80))")
    }
  }

  private func measure(_ networks: [String]) throws -> BenchmarkReport {
    var options = BenchmarkOptions()
    options.networks = try networks.map { try Architecture(name: $0) }
    (options.size, options.precision, options.classes) = (size, precision, classes ?? 19)
    options.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    options.limit = budget.milliseconds
    (options.budget.warmupSeconds, options.budget.seconds) = (0.5, 1)
    let frame = SceneSynthesizer(size: ImageSize(height: 2 * size.height, width: 2 * size.width), seed: 1).scene(0)
      .image
    let benchmark = Benchmark(
      options, program: Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0]), frame: frame,
      makeModel: {
        Libtorch.seed(1)
        return try $0.makeModel(classes: options.classes)
      },
      progress: Terminal.showProgress)
    defer { Terminal.clearProgress() }
    return try benchmark.run()
  }

  /// Reads times and makes sure that they are those of this machine under these conditions.
  private func read(_ path: String) throws -> BenchmarkReport {
    let data = Data(try InputFile.contents(of: path, limit: 1 << 28))
    guard let report = try? BenchmarkReport(json: data) else {
      throw CommandError("\(path): expected the JSON that rtseg bench --json writes")
    }
    var wanted = BenchmarkOptions()
    (wanted.size, wanted.precision) = (size, precision)
    wanted.threads = threads ?? report.conditions?.threads ?? wanted.threads
    if let difference = report.difference(from: wanted) {
      throw CommandError("\(path) was measured otherwise: \(difference); measure again, or change the options")
    }
    return report
  }
}

/// A time per image, or a rate of images.
struct TimeBudget: ExpressibleByArgument {
  let milliseconds: Double

  init?(argument: String) {
    // The longer endings come first: "ms" ends in "s", too.
    for (ending, convert) in [("fps", { 1000 / $0 }), ("ms", { $0 }), ("s", { $0 * 1000 })]
      as [(String, (Double) -> Double)]
    {
      guard argument.hasSuffix(ending), let value = Double(argument.dropLast(ending.count)) else { continue }
      let time = convert(value)
      guard value > 0, time.isFinite, time > 0 else { return nil }
      milliseconds = time
      return
    }
    return nil
  }
}
