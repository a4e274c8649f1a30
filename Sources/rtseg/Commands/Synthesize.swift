import ArgumentParser
import Files
import Foundation
import SceneSynthesis
import SegmentationData
import SegmentationImage

struct Synthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw street scenes with exact labels, in the layout of Cityscapes.",
    discussion: """
      Examples:
        rtseg data synthesize --output scenes
        rtseg data synthesize --output scenes --count 1000 --size 512x1024 --seed 7

      Every fifth scene is for validation. The same seed draws the same scenes. The folder must be new or empty, so that \
      scenes of one run never mix with those of another, or with a data set that is there.
      """)

  @Option(help: ArgumentHelp("The folder to write, new or empty.", valueName: "folder"), completion: .directory)
  var output: String
  @Option(help: ArgumentHelp("The number of scenes.", valueName: "n")) var count = 240
  @Option(help: ArgumentHelp("The size of the scenes in pixels.", valueName: "HEIGHTxWIDTH"))
  var size = ImageSize(height: 256, width: 512)
  @Option(help: ArgumentHelp("The seed of the scenes, 0 or more.", valueName: "n")) var seed: UInt64 = 1

  func validate() throws {
    try checkOption("count", count, in: 2...1_000_000)
    try checkOption("size", size, in: 32...8192)
  }

  func run() throws {
    let names = FileSystem.isFolder(output) ? try FileSystem.names(in: output) : []
    if let name = names.first(where: { !$0.hasPrefix(".") }) {
      throw CommandError("\(output): the folder is not empty, \(name) is in it; give a new one to --output")
    }
    let summary = try SceneSynthesizer(size: size, seed: seed).write(count, to: URL(filePath: output))
    print("\(summary.train) training and \(summary.val) validation scenes: \(output.printable())")
  }
}
