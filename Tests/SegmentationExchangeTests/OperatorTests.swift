import Foundation
import ONNX
import SegmentationExchange
import SegmentationInference
import SegmentationModels
import Testing
import Torch

/// Each operator against the numbers of ONNX Runtime, which Fixtures/make_fixtures.py keeps in the files.
@Suite struct OperatorTests {
  /// The names of all files, so that none is lost unseen.
  static let names: [String] = try! FileManager.default.contentsOfDirectory(
    atPath: ImportFixture.folder.appending(path: "operators").path
  ).map { String($0.dropLast(".onnx".count)) }.sorted()

  @Test func `no file of an operator is missing`() { #expect(Self.names.count == 157) }

  @Test(arguments: names) func `libtorch computes the operators as ONNX Runtime does`(_ name: String) throws {
    let fixture = try ImportFixture("operators/\(name)")
    let graph = try fixture.network().graph(for: ImportFixture.size)
    try fixture.check(GraphExecutor(graph)([ImportFixture.image])[0])
  }

  @Test(arguments: names) func `the kernels compute the operators as ONNX Runtime does`(_ name: String) throws {
    let fixture = try ImportFixture("operators/\(name)")
    try fixture.check(fixture.scores(fixture.network()))
  }

  @Test func `convolutions between QuantizeLinear and DequantizeLinear compute on bytes where that is exact`() throws {
    func count(_ name: String) throws -> Int {
      let graph = try ImportFixture("operators/\(name)").network().graph(for: ImportFixture.size)
      let result = GraphPass.takeOverQuantization(GraphOptimizer()(graph).graph)
      return result.nodes.count { node in
        if case .convolution(let convolution) = node.operator {
          result[convolution.input].quantization != nil
        } else {
          false
        }
      }
    }
    #expect(try count("quantized_exactly") == 2)
    #expect(try count("quantized_int8") == 0)
  }
}

/// A file of Fixtures with the numbers that ONNX Runtime computes.
struct ImportFixture {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
  static let size = ImageSize(height: 8, width: 12)
  /// The image of make_fixtures.py.
  static var image: Tensor {
    Tensor((0..<3 * size.area).map { Float(1.5 * sin(0.37 * Double($0) + 0.2)) }, shape: [1, 3, 8, 12])
  }

  let url: URL
  /// The output of ONNX Runtime, float32 of its own shape.
  let expected: Tensor

  init(_ name: String) throws {
    url = Self.folder.appending(path: "\(name).onnx")
    let model = try ONNXModel(serializedBytes: Data(contentsOf: url))
    let entries = Dictionary(uniqueKeysWithValues: model.metadataProps.map { ($0.key, $0.value) })
    let shape = try JSONDecoder().decode([Int].self, from: Data((entries["expected_shape"] ?? "").utf8))
    let bytes = try #require(Data(base64Encoded: entries["expected"] ?? ""))
    expected = bytes.withUnsafeBytes { Tensor(bytes: $0, shape: shape, dtype: .float32) }
  }

  func network(output: String? = nil) throws -> ONNXNetwork { try ONNXNetwork(contentsOf: url, output: output) }

  /// The scores of an image by the kernels.
  func scores(_ network: ONNXNetwork, _ image: Tensor = image, size: ImageSize = size) throws -> Tensor {
    let program = try network.program(sizes: [size])
    let engine = try InferenceEngine(
      ProgramFile(program, from: url), size: size, options: InferenceOptions(threads: 1, output: .logits))
    return try engine(image)
  }

  /// Compares scores with the expected ones, which are resized to the image's size as ours are.
  func check(_ scores: Tensor, tolerance: Double = 2e-5) throws {
    try catchingTorchErrors {
      var (expected, found) = (expected, scores)
      if expected.size(1) == 1 {
        found = found.slice(1..<2, dimension: 1)
      }
      if expected.size(2) != Self.size.height || expected.size(3) != Self.size.width {
        expected = expected.upsampleBilinear2d(size: Self.size, alignCorners: false)
      }
      #expect(found.shape == expected.shape)
      let range = max(1, expected.abs().max().item)
      #expect((found - expected).abs().max().item <= tolerance * range)
    }
  }
}
