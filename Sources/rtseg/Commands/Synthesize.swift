import ArgumentParser
import Foundation
import SegmentationData
import SegmentationImage

struct Synthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw street scenes with exact labels, in the layout of Cityscapes.",
    discussion: "Every fifth scene is for validation. The same seed draws the same scenes.")

  @Option(help: "The folder to write.") var output: String
  @Option(help: "How many scenes.") var count = 240
  @Option(help: "HEIGHTxWIDTH.") var size = "256x512"
  @Option(help: "Another seed, other scenes.") var seed: UInt64 = 1

  func validate() throws {
    if count < 2 { throw ValidationError("--count: expected at least 2, found \(count)") }
    if ImageSize(size) == nil { throw ValidationError("--size: expected HEIGHTxWIDTH, found \(size)") }
  }

  func run() throws {
    guard let size = ImageSize(size) else { return }
    let summary = try SceneSynthesizer(size: size, seed: seed).write(count, to: URL(filePath: output))
    print("\(summary.train) training and \(summary.val) validation scenes: \(output)")
  }
}
