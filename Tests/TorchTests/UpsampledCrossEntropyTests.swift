import Basics
import Foundation
import Testing
import Torch

/// The fused cross entropy against PyTorch's numbers, and against libtorch's two operators in float64.
@Suite struct UpsampledCrossEntropyTests {
  let fixture: StateDictionary

  init() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    fixture = try StateDictionary(safetensors: folder.appending(path: "Fixtures/training/cross_entropy.safetensors"))
  }

  /// Losses and the gradient of the scores, from a gradient of the losses.
  func result(
    _ scores: Tensor, _ labels: Tensor, weight: Tensor? = nil, smoothing: Double = 0, upstream: Tensor
  ) -> (losses: Tensor, gradient: Tensor) {
    let scores = scores.detached()
    scores.requiresGrad = true
    let losses = upsampledCrossEntropy(scores, labels, weight: weight, labelSmoothing: smoothing)
    losses.backward(gradient: upstream.to(dtype: losses.dtype))
    return (losses.detached(), scores.grad!)
  }

  func largest(_ tensor: Tensor) -> Double { tensor.to(dtype: .float64).abs().max().item }

  @Test(
    arguments: [
      ("plain", 0.0), ("weighted", 0), ("smoothed", 0.1), ("weighted_smoothed", 0.2), ("same_size", 0.1),
      ("one_score", 0), ("smaller", 0),
    ])
  func equalsPyTorch(name: String, smoothing: Double) throws {
    func tensor(_ part: String) throws -> Tensor { try #require(fixture["\(name)/\(part)"]) }
    let (losses, gradient) = try result(
      tensor("scores"), tensor("labels"), weight: fixture["\(name)/weights"], smoothing: smoothing,
      upstream: tensor("upstream"))
    // Positions are float32, as libtorch's are: scores that are made smaller differ much from pixel to pixel.
    #expect(try largest(losses - tensor("losses")) < (name == "smaller" ? 1e-4 : 1e-5))
    #expect(try largest(gradient - tensor("gradient")) < 2e-6 * largest(tensor("gradient")))
  }

  struct Shape: CustomTestStringConvertible {
    let classes: Int
    let scores: [Int]
    let labels: [Int]
    var smoothing = 0.0
    var isWeighted = false
    var testDescription: String { "\(classes) classes, \(scores) to \(labels)" }
  }

  /// Scores and labels, a fifth of which are ignored.
  func example(_ shape: Shape) -> (scores: Tensor, labels: Tensor, weight: Tensor?, upstream: Tensor) {
    var random = SplitMix64(state: UInt64(shape.classes))
    let size = [3] + shape.labels
    let scores = random.tensor([3, shape.classes] + shape.scores) * 4.0
    let weight = shape.isWeighted ? random.tensor([shape.classes]).abs() + 0.1 : nil
    return (scores, random.labels(size, classes: shape.classes), weight, random.tensor(size))
  }

  @Test(
    arguments: [
      Shape(classes: 2, scores: [8, 8], labels: [64, 64]),
      Shape(classes: 11, scores: [9, 15], labels: [36, 60], isWeighted: true),
      Shape(classes: 19, scores: [7, 13], labels: [49, 101]),
      Shape(classes: 19, scores: [31, 33], labels: [62, 65], smoothing: 0.1, isWeighted: true),
      Shape(classes: 19, scores: [12, 21], labels: [12, 84]),
      Shape(classes: 19, scores: [12, 21], labels: [33, 21], smoothing: 0.3),
      Shape(classes: 19, scores: [23, 37], labels: [23, 37], isWeighted: true),
      Shape(classes: 150, scores: [5, 6], labels: [17, 31], isWeighted: true),
      Shape(classes: 3, scores: [1, 9], labels: [1, 40]),
      Shape(classes: 3, scores: [9, 1], labels: [40, 1]),
      Shape(classes: 3, scores: [30, 41], labels: [11, 17]),
      Shape(classes: 1, scores: [4, 4], labels: [9, 9]),
    ])
  func equalsTheTwoOperators(shape: Shape) {
    let (scores, labels, weight, upstream) = example(shape)
    let expected = result(
      scores.to(dtype: .float64), labels, weight: weight?.to(dtype: .float64), smoothing: shape.smoothing,
      upstream: upstream)
    // Channels first, channels last, every second column of a wider tensor.
    let wide = cat([scores, scores], dimension: 3)
    let width = shape.scores[1]
    let spread = stack([scores, scores], dimension: 4).reshape([3, shape.classes, shape.scores[0], 2 * width])
      .slice(0..<2 * width, dimension: 3, step: 2)
    for input in [
      scores, scores.contiguous(.channelsLast), wide.slice(0..<width, dimension: 3), spread,
    ] {
      let (losses, gradient) = result(
        input, labels, weight: weight, smoothing: shape.smoothing, upstream: upstream)
      // Positions are float32 as libtorch's are, which costs some 1e-7 of the width times the scores' differences.
      #expect(largest(losses - expected.losses) < 1e-4)
      #expect(largest(gradient - expected.gradient) < 1e-5 * max(1, largest(expected.gradient)))
    }
  }

  @Test func ignoredPixelsHaveNeitherLossNorGradient() {
    var random = SplitMix64(state: 1)
    let scores = random.tensor([2, 5, 3, 4])
    let labels = Tensor.full([2, 17, 9], 255, dtype: .int64)
    let (losses, gradient) = result(scores, labels, upstream: .ones([2, 17, 9]))
    #expect(losses.shape == [2, 17, 9])
    #expect(largest(losses) == 0)
    #expect(largest(gradient) == 0)
  }

  @Test func anEmptyBatchHasNoLosses() {
    let losses = upsampledCrossEntropy(.zeros([0, 3, 4, 4]), .zeros([0, 8, 8], dtype: .int64))
    #expect(losses.shape == [0, 8, 8])
  }

  @Test func gradientsKeepTheScoresLayout() {
    var random = SplitMix64(state: 2)
    let scores = random.tensor([2, 7, 5, 6]).contiguous(.channelsLast)
    let (_, gradient) = result(scores, .zeros([2, 10, 12], dtype: .int64), upstream: .ones([2, 10, 12]))
    #expect(gradient.strides == scores.strides)
  }

  @Test func lowerPrecisionIsConverted() {
    let (scores, labels, _, upstream) = example(Shape(classes: 6, scores: [5, 7], labels: [20, 28]))
    let half = scores.to(dtype: .bfloat16)
    let (losses, gradient) = result(half, labels, upstream: upstream)
    let expected = result(half.to(dtype: .float32), labels, upstream: upstream)
    #expect(losses.dtype == .float32)
    #expect(gradient.dtype == .bfloat16)
    #expect(largest(losses - expected.losses) == 0)
    #expect(largest(gradient.to(dtype: .float32) - expected.gradient.to(dtype: .bfloat16).to(dtype: .float32)) == 0)
  }

  @Test func anyNumberOfThreadsGivesTheSameNumbers() {
    let (scores, labels, _, upstream) = example(Shape(classes: 19, scores: [24, 31], labels: [190, 246]))
    let before = Libtorch.threads
    defer { Libtorch.threads = before }
    Libtorch.threads = 1
    let one = result(scores, labels, upstream: upstream)
    Libtorch.threads = 4
    let four = result(scores, labels, upstream: upstream)
    #expect(one.losses.elements(Float.self) == four.losses.elements(Float.self))
    #expect(one.gradient.elements(Float.self) == four.gradient.elements(Float.self))
  }

  @Test(arguments: [Float.nan, .infinity])
  func scoresThatAreNotFiniteAreNotHidden(value: Float) {
    for scores in [Tensor([1, value, 2, 3], shape: [1, 2, 1, 2]), Tensor([1, 2, value, 3], shape: [1, 2, 1, 2])] {
      let losses = upsampledCrossEntropy(scores, .zeros([1, 3, 5], dtype: .int64))
      #expect(losses.elements(Float.self).contains { !$0.isFinite })
    }
  }

  /// Also those of pixels that do not count, and of a group's columns beyond the image.
  @Test(arguments: [ImageSize(height: 5, width: 7), ImageSize(height: 13, width: 21)])
  func largeScoresOfIgnoredPixelsGiveNoGradient(size: ImageSize) {
    var random = SplitMix64(state: 3)
    let scores = random.tensor([2, 5, 5, 7]) * 1e4
    let labels = random.labels([2, size.height, size.width], classes: 5)
    for sign in [1.0, -1] {
      let leaf = scores * sign
      leaf.requiresGrad = true
      upsampledCrossEntropy(leaf, labels).sum().backward()
      let expected = scores * sign
      expected.requiresGrad = true
      crossEntropy(
        expected.spatialSize == size ? expected : expected.upsampleBilinear2d(size: size, alignCorners: true), labels,
        reduction: .sum
      ).backward()
      #expect((leaf.grad! - expected.grad!).abs().max().item < 1e-3)
    }
  }

  @Test func largeScoresDoNotOverflow() {
    let scores = Tensor([1000, -1000, -1000, 1000] as [Float], shape: [1, 2, 1, 2])
    let (losses, gradient) = result(
      scores, Tensor([0, 0] as [Int], shape: [1, 1, 2]), upstream: .ones([1, 1, 2]))
    #expect(losses.elements(Float.self) == [0, 2000])
    #expect(gradient.elements(Float.self).map { abs($0) < 1e-30 ? 0 : $0 } == [0, -1, 0, 1])
  }

  @Test(arguments: [7, -1, Int(Int32.max) + 2])
  func labelsBeyondTheClassesAreRefused(label: Int) {
    let labels = Tensor.full([1, 40, 40], 0, dtype: .int64)
    labels.slice(33..<34, dimension: 1).maskedFillInPlace(.ones([1, 1, 40], dtype: .bool), Double(label))
    #expect(throws: TorchError.self) {
      try catchingTorchErrors { _ = upsampledCrossEntropy(.zeros([1, 7, 10, 10]), labels) }
    }
  }

  @Test func shapesThatDoNotFitAreRefused() {
    let labels = Tensor.zeros([2, 8, 8], dtype: .int64)
    let cases: [(Tensor, Tensor, Tensor?)] = [
      (.zeros([3, 4, 2, 2]), labels, nil), (.zeros([2, 4, 2]), labels, nil),
      (.zeros([2, 4, 2, 2]), .zeros([2, 8, 8]), nil), (.zeros([2, 4, 2, 2]), labels, .ones([5])),
      (.zeros([2, 4, 0, 2]), labels, nil),
    ]
    for (scores, labels, weight) in cases {
      #expect(throws: TorchError.self) {
        try catchingTorchErrors { _ = upsampledCrossEntropy(scores, labels, weight: weight) }
      }
    }
  }
}
