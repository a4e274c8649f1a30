import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Operations that are computed together give the same numbers in fewer operations.
@Suite(.serialized) struct LoweringTests {
  /// The operators that the engine runs, but convolutions, with what computes them.
  private func operations(_ body: @escaping (Tensor, Tensor) -> Tensor) throws -> [String] {
    let network = TwoMapNetwork(body)
    for (name, tensor) in network.namedState { Formula.fill(tensor, key: name, as: .bias) }
    let image = Formula.input([1, 3, 20, 36])
    let expected = withoutGradients { network.eval()(image).logits }
    var options = InferenceOptions(threads: 2, output: .logits)
    var found: [String] = []
    for cacheBytes in [options.cacheBytes, 1 << 10] {
      options.cacheBytes = cacheBytes
      let engine = try InferenceEngine(network, size: ImageSize(height: 20, width: 36), options: options)
      for _ in 0..<2 {
        #expect(try (engine(image) - expected).abs().max().item <= 1e-5 * expected.abs().max().item)
      }
      found = try engine.profile(runs: 1).filter { $0.name != "conv" }.map { "\($0.name): \($0.kernel)" }
    }
    return found
  }

  @Test func mapsAreResizedOnTheWay() throws {
    let size = ImageSize(height: 20, width: 36)
    #expect(
      try operations { ($0 + $1.upsampleBilinear2d(size: size, alignCorners: true)).relu() * $0 }
        == ["resize: with resizing", "binary: kernel"])
    #expect(try operations { $1.upsampleNearest2d(size: size) * $0 } == ["resize: with resizing"])
    #expect(
      try operations { $1.upsampleNearest2d(size: size) + $0.avgPool2d(kernel: 4).upsampleNearest2d(size: size) }
        == ["average_pool: kernel", "resize: kernel", "resize: with resizing"])
    #expect(
      try operations { $0 - $1.upsampleNearest2d(size: size) } == ["resize: kernel", "binary: kernel"])
    #expect(
      try operations { $1.upsampleNearest2d(size: size) * $0.adaptiveAvgPool2d(1) }
        == ["resize: kernel", "adaptive_average_pool: kernel", "binary: kernel"])
  }

  @Test func `shuffles of channels scale their inputs`() throws {
    func shuffled(_ first: Tensor, _ second: Tensor) -> Tensor {
      cat([first, second], dimension: 1).reshape([1, 2, 8, 20, 36]).transpose(1, 2).reshape([1, 16, 20, 36])
    }
    #expect(
      try operations { large, _ in shuffled(large.relu(), large * large.adaptiveAvgPool2d(1)) }
        == ["unary: kernel", "adaptive_average_pool: kernel", "shuffle: kernel"])
    #expect(
      try operations { large, _ in shuffled(large * large.adaptiveAvgPool2d(1), large.relu()) }
        == ["adaptive_average_pool: kernel", "binary: kernel", "unary: kernel", "shuffle: kernel"])
  }
}
