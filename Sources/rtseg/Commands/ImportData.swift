import ArgumentParser
import Files
import SegmentationData

struct ImportData: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turn the annotations of another tool into masks and a card.",
    discussion: """
      Examples:
        rtseg data import labelme photos --output dataset
        rtseg data import coco street --output dataset --background ignored --strict
        rtseg train --model fastscnn --dataset dataset/card.yaml

      FORMAT is labelme, cvat (Segmentation mask 1.1), cvat-xml (CVAT for images), coco, coco-panoptic, label-studio \
      (its JSON export), voc, yolo, roboflow (semantic masks), supervisely or cityscapes (polygons). docs/data.md \
      describes the layouts.

      rtseg data, train and val also read annotations where they are, as --dataset coco:street. An import parses them and \
      draws outlines only once.

      The images stay where they are. The output folder gets a mask for each image, a list for each split, and \
      card.yaml for --dataset. At the end the data set is checked, as by rtseg data check. Shapes and files that cannot \
      be used are left out, listed and counted. An import that was interrupted goes on if the same command is given again.
      """)

  @Argument(help: "The format of the annotations.") var format: AnnotationFormat
  @Argument(
    help: ArgumentHelp("The folder, or the file, with the annotations.", valueName: "path"), completion: .directory)
  var path: String
  @Option(help: ArgumentHelp("The folder to write, new or empty.", valueName: "folder"), completion: .directory)
  var output: String
  @Option(
    help: ArgumentHelp(
      """
      The classes in the order of their numbers, separated by commas. The default is those of the annotations. Shapes with \
      other labels are left out.
      """, valueName: "names"))
  var classes: String?
  @Option(
    help: ArgumentHelp(
      """
      The class of pixels that no shape covers, or ignored. The default is the format's own: a class of the background, \
      and ignored for cityscapes and coco-panoptic.
      """, valueName: "name"))
  var background: String?
  @Option(
    help: ArgumentHelp(
      "The split of images for which the annotations do not say it: train, val or test.", valueName: "name"))
  var split = Split.train
  @Flag(help: "Read files that the annotations name outside of their folder, also through links.")
  var allowOutside = false
  @Flag(help: "Write no card and exit with 1 if anything had to be left out.") var strict = false

  func run() throws {
    var options = ImportOptions()
    options.classes = classes.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    options.background = background.map { $0 == "ignored" ? .ignored : .class($0) } ?? .usual
    options.split = split
    options.allowsOutside = allowOutside
    let findings = AnnotationFindings()
    let work = AnnotationImport(format, from: path, to: output, options: options)
    defer { Terminal.clearProgress() }
    let report: AnnotationImport.Report
    do {
      report = try work.run(findings: findings, isStrict: strict) { done, total in
        if done % 20 == 0 { Terminal.showProgress("\(done)/\(total)") }
      }
    } catch {
      Terminal.clearProgress()
      show(findings)
      throw error
    }
    Terminal.clearProgress()
    show(findings)
    for split in Split.allCases {
      if let count = report.images[split] { print("\(split.rawValue): \(count) \(count == 1 ? "image" : "images")") }
    }
    if report.kept > 0 { print("\(report.kept) masks were there from an earlier import") }
    print("classes: \(report.classes.map { $0.name.printable(limit: 100) }.joined(separator: ", "))")
    let problems = try DataChecker(try Dataset.open(kind: report.card, root: "")).check().problems
    problems.forEach { print("problem: \($0.printable())") }
    print("card: \(report.card.printable())")
    if !problems.isEmpty { throw ExitCode.failure }
  }

  private func show(_ findings: AnnotationFindings) {
    for (kind, count) in findings.counts {
      let lines = findings.lines(of: kind)
      lines.forEach { print("\(kind.rawValue): \($0)") }
      if count > lines.count { print("\(kind.rawValue): \(count - lines.count) more") }
    }
  }
}

extension AnnotationFormat: ExpressibleByArgument {}
