import ArgumentParser
import Files
import SegmentationData

struct PackData: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Write a data set into tar archives (shards) with a card, for fast reading of many files.",
    discussion: """
      Examples:
        rtseg data pack field.yaml --output shards
        rtseg data pack camvid --data-root camvid --output shards --split train
        rtseg data pack field.yaml --output shards --shard-size 500MB
        rtseg train --model fastscnn --dataset shards/card.yaml

      The output folder gets train-000000.tar and so on, an index (.idx) beside each archive, and card.yaml for --dataset. \
      The archives have WebDataset's layout: KEY.jpg or KEY.png with KEY.seg.png, in the data set's order. The files are \
      copied as they are, so a training run has the same results from either. The same data set gives the same bytes. A \
      packing that was interrupted goes on if the same command is given again.
      """)

  @Argument(
    help: "The data set: a name such as cityscapes (rtseg data lists them) or the path of a card.",
    completion: .dataSets)
  var dataset: String
  @Option(help: ArgumentHelp("The folder to write, new or empty.", valueName: "folder"), completion: .directory)
  var output: String
  @Option(
    help: ArgumentHelp("The data set's folder. A card names its own, which this one replaces.", valueName: "folder"),
    completion: .directory)
  var dataRoot = ""
  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "The part of the data set to pack. It may be repeated. (default: all that it has)", valueName: "name"))
  var split: [Split] = []
  @Option(help: ArgumentHelp("The most samples of an archive. (default: no limit)", valueName: "n"))
  var samplesPerShard: Int?
  @Option(
    help: ArgumentHelp(
      "The most bytes of an archive, such as 500MB or 2GB; one sample may have more.", valueName: "bytes"))
  var shardSize = ByteCount(bytes: 1_000_000_000)

  func validate() throws {
    try checkOption("samples-per-shard", samplesPerShard, in: 1...1_000_000_000)
  }

  func run() throws {
    let packer = try ShardPacker(
      dataset, root: dataRoot, output: output, samplesPerShard: samplesPerShard ?? .max, shardSize: shardSize.bytes)
    var meter = ProgressMeter()
    defer { Terminal.clearProgress() }
    let report = try packer.pack(split.isEmpty ? nil : split) { done, total in meter.show(done, of: total) }
    Terminal.clearProgress()
    report.notes.forEach { print("note: \($0.printable())") }
    for split in Split.allCases {
      guard let samples = report.samples[split], let shards = report.shards[split] else { continue }
      print(
        "\(split.rawValue): \(samples) \(samples == 1 ? "sample" : "samples") in \(shards) "
          + "\(shards == 1 ? "archive" : "archives")")
    }
    if report.kept > 0 { print("\(report.kept) archives were there from an earlier packing") }
    print("card: \(report.card.printable())")
  }
}

/// A number of bytes on the command line: digits, with kB, MB or GB behind them if wanted (powers of 1000).
struct ByteCount: ExpressibleByArgument, CustomStringConvertible {
  let bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let digits = argument.prefix { "0"..."9" ~= $0 }
    let factors = ["": 1, "B": 1, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000]
    guard let number = Int(digits), number > 0, let factor = factors[argument.dropFirst(digits.count).uppercased()]
    else { return nil }
    let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
    guard !overflows else { return nil }
    self.bytes = bytes
  }

  var description: String { bytes % 1_000_000_000 == 0 ? "\(bytes / 1_000_000_000)GB" : "\(bytes)" }
}
