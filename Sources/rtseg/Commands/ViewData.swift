import ArgumentParser
import Files
import Foundation
import SegmentationData
import SegmentationImage

struct ViewData: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "view",
    abstract: "Write an HTML page that shows a data set, the rarest and oddest samples first.",
    discussion: """
      Examples:
        rtseg data view mydata.yaml --output page.html
        rtseg data view camvid --data-root data/camvid --output page.html --limit 50
        rtseg data view bands.yaml --output page.html --channels 8 --pixel-type uint16

      The page is one file that needs no network. It shows images with their labels over them, the classes with their \
      colors and shares, and what rtseg data check finds beside each sample. All files are read, and the oddest samples are \
      shown: those with rare classes, unusual shares of a class, many areas, many pixels without a class, or findings. The \
      page tells how they are ordered.
      """)

  @Argument(
    help: "The data set: a name such as cityscapes, the path of a card, or annotations such as coco:street.",
    completion: .dataSets)
  var dataset: String
  @Option(
    help: ArgumentHelp("The file for the page, .html.", valueName: "file"), completion: .file(extensions: ["html"]))
  var output: String
  @Option(
    help: ArgumentHelp("The data set's folder. A card names its own, which this one replaces.", valueName: "folder"),
    completion: .directory)
  var dataRoot = ""
  @Option(help: ArgumentHelp("The most samples to show.", valueName: "n")) var limit = DataPage.Options().limit
  @Option(help: ArgumentHelp("The longest side of the pictures in pixels.", valueName: "n"))
  var size = DataPage.Options().side
  @Option(
    help: """
      The treatment of the EXIF orientation: apply turns images and masks upright as viewers do, ignore takes the pixels \
      as they are stored.
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

  func validate() throws {
    try checkOption("limit", limit, in: 1...5000)
    try checkOption("size", size, in: 16...1024)
    try checkOption("channels", channels, in: 1...1024)
    let most = DataPage.Options.pixelLimit / size / size
    guard limit <= most else {
      throw ValidationError("--limit: expected at most \(most) pictures of --size \(size), found \(limit)")
    }
    guard [".html", ".htm"].contains(where: output.lowercased().hasSuffix) else {
      throw ValidationError("--output: expected a name that ends in .html, found '\(output)'")
    }
  }

  func run() throws {
    let folder = FileSystem.folder(of: output)
    guard FileSystem.isFolder(folder) else { throw CommandError("\(output): the folder \(folder) does not exist") }
    let data = try Dataset.open(kind: dataset, root: dataRoot)
    try refuseReplacingInputs(data)
    var options = DataPage.Options()
    (options.limit, options.side, options.exifOrientation) = (limit, size, exifOrientation)
    (options.channels, options.pixelType) = (channels, pixelType)
    defer { Terminal.clearProgress() }
    let page = try DataPage(of: data, options: options) { done, total in
      if done % 20 == 0 { Terminal.showProgress("\(done)/\(total)") }
    }
    Terminal.clearProgress()
    try page.write(to: URL(filePath: output))
    print("\(page.count) of \(page.total) samples: \(output.printable())")
  }

  private func refuseReplacingInputs(_ data: Dataset) throws {
    var plan = OutputPlan()
    plan.add(input: dataset)
    for split in Split.allCases {
      for file in (try? data.files(of: split)) ?? [] { plan.add(input: file) }
    }
    plan.add(output: output, of: "--output")
    try plan.check()
  }
}
