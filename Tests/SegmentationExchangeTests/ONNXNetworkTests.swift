import Files
import Foundation
import ONNX
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Inputs, outputs and classes as files tell them, and files that are refused.
@Suite struct ONNXNetworkTests {
  private func classes(_ name: String) throws -> (found: [UInt8], expected: [UInt8]) {
    let fixture = try ImportFixture("networks/\(name)")
    let program = try ProgramFile(fixture.network().program(sizes: [ImportFixture.size]), from: fixture.url)
    let engine = try InferenceEngine(program, size: ImportFixture.size, options: InferenceOptions(threads: 1))
    let found: [UInt8] = try engine(ImportFixture.image).elements()
    return (found, fixture.expected.to(dtype: .uint8).elements())
  }

  @Test(arguments: ["dynamic", "metadata", "functions", "probability", "external"])
  func `networks compute what ONNX Runtime does`(_ name: String) throws {
    let fixture = try ImportFixture("networks/\(name)")
    try fixture.check(fixture.scores(fixture.network()))
  }

  @Test(arguments: ["classes", "classes_uint8"]) func `a map of classes is that of its scores`(_ name: String) throws {
    let (found, expected) = try classes(name)
    #expect(found == expected && Set(found).count > 2)
  }

  @Test func `pixels stay pixels for a network that takes them`() throws {
    let fixture = try ImportFixture("networks/pixels")
    let network = try fixture.network()
    #expect(network.normalization == Normalization(mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255]))
    let pixels = (0..<8 * 12 * 3).map { UInt8($0 * 37 % 256) }
    let input = try Normalization(mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255]).tensor(
      Image(height: 8, width: 12, pixels: pixels))
    try fixture.check(fixture.scores(network, input))
  }

  @Test func `the first output that is a map is taken, or the one that is named`() throws {
    let fixture = try ImportFixture("networks/outputs")
    #expect(try fixture.network().outputNames == ["s", "y", "a"])
    try fixture.check(fixture.scores(fixture.network()))
    let other = try fixture.scores(fixture.network(output: "a"))
    #expect(other.elements(Float.self).contains { $0 < 0 })
    #expect(throws: ExchangeError.self) { try fixture.network(output: "b") }
  }

  @Test func `the metadata tells classes, colors, normalization and name`() throws {
    let fixture = try ImportFixture("networks/metadata")
    let program = try fixture.network().program()
    #expect(program.sizes == [ImportFixture.size] && program.network == "street")
    #expect(program.classes.map(\.name) == ["sky", "road", "tree", "car"])
    #expect(program.classes[1].color == RGB(4, 5, 6))
    #expect(program.normalization == Normalization(mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3]))
    #expect(program.checkpoint == (try ContentHash.hex(ofFileAt: fixture.url.path)))
  }

  @Test func `what is assumed is told`() throws {
    var lines: [String] = []
    _ = try ImportFixture("networks/dynamic").network().program(sizes: [ImportFixture.size]) { lines.append($0) }
    #expect(lines.count == 1 && lines[0].contains("ImageNet's is assumed"), "\(lines)")
  }

  @Test func `a network for several sizes needs one`() throws {
    let network = try ImportFixture("networks/dynamic").network()
    #expect(network.fixedSize == nil)
    let error = #expect(throws: ExchangeError.self) { try network.program() }
    #expect(error?.description.contains("give one with --size") == true)
    let size = ImageSize(height: 24, width: 16)
    let program = try network.program(sizes: [size, ImportFixture.size])
    #expect(program.sizes == [size, ImportFixture.size])
  }

  @Test func `a network for one size refuses others`() throws {
    let network = try ImportFixture("networks/metadata").network()
    let error = #expect(throws: ExchangeError.self) { try network.graph(for: ImageSize(height: 16, width: 16)) }
    #expect(error?.description.contains("it takes images of 8x12, found 16x16") == true)
  }

  @Test func `all operators that are not supported are named at once`() throws {
    let url = ImportFixture.folder.appending(path: "networks/unsupported.onnx")
    let error = #expect(throws: ExchangeError.self) { try ONNXNetwork(contentsOf: url).graph(for: ImportFixture.size) }
    let text = error?.description ?? ""
    // Nodes that the output does not need are not asked for.
    #expect(text.contains("Exp (b)") && text.contains("com.Magic (d)") && !text.contains("NonMax"), "\(text)")
    #expect(!text.contains("\n"))
  }

  @Test func `a card beside the file tells classes`() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "net.onnx")
    try FileManager.default.copyItem(at: ImportFixture.folder.appending(path: "networks/dynamic.onnx"), to: file)
    try Data(#"{"classes": ["a", "b", "c", "d"], "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5]}"#.utf8)
      .write(to: folder.url.appending(path: "net.json"))
    let card = try ONNXNetwork(contentsOf: file).card
    #expect(card.classes?.map(\.name) == ["a", "b", "c", "d"])
    #expect(card.normalization == Normalization(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]))
  }
}
