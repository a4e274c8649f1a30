import Files
import Foundation
import ONNX
import SegmentationExchange
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing

/// Files that are damaged or made to do harm: each is refused in one line, or read.
@Suite struct HostileONNXTests {
  private static let size = ImportFixture.size

  private func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: ImportFixture.folder.appending(path: "\(name).onnx")))
  }

  /// The line with which bytes are refused; `nil` if they are read and compiled.
  private func refusal(_ bytes: [UInt8], folder: String? = nil) -> String? {
    do {
      let network = try ONNXNetwork(bytes: bytes, url: URL(filePath: "net.onnx"), folder: folder)
      _ = try network.program(sizes: [network.fixedSize ?? Self.size])
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func changed(_ name: String, _ change: (inout ONNXModel) -> Void) throws -> [UInt8] {
    var model = try ONNXModel(serializedBytes: bytes(name))
    change(&model)
    return try model.serializedBytes()
  }

  @Test(arguments: ["networks/metadata", "networks/functions", "operators/quantized_int8"])
  func `a file that was cut off is refused or read`(_ name: String) throws {
    let whole = try bytes(name)
    var refused = 0
    for length in 0..<whole.count {
      guard let line = refusal(Array(whole[..<length])) else { continue }
      refused += 1
      #expect(!line.contains("\n") && line.hasPrefix("net.onnx: "), "\(length): \(line)")
    }
    #expect(refused > whole.count / 2)
  }

  @Test(arguments: ["networks/metadata", "networks/functions", "operators/quantized_int8", "operators/if_constant"])
  func `a file with changed bytes is refused or read`(_ name: String) throws {
    let whole = try bytes(name)
    for index in whole.indices {
      for bit in [0, 3, 7] {
        var file = whole
        file[index] ^= 1 << UInt8(bit)
        if let line = refusal(file) { #expect(!line.contains("\n")) }
      }
    }
  }

  @Test func `a file that is something else is refused`() {
    for file in [[], Array("hello".utf8), [UInt8](repeating: 0, count: 100), [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]] {
      #expect(refusal(file)?.contains("it is no ONNX file") == true)
    }
  }

  @Test func `a node that reads what nothing makes is refused, so that there are no cycles`() throws {
    let cycle = try changed("networks/metadata") { $0.graph.node.swapAt(0, 1) }
    #expect(refusal(cycle)?.contains("it reads z, which nothing before it makes") == true)
    let missing = try changed("networks/metadata") { $0.graph.node[1].input[0] = "elsewhere" }
    #expect(refusal(missing)?.contains("it reads elsewhere, which nothing before it makes") == true)
    let loop = try changed("networks/functions") { model in
      for index in model.functions.indices where model.functions[index].name == "inner" {
        model.functions[index].node[0].opType = "block"
        model.functions[index].node[0].domain = "local"
      }
    }
    #expect(refusal(loop)?.contains("are nested more than") == true)
  }

  @Test func `lengths that do not fit shapes are refused`() throws {
    for (dimensions, reason) in [
      ([4, 3, 3, 4], "bytes, expected"), ([-1, 3, 3, 3], "a dimension is negative"), ([], "bytes, expected"),
      ([1 << 40, 1 << 40, 3, 3], "is too large"), ([Int64](repeating: 1, count: 20), "20 dimensions"),
      ([1 << 32, 1, 1, 1], "bytes, expected"),
    ] as [([Int64], String)] {
      let file = try changed("networks/metadata") { $0.graph.initializer[0].dims = dimensions }
      #expect(refusal(file)?.contains(reason) == true, "\(dimensions): \(refusal(file) ?? "read")")
    }
  }

  @Test func `weights that do not fit their convolution are refused`() throws {
    let file = try changed("networks/metadata") { $0.graph.initializer[0].dims = [3, 4, 3, 3] }
    #expect(refusal(file)?.contains("the node Conv (z)") == true)
  }

  @Test func `an input that is no image is refused`() throws {
    for (dimensions, reason) in [
      ([2, 3, 8, 12], "2 images"), ([1, 4, 8, 12], "4 channels"), ([1, 3, 8], "3 dimensions"),
    ] as [([Int64], String)] {
      let file = try changed("networks/metadata") { model in
        model.graph.input[0].type.tensorType.shape.dim = dimensions.map { size in
          var dimension = ONNXShape.Dimension()
          dimension.dimValue = size
          return dimension
        }
      }
      #expect(refusal(file)?.contains(reason) == true, "\(refusal(file) ?? "read")")
    }
  }

  @Test func `constants that would fill the memory are refused`() throws {
    let file = try changed("operators/constants") { model in
      for index in model.graph.node.indices where model.graph.node[index].opType == "Constant" {
        for place in model.graph.node[index].attribute.indices
        where !model.graph.node[index].attribute[place].ints.isEmpty {
          model.graph.node[index].attribute[place].ints = [1, 1 << 14, 1 << 14, 1 << 5]
        }
      }
    }
    #expect(refusal(file)?.contains("too large") == true, "\(refusal(file) ?? "read")")
  }

  // MARK: - External data

  private func external(_ entries: [String: String]) throws -> [UInt8] {
    try changed("networks/external") { model in
      for index in model.graph.initializer[0].externalData.indices {
        let key = model.graph.initializer[0].externalData[index].key
        if let value = entries[key] { model.graph.initializer[0].externalData[index].value = value }
      }
    }
  }

  @Test(
    arguments: [
      "../secret", "/etc/passwd", "a/../../secret", ".", "", "./external.onnx.data", "link", "missing", "folder",
      "a\\b",
    ])
  func `external data outside of the folder is refused`(_ location: String) throws {
    let folder = try TemporaryFolder()
    let inside = folder.url.appending(path: "inside")
    try FileManager.default.createDirectory(at: inside.appending(path: "folder"), withIntermediateDirectories: true)
    let data = try Data(contentsOf: ImportFixture.folder.appending(path: "networks/external.onnx.data"))
    for name in ["secret", "inside/external.onnx.data"] { try data.write(to: folder.url.appending(path: name)) }
    try FileManager.default.createSymbolicLink(
      at: inside.appending(path: "link"), withDestinationURL: folder.url.appending(path: "secret"))
    #expect(refusal(try external(["location": "external.onnx.data"]), folder: inside.path) == nil)
    let line = try #require(refusal(try external(["location": location]), folder: inside.path))
    #expect(!line.contains("\n"))
  }

  @Test func `external data of another length is refused`() throws {
    let folder = ImportFixture.folder.appending(path: "networks").path
    for entries in [
      ["offset": "100000"], ["offset": "-1"], ["length": "4"], ["offset": "9223372036854775807"], ["length": "x"],
    ] {
      #expect(refusal(try external(entries), folder: folder) != nil, "\(entries)")
    }
    #expect(refusal(try external([:]))?.contains("another file") == true)
  }
}
