import ArgumentParser
import Files
import Foundation
import SegmentationTraining
import Torch

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write an HTML page about one or several runs: scores, curves, tables, pictures, options.",
    discussion: """
      Examples:
        rtseg report runs/train --output report.html
        rtseg report runs/a runs/b --output comparison.html --evaluate --images 8

      The page is one HTML file that needs no network and no other file. It shows the results side by side, the curves of \
      all runs in the same pictures, the IoU of each class with the differences from the first run, the confusion of the \
      classes, the options, and those that differ between the runs.

      With --evaluate, each run's best.pth labels the validation images. The page then shows the images that it labels \
      best and worst.
      """)

  @Argument(help: ArgumentHelp("The folders of the runs, at most 100.", valueName: "run"), completion: .directory)
  var runs: [String]
  @Option(
    help: ArgumentHelp("The file for the page, .html.", valueName: "file"), completion: .file(extensions: ["html"]))
  var output: String
  @Flag(help: "Label the validation images with each run's best.pth, for pictures and confusion matrices.")
  var evaluate = false
  @Option(
    help: ArgumentHelp(
      """
      The number of best images and of worst images per run that --evaluate shows. (default: \
      \(RunEvaluation.Options().pictures))
      """, valueName: "n"))
  var images: Int?
  @Option(
    help: ArgumentHelp(
      "The data set's folder for --evaluate. (default: the folder that the runs used)", valueName: "folder"),
    completion: .directory)
  var dataRoot: String?
  @Option(
    help: ArgumentHelp(
      "The device for --evaluate: auto, cpu, cuda, cuda:N or mps. (default: that of the run)", valueName: "name"),
    completion: .devices)
  var device: String?
  @Option(
    help: ArgumentHelp("The number of CPU threads per operation for --evaluate. (default: all cores)", valueName: "n"))
  var threads: Int?

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
