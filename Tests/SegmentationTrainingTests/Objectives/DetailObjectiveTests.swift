import SegmentationModels
import SegmentationTraining
import TestSupport
import Testing
import Torch

@Suite struct DetailObjectiveTests {
  let labels = Formula.labels([2, 32, 64])

  func loss(_ detail: Tensor, labels: Tensor, _ change: (inout DetailOptions) -> Void = { _ in }) -> Tensor {
    var options = DetailOptions()
    change(&options)
    let objective = DetailObjective(
      MainObjective(CrossEntropyLoss(), name: "ce"), options: options,
      scaleWeights: Tensor([0.6, 0.3, 0.1] as [Float], shape: [1, 3, 1, 1]))
    let output = SegmentationOutput(logits: Tensor.zeros([2, 19, 32, 64]), detail: detail)
    return objective.loss(output: output, labels: labels).terms.first { $0.name == "detail" }!.value
  }

  @Test func probabilitiesKeepTheLossAboveZeroAndRawScoresDoNot() {
    let scores = Tensor.full([2, 1, 32, 64], 20)
    let checkered = Tensor((0..<2 * 32 * 64).map { ($0 + $0 / 64) % 2 }, shape: [2, 32, 64])
    let probabilities = loss(scores, labels: checkered) { $0.crossEntropyCoefficient = 0 }.item
    #expect(probabilities >= 0 && probabilities <= 1)
    let raw = loss(scores, labels: checkered) {
      $0.crossEntropyCoefficient = 0
      $0.form = .scores
    }.item
    // Written out: 1 - (2 Σ x t + 1) / (Σ x + Σ t + 1) of scores of 20.
    let edges = detailTarget(
      checkered, scaleWeights: Tensor([0.6, 0.3, 0.1] as [Float], shape: [1, 3, 1, 1]), threshold: 0.1
    ).sum([1, 2, 3]).elements(Float.self).map(Double.init)
    let expected = edges.map { 1 - (40 * $0 + 1) / (20.0 * 32 * 64 + $0 + 1) }.reduce(0, +) / 2
    #expect(abs(raw - expected) < 1e-5)
  }

  @Test func coefficientsAndJoiningWeightsAreOptions() {
    let scores = Formula.input([2, 1, 32, 64])
    let both = loss(scores, labels: labels).item
    let dice = loss(scores, labels: labels) { $0.crossEntropyCoefficient = 0 }.item
    let crossEntropy = loss(scores, labels: labels) { $0.diceCoefficient = 0 }.item
    #expect(abs(both - dice - crossEntropy) < 1e-5)
    #expect(abs(loss(scores, labels: labels) { $0.coefficient = 3 }.item - 3 * both) < 1e-5)
    #expect(abs(loss(scores, labels: labels) { $0.scaleWeights = [0.6, 0.3, 0.1] }.item - both) < 1e-6)
    #expect(abs(loss(scores, labels: labels) { $0.scaleWeights = [-1, -1, -1] }.item - both) > 1e-3)
  }

  @Test func edgesThatTouchIgnoredPixelsDoNotCount() {
    // The right half is ignored: scores there change nothing, and neither do those on its border.
    let halves = Tensor((0..<2 * 32 * 64).map { $0 % 64 < 32 ? ($0 / 640) % 2 : 255 }, shape: [2, 32, 64])
    let scores = Formula.input([2, 1, 32, 64])
    let right = Tensor((0..<64).map { $0 < 31 ? 0 : 5 } as [Float], shape: [1, 1, 1, 64])
    #expect(abs(loss(scores, labels: halves).item - loss(scores + right, labels: halves).item) < 1e-6)
    let all = Tensor.full([2, 32, 64], 255, dtype: .int64)
    #expect(loss(scores, labels: all).item == 0)
  }

  @Test func theHeadTrainsAndWhatFindsTheEdgesDoesNot() throws {
    let model = try #require(try Architecture(name: "stdc").makeModel(classes: 3, heads: .detail) as? STDC)
    model.train()
    let labels = Tensor((0..<2 * 64 * 64).map { ($0 / 16) % 3 }, shape: [2, 64, 64])
    let objective = ObjectiveOptions().makeObjective(for: model, device: .cpu)
    objective.loss(output: model(Formula.input([2, 3, 64, 64])), labels: labels).total.backward()
    let untrained = model.namedParameters.filter { $0.tensor.grad == nil }.map(\.name)
    #expect(untrained == ["detail_conv.weight"])
    // The Laplacian is no entry of the network's state.
    let extra = Set(model.namedState.map(\.name)).subtracting(
      try Architecture(name: "stdc").makeModel(classes: 3).namedState.map(\.name))
    #expect(extra.allSatisfy { $0.hasPrefix("detail_head.") || $0 == "detail_conv.weight" })
  }
}
