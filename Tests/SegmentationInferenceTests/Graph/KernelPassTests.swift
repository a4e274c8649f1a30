import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// The passes that prepare a graph for kernels: which nodes they leave, in which order, and that numbers stay.
@Suite struct KernelPassTests {
  private let size = ImageSize(height: 20, width: 36)
  private let image = Formula.input([1, 3, 20, 36])

  private func optimized(_ body: @escaping (Tensor, Tensor) -> Tensor) throws -> Graph {
    let network = TwoMapNetwork(body)
    for (name, tensor) in network.namedState { Formula.fill(tensor, key: name, as: .bias) }
    return try GraphOptimizer()(Graph.capture(network, inputShape: image.shape)).graph
  }

  private func names(_ graph: Graph) -> [String] { graph.nodes.map(\.operator.name).filter { $0 != "conv" } }

  private func prepared(_ body: @escaping (Tensor, Tensor) -> Tensor) throws -> [String] {
    let graph = try optimized(body)
    let prepared = graph.preparedForKernels()
    #expect(try GraphExecutor(prepared)([image])[0].equals(GraphExecutor(graph)([image])[0]))
    return names(prepared)
  }

  // MARK: - Fusion

  @Test func `maps are resized on the way into sums and products`() throws {
    let size = size
    #expect(
      try prepared { ($0 + $1.upsampleBilinear2d(size: size, alignCorners: true)).relu() * $0 } == ["resize", "binary"])
    #expect(try prepared { $1.upsampleNearest2d(size: size) * $0 } == ["resize"])
    #expect(
      try prepared { $1.upsampleNearest2d(size: size) + $0.avgPool2d(kernel: 4).upsampleNearest2d(size: size) }
        == ["average_pool", "resize", "resize"])
    #expect(try prepared { $0 - $1.upsampleNearest2d(size: size) } == ["resize", "binary"])
    #expect(
      try prepared { $1.upsampleNearest2d(size: size) * $0.adaptiveAvgPool2d(1) }
        == ["resize", "adaptive_average_pool", "binary"])
    let shared = try prepared {
      let resized = $1.upsampleNearest2d(size: size)
      return (resized * $0) * resized
    }
    #expect(shared == ["resize", "binary", "binary"])
  }

  @Test func `shuffles of joined maps read and scale the maps themselves`() throws {
    func shuffled(_ first: Tensor, _ second: Tensor) -> Tensor {
      cat([first, second], dimension: 1).reshape([1, 2, 8, 20, 36]).transpose(1, 2).reshape([1, 16, 20, 36])
    }
    #expect(
      try prepared { large, _ in shuffled(large.relu(), large * large.adaptiveAvgPool2d(1)) }
        == ["unary", "adaptive_average_pool", "shuffle"])
    #expect(
      try prepared { large, _ in shuffled(large * large.adaptiveAvgPool2d(1), large.relu()) }
        == ["adaptive_average_pool", "binary", "unary", "shuffle"])
  }

  // MARK: - Quantization

  /// The graph with all convolutions on bytes that have a kernel for it.
  private func quantized(_ body: @escaping (Tensor, Tensor) -> Tensor) throws -> (plain: Graph, bytes: Graph) {
    let graph = try optimized(body)
    let convolutions = graph.nodes.filter {
      $0.operator.name == "conv" && KernelSupport.supports($0, in: graph, quantized: true)
    }.map(\.output)
    let maps = graph.inputs + graph.nodes.flatMap(\.outputs).filter { graph[$0].shape.count == 4 }
    let ranges = Dictionary(uniqueKeysWithValues: maps.map { ($0, Float(-4)...4) })
    let assignment = QuantizationAssignment(graph, convolutions: Set(convolutions), ranges: ranges)
    return (graph, graph.preparedForKernels(assignment))
  }

  @Test func `bytes and numbers are turned into each other where nodes need them`() throws {
    let next = Conv2d(8, 8, kernel: 1)
    Formula.fill(next.weight, key: "next", as: .bias)
    let (plain, bytes) = try quantized { large, _ in
      let joined = large.maxPool2d(kernel: 2) + large.adaptiveAvgPool2d(1)
      return next(large.relu()).softmax(dimension: 1).maxPool2d(kernel: 2) * joined
    }
    // The image is turned into bytes once for both convolutions; the softmax reads numbers.
    #expect(bytes.nodes.filter { $0.operator.name == "quantize" }.count == 1)
    #expect(bytes.nodes[0].operator.name == "quantize")
    #expect(bytes.nodes.filter { bytes[$0.output].quantization != nil }.map(\.operator.name).contains("conv"))
    for node in bytes.nodes {
      let readsBytes = bytes.numbers(of: node).contains { bytes[$0].quantization != nil }
      if readsBytes {
        #expect(node.operator.name == "dequantize" || KernelSupport.supports(node, in: bytes, quantized: true))
      }
    }
    let (expected, found) = try (GraphExecutor(plain)([image])[0], GraphExecutor(bytes)([image])[0])
    #expect((found - expected).abs().max().item <= 0.05 * expected.abs().max().item)
    #expect(bytes[bytes.outputs[0]].quantization == nil)
  }

  @Test func `moved values share their quantization, and joins of bytes stay bytes`() throws {
    let next = Conv2d(16, 8, kernel: 1)
    let size = size
    let (_, bytes) = try quantized { large, small in
      next(cat([large.relu(), small.upsampleNearest2d(size: size)]))
    }
    #expect(names(bytes) == ["quantize", "resize", "concatenate"])
    let marks = bytes.nodes.dropFirst().dropLast().compactMap { bytes[$0.output].quantization }
    #expect(marks.count == 4 && Set(marks).count == 1)
    // A resizing of bytes is not computed with a sum.
    let (_, sum) = try quantized { large, small in
      let next = Conv2d(8, 8, kernel: 1)
      return next(large * small.upsampleNearest2d(size: size))
    }
    #expect(names(sum) == ["quantize", "resize", "binary"])
  }

  @Test func `kernels for bytes are listed`() throws {
    let (graph, _) = try quantized { large, _ in
      (large / large.sigmoid()).softmax(dimension: 1).avgPool2d(kernel: 3, padding: 1)
    }
    let answers = graph.nodes.map { KernelSupport.supports($0, in: graph, quantized: true) }
    #expect(
      Dictionary(zip(graph.nodes.map(\.operator.name), answers)) { $0 && $1 }
        == ["conv": true, "unary": true, "binary": false, "softmax": false, "average_pool": false])
    #expect(graph.nodes.allSatisfy { KernelSupport.supports($0, in: graph, quantized: false) })
  }
}
