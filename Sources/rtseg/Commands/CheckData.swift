import ArgumentParser
import Basics
import Files
import Foundation
import SegmentationData
import SegmentationImage
import Synchronization

struct CheckData: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read every file of a data set and print what is in it and what is wrong with it.",
    discussion: """
      Examples:
        rtseg data check --dataset cityscapes --data-root data/cityscapes
        rtseg data check --dataset mydata.yaml --json
        rtseg data check --dataset satellite.yaml --channels 8 --pixel-type uint16

      The exit code is 1 if it finds a problem.

      The results of each file are kept in the folder checks of RTSEG_CACHE (~/.cache/rtseg). A check that was interrupted \
      goes on if the same command is given again, and files that have not changed are not read again.
      """)

  @Option(
    help: ArgumentHelp(
      """
      The data set: a name such as cityscapes (rtseg data lists them), the path of a card, or annotations such as \
      coco:street.
      """, valueName: "name"),
    completion: .dataSets)
  var dataset: String
  @Option(
    help: ArgumentHelp("The data set's folder. A card names its own, which this one replaces.", valueName: "folder"),
    completion: .directory)
  var dataRoot = ""
  @Option(
    help: """
      The treatment of the EXIF orientation: apply turns images and masks upright as viewers do, ignore takes the pixels \
      as they are stored. Training has the key data.exif_orientation.
      """)
  var exifOrientation = ExifOrientation.apply
  @Option(
    help: ArgumentHelp(
      "The number of channels of images. Training has the key data.channels.", valueName: "n"))
  var channels = 3
  @Option(
    help: """
      The type of images' values: uint8, uint16, or float32, which reads every type. Training has the key \
      data.pixel_type.
      """)
  var pixelType = PixelType.uint8
  @Flag(help: "Read all files, also those that were checked before, and keep no results.") var noCache = false
  @Flag(help: "Print JSON instead of text.") var json = false

  func validate() throws { try checkOption("channels", channels, in: 1...1024) }

  func run() throws {
    let checker = DataChecker(
      try Dataset.open(kind: dataset, root: dataRoot), exifOrientation: exifOrientation, channels: channels,
      pixelType: pixelType, cacheFolder: noCache ? nil : DataChecker.usualCacheFolder)
    let meter = Mutex(ProgressMeter())
    let report = try checker.check(
      progress: { done, total in meter.withLock { $0.show(done, of: total) } }, note: Terminal.report)
    Terminal.clearProgress()
    if json {
      print(String(decoding: try JSONEncoder.snakeCase(indented: true).encode(report), as: UTF8.self))
    } else {
      report.splits.forEach(show)
      if let map = report.proposedMap {
        print("a map that covers all values:")
        map.split(separator: "\n").forEach { print($0.description.printable()) }
        print()
      }
      report.notes.forEach { print("note: \($0.printable())") }
      report.problems.forEach { print("problem: \($0.printable())") }
      let count = report.problems.count
      print(count == 0 ? "no problems found" : count == 1 ? "1 problem" : "\(count) problems")
    }
    if !report.problems.isEmpty { throw ExitCode.failure }
  }

  private func show(_ split: DataReport.SplitReport) {
    print("\(split.split.rawValue): \(split.images) images")
    let sizes = split.sizes.prefix(20).map { "\($0.size) (\($0.images))" }
    let more = split.sizes.dropFirst(20).reduce(split.imagesOfOtherSizes) { $0 + $1.images }
    print("  sizes       " + (sizes + (more > 0 ? ["others (\(more))"] : [])).joined(separator: ", "))
    if let wide = split.wideImages {
      print("  bits        16 per channel (\(wide.images) images), values \(wide.lowest) to \(wide.highest)")
    }
    print("  mean, std   \(numbers(split.mean)), \(numbers(split.std))")
    if split.rawValues.isEmpty { return }
    print("  raw values  value: pixels, meaning")
    for value in split.rawValues {
      let mark = value.meaning?.printable() ?? "NOT IN THE MAP"
      print("    \(value.value): \(value.pixels) in \(value.masks) masks, \(mark)")
    }
    if let blends = split.blends {
      print("    \(blends.values) more that are not in the map: \(blends.pixels) pixels along borders")
    }
    print("  classes     share of the labelled pixels, images; weights: median frequency, ENet, inverse square root")
    for (index, item) in split.classes.enumerated() {
      let (name, weights) = (item.name.printable(limit: 100), split.classWeights)
      let columns = [weights.medianFrequency[index], weights.enet[index], weights.inverseSquareRoot[index]]
      print(
        "    " + name.padding(toLength: max(16, name.count), withPad: " ", startingAt: 0)
          + String(format: "%6.2f%%  %5d  ", item.share * 100, item.images)
          + columns.map { String(format: "%8.3f", $0) }.joined())
    }
    print(String(format: "  ignored     %.2f%% of all pixels", split.ignoredShare * 100))
  }

  private func numbers(_ values: [Double]) -> String {
    "[" + values.map { String(format: "%.4f", $0) }.joined(separator: ", ") + "]"
  }
}

extension ExifOrientation: ExpressibleByArgument {}
extension PixelType: ExpressibleByArgument {}
