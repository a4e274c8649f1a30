import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Operations that are computed together give the same numbers in fewer operations.
@Suite(.serialized) struct LoweringTests {
  /// A map of 8 channels and a half as large one go through `body`.
  private final class Network: SegmentationModel {
    let large = Conv2d(3, 8, kernel: 3, padding: 1)
    let small = Conv2d(3, 8, kernel: 3, stride: 2, padding: 1)
    let body: (Tensor, Tensor) -> Tensor

    init(_ body: @escaping (Tensor, Tensor) -> Tensor) { self.body = body }

    override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
      SegmentationOutput(logits: body(large(x), small(x)))
    }
  }

  /// The operators that the engine runs, but convolutions, with what computes them.
  private func operations(_ body: @escaping (Tensor, Tensor) -> Tensor) throws -> [String] {
    let network = Network(body)
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
        == ["binary: with resizing", "binary: kernel"])
    #expect(try operations { $1.upsampleNearest2d(size: size) * $0 } == ["binary: with resizing"])
    #expect(
      try operations { $1.upsampleNearest2d(size: size) + $0.avgPool2d(kernel: 4).upsampleNearest2d(size: size) }
        == ["avg_pool2d: kernel", "resize: kernel", "binary: with resizing"])
    #expect(
      try operations { $0 - $1.upsampleNearest2d(size: size) } == ["resize: kernel", "binary: kernel"])
    #expect(
      try operations { $1.upsampleNearest2d(size: size) * $0.adaptiveAvgPool2d(1) }
        == ["resize: kernel", "globalMean: kernel", "binary: kernel"])
  }

  @Test func `shuffles of channels scale their inputs`() throws {
    func shuffled(_ first: Tensor, _ second: Tensor) -> Tensor {
      cat([first, second], dimension: 1).reshape([1, 2, 8, 20, 36]).transpose(1, 2).reshape([1, 16, 20, 36])
    }
    #expect(
      try operations { large, _ in shuffled(large.relu(), large * large.adaptiveAvgPool2d(1)) }
        == ["unary: kernel", "globalMean: kernel", "permuteChannels: kernel"])
    #expect(
      try operations { large, _ in shuffled(large * large.adaptiveAvgPool2d(1), large.relu()) }
        == ["globalMean: kernel", "binary: kernel", "unary: kernel", "permuteChannels: kernel"])
  }
}
