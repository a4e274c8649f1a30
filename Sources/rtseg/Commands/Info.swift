import ArgumentParser
import Files
import Foundation
import SegmentationExchange
import SegmentationImage
import SegmentationInference

struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a compiled network or an ONNX file is.",
    discussion: """
      Examples:
        rtseg info street.rtseg
        rtseg info street.rtseg --json
        rtseg info net.onnx --size 512x1024

      A compiled network is one that rtseg compile wrote. All its checksums are verified. Of an ONNX file, the operators are \
      counted, and a line says whether it can be compiled and, if not, why.
      """)

  @Argument(
    help: ArgumentHelp("The file, NAME.rtseg or NAME.onnx.", valueName: "file"),
    completion: .file(extensions: ["rtseg", "onnx"]))
  var file: String
  @Option(
    help: ArgumentHelp(
      "The size of images in pixels with which an ONNX file that takes several is tried.", valueName: "HEIGHTxWIDTH"))
  var size: ImageSize?
  @Flag(help: "Print JSON instead of text.") var json = false

  func validate() throws {
    try checkOption("size", size, in: 1...16384)
    try refuseOption(size != nil && !ONNXNetwork.isONNX(file), "--size is for ONNX files: leave it out")
  }

  func run() throws {
    let url = URL(filePath: file)
    if ONNXNetwork.isONNX(file) {
      let description = ONNXDescription(try ONNXNetwork(contentsOf: url), size: size)
      try show(description, description.text)
    } else {
      let description = ProgramDescription(try ProgramFile(contentsOf: url))
      try show(description, description.text)
    }
  }

  private func show(_ description: some Encodable, _ text: String) throws {
    guard json else { return print(text, terminator: "") }
    print(String(decoding: try JSONEncoder.snakeCase(indented: true).encode(description), as: UTF8.self))
  }
}
