import Foundation
import SegmentationModels
import SegmentationTraining
import TestSupport
import Testing
import Torch

@Suite struct ObjectiveTests {
  let fixture: TrainingFixture
  let tensors: StateDictionary

  init() throws {
    fixture = try .read()
    tensors = try TrainingFixture.tensors()
  }

  /// Loss and gradient of `loss` in a case of the fixture.
  func expect(
    _ name: String, of input: String, _ loss: (Tensor) -> Tensor, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try #require(fixture.losses[name], sourceLocation: sourceLocation)
    let logits = try #require(tensors[input]).clone()
    logits.requiresGrad = true
    let value = loss(logits)
    #expect(abs(value.item - expected.loss!) <= 1e-5 * abs(expected.loss!), sourceLocation: sourceLocation)
    value.backward()
    let gradient = try #require(logits.grad, sourceLocation: sourceLocation)
    let difference = (gradient - tensors["\(name)/grad"]!).norm().item
    #expect(difference <= 2e-5 * expected.gradL2!, sourceLocation: sourceLocation)
  }

  @Test func crossEntropyOfLabelledPixels() throws {
    let labels = tensors["loss/labels"]!
    let weights = tensors["loss/class_weights"]!.elements(Float.self).map(Double.init)
    try expect("ce_mean", of: "loss/logits") { CrossEntropyLoss()($0, labels) }
    try expect("ce_weighted_mean", of: "loss/logits") { CrossEntropyLoss(classWeights: weights)($0, labels) }
    try expect("ce_sum", of: "loss/logits") { crossEntropy($0, labels, reduction: .sum) }
  }

  @Test(arguments: ["ohem_threshold_all_hard", "ohem_threshold_some_hard", "ohem_topk"])
  func `the loss of hard pixels matches the reference`(name: String) throws {
    try expect(name, of: "\(name)/logits") { OHEMLoss()($0, tensors["\(name)/labels"]!) }
  }

  @Test func withoutLabelledPixelsTheLossIsZeroAndSoIsItsGradient() {
    let labels = Tensor.full([2, 8, 12], 255, dtype: .int64)
    let losses: [any PixelLoss] = [
      CrossEntropyLoss(), CrossEntropyLoss(classWeights: [Double](repeating: 2, count: 19)),
      CrossEntropyLoss(labelSmoothing: 0.1), OHEMLoss(),
    ]
    for loss in losses {
      let logits = tensors["loss/logits"]!.clone()
      logits.requiresGrad = true
      let value = loss(logits, labels)
      #expect(value.item == 0)
      value.backward()
      #expect(logits.grad!.abs().max().item == 0)
    }
  }

  @Test func fewLabelledPixelsOfWhichNoneIsHard() {
    // 15 labelled pixels, all predicted surely: PyTorch's reference takes the mean of nothing there, NaN.
    var labels = [Int](repeating: 255, count: 96)
    for index in 0..<15 { labels[index] = 0 }
    let logits = Tensor.zeros([1, 19, 8, 12])
    logits.select(0, dimension: 1).fillInPlace(50)
    #expect(OHEMLoss()(logits, Tensor(labels, shape: [1, 8, 12])).item == 0)
  }

  @Test func `label smoothing matches libtorch`() {
    let labels = tensors["loss/labels"]!
    let logits = tensors["loss/logits"]!
    let expected = crossEntropy(logits, labels, labelSmoothing: 0.1).item
    #expect(abs(CrossEntropyLoss(labelSmoothing: 0.1)(logits, labels).item - expected) < 1e-5)
  }

  @Test func `the losses of details match the reference`() throws {
    let target = tensors["detail/target"]!
    try expect("dice", of: "detail/logits") { diceLoss($0, target) }
    try expect("dice_smooth0p5", of: "detail/logits") { diceLoss($0, target, smooth: 0.5) }
    try expect("bce_with_logits", of: "detail/logits") { binaryCrossEntropyWithLogits($0, target) }
  }

  @Test(arguments: ["even", "odd", "mult4"])
  func `the edges of labels match the reference`(size: String) throws {
    let labels = tensors["laplacian/\(size)/labels"]!
    let expected = tensors["laplacian/\(size)/detail_target"]!
    let target = detailTarget(labels, scaleWeights: tensors["laplacian/conv_weight"]!, threshold: 0.1)
    #expect(target.to(dtype: .uint8).equals(expected))
  }

  @Test func `the losses of distillation match the reference`() throws {
    let teacher = tensors["loss/teacher"]!
    try expect("kd_kl_div", of: "loss/logits") { DistillationLoss.klDivergence(student: $0, teacher: teacher) }
    try expect("kd_mse", of: "loss/logits") { DistillationLoss.meanSquaredError(student: $0, teacher: teacher) }
  }

  @Test func headsAddTheirTerms() {
    let labels = Formula.labels([1, 8, 16])
    let main = Formula.input([1, 19, 8, 16], key: "main")
    let heads = [Formula.input([1, 19, 4, 8], key: "first"), Formula.input([1, 19, 2, 4], key: "second")]
    let objective = AuxiliaryObjective(
      MainObjective(CrossEntropyLoss(), name: "ce"), pixelLoss: CrossEntropyLoss(), coefficients: [0.5, 0.25])
    let loss = objective.loss(output: SegmentationOutput(logits: main, auxiliary: heads), labels: labels)
    // The labels at rows and columns 0, 2, 4, ... and 0, 4, 8, ...
    let half = labels.slice(0..<8, dimension: 1, step: 2).slice(0..<16, dimension: 2, step: 2)
    let quarter = labels.slice(0..<8, dimension: 1, step: 4).slice(0..<16, dimension: 2, step: 4)
    let expected =
      crossEntropy(main, labels).item + 0.5 * crossEntropy(heads[0], half).item
      + 0.25 * crossEntropy(heads[1], quarter).item
    #expect(abs(loss.total.item - expected) < 1e-5)
    #expect(loss.terms.map(\.name) == ["ce", "aux1", "aux2"])
  }
}
