import ArgumentParser
import Files
import Foundation
import SegmentationTraining
import Torch

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put one or several runs on a page: scores, curves, tables, pictures, configurations.",
    discussion: """
      The page is one HTML file that needs no network and no other file. It shows the results side by side, the curves of \
      all runs in the same pictures, the IoU of each class with the differences from the first run, what each class was \
      taken for, the options, and those that differ between the runs.

      With --evaluate, each run's best.pth labels the validation images: the page then shows the images that it labels \
      best and worst.
      """)

  @Argument(help: ArgumentHelp("The folders of the runs.", valueName: "run")) var runs: [String]
  @Option(help: "The page: a file that ends in .html.") var output: String
  @Flag(help: "Label the validation images with each run's best.pth, for pictures and confusion matrices.")
  var evaluate = false
  @Option(help: "How many of the best and how many of the worst images --evaluate shows for each run (default: 4).")
  var images: Int?
  @Option(help: "The data set's folder for --evaluate, if it is not where the runs found it.") var dataRoot: String?
  @Option(help: "The device for --evaluate: auto, cpu, cuda, cuda:N, mps; the runs' own if it is left out.")
  var device: String?
  @Option(help: "Threads of one operation on the CPU for --evaluate.") var threads: Int?

  func validate() throws {
    try checkOption("images", images, in: 0...100)
    try checkOption("threads", threads, in: 1...Libtorch.threadLimit)
    try refuseOption(
      !evaluate && (images != nil || dataRoot != nil || device != nil || threads != nil),
      "--images, --data-root, --device and --threads are for --evaluate: add it, or leave them out")
    try refuseOption(runs.count > 100, "a report shows at most 100 runs, found \(runs.count)")
    guard [".html", ".htm"].contains(where: output.lowercased().hasSuffix) else {
      throw ValidationError("--output: expected a name that ends in .html, found '\(output)'")
    }
  }

  func run() throws {
    let records = try runs.map { try RunRecord(URL(filePath: $0)) }
    try RunReport.checkOutput(output, runs: records)
    for problem in records.flatMap(\.problems) { Terminal.report("\(problem); the report goes without it") }
    var evaluations: [Int: RunEvaluation] = [:]
    if evaluate {
      if let threads { try Libtorch.useThreads(threads) }
      var options = RunEvaluation.Options()
      options.pictures = images ?? options.pictures
      options.dataRoot = dataRoot
      options.device = device
      for (index, record) in records.enumerated() {
        Terminal.showProgress("\(record.name): labelling the validation images")
        evaluations[index] = try RunEvaluation(of: record, options: options, note: Terminal.report)
      }
      Terminal.clearProgress()
    }
    try RunReport(records, evaluations: evaluations).write(to: URL(filePath: output))
    print("\(records.count) run\(records.count == 1 ? "" : "s"): \(output)")
  }
}
