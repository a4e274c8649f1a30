import Foundation
import SegmentationModels
import SegmentationTraining
import TestSupport
import Testing
import Torch

@Suite struct LossTests {
  let tensors: StateDictionary

  init() throws { tensors = try LossFixture.tensors() }

  /// The value of a loss and its gradient.
  func result(_ loss: any PixelLoss, _ scores: Tensor, _ labels: Tensor) throws -> (value: Double, gradient: Tensor) {
    let scores = scores.clone()
    scores.requiresGrad = true
    let value = loss(scores, labels)
    value.backward()
    return (value.item, try #require(scores.grad))
  }

  @Test(arguments: try LossFixture.cases()) func agreesWithOtherLibraries(_ expected: LossFixture.Case) throws {
    try compare(expected, on: .cpu)
  }

  @Test(.enabled(if: hasGPU, "this machine has no NVIDIA GPU"), arguments: try LossFixture.cases())
  func agreesWithOtherLibrariesOnAGPU(_ expected: LossFixture.Case) throws { try compare(expected, on: .cuda(0)) }

  private func compare(_ expected: LossFixture.Case, on device: Device) throws {
    let term = try #require(LossFixture.terms("[\(expected.term)]").first)
    let loss = term.options.makeLoss(classWeights: expected.weights, device: device)
    let labels = tensors["labels/\(expected.labels)"]!.to(dtype: .int64, device: device)
    let scores = tensors[expected.hasOneScore ? "score" : "scores"]!.to(device: device)
    let (value, gradient) = try result(loss, scores, labels)
    let reference = tensors["\(expected.index)"]!
    let valueDifference = abs(value - expected.value) / max(abs(expected.value), 1e-3)
    let gradientDifference =
      (gradient.to(device: .cpu) - reference).abs().max().item / max(reference.abs().max().item, 1e-6)
    #expect(valueDifference <= 2e-6)
    #expect(gradientDifference <= 1e-5)
    if ProcessInfo.processInfo.environment["RTSEG_DIFFERENCES"] != nil {
      print("difference|\(term.name)|\(expected.peer)|\(valueDifference)|\(gradientDifference)")
    }
  }

  static let several = [
    "ce", "{loss: ce, label_smoothing: 0.1}", "ohem", "dice", "{loss: dice, smooth: 0, classes: all}",
    "{loss: dice, classes: all, per_image: true}", "focal", "{loss: focal, gamma: 0.5, form: sigmoid}", "lovasz",
    "{loss: lovasz, classes: all, per_image: true}", "tversky", "{loss: tversky, gamma: 0.5, smooth: 0}", "boundary",
  ]
  static let one = [
    "bce", "{loss: bce, positive_weight: 2, label_smoothing: 0.1}", "dice", "{loss: dice, smooth: 0, classes: all}",
    "{loss: focal, alpha: 0.25}", "lovasz", "{loss: lovasz, per_image: true}", "tversky", "boundary",
  ]

  @Test(arguments: [(several, "scores"), (one, "score")])
  func withoutLabelledPixelsLossesAreZeroAndSoAreGradients(terms: [String], scores: String) throws {
    let labels = Tensor.full([2, 7, 9], 255, dtype: .int64)
    for term in terms {
      let choices: [[Double]?] = scores == "scores" ? [nil, [1, 2, 3, 4]] : [nil]
      for weights in choices {
        let loss = try LossFixture.terms("[\(term)]")[0].options.makeLoss(classWeights: weights, device: .cpu)
        let (value, gradient) = try result(loss, tensors[scores]!, labels)
        #expect(value == 0, "\(term)")
        #expect(gradient.abs().max().item == 0, "\(term)")
      }
    }
  }

  @Test(arguments: [(several, "scores", "uneven"), (one, "score", "binary")])
  func ignoredPixelsChangeNothing(terms: [String], scores: String, labels: String) throws {
    let labels = tensors["labels/\(labels)"]!.to(dtype: .int64)
    let ignored = (labels .== 255).unsqueeze(1).to(dtype: .float32)
    let other = tensors[scores]! + ignored * 3
    for term in terms {
      let loss = try LossFixture.terms("[\(term)]")[0].options.makeLoss(classWeights: nil, device: .cpu)
      let (value, gradient) = try result(loss, tensors[scores]!, labels)
      #expect((gradient.abs() * ignored).max().item == 0, "\(term)")
      #expect(gradient.isFinite().all().itemInt == 1, "\(term)")
      #expect(abs(try result(loss, other, labels).value - value) < 1e-6, "\(term)")
    }
  }

  @Test(arguments: several + ["{loss: focal, gamma: 0.1}"]) func sureScoresGiveFiniteGradients(term: String) throws {
    let loss = try LossFixture.terms("[\(term)]")[0].options.makeLoss(classWeights: nil, device: .cpu)
    let labels = tensors["labels/full"]!.to(dtype: .int64)
    for factor in [1e4, -1e4, 0] {
      let (value, gradient) = try result(loss, tensors["scores"]! * factor, labels)
      #expect(value.isFinite && gradient.isFinite().all().itemInt == 1, "\(factor)")
    }
  }

  @Test(arguments: [true, false]) func lossesOfCoarseScoresAreThoseOfTheResizedOnes(alignCorners: Bool) throws {
    let labels = tensors["labels/full"]!.to(dtype: .int64)
    let coarse = tensors["scores"]!.slice(0..<4, dimension: 2).slice(0..<5, dimension: 3)
    let scores = ClassScores(coarse, size: ImageSize(height: 7, width: 9), alignCorners: alignCorners)
    for term in Self.several {
      let loss = try LossFixture.terms("[\(term)]")[0].options.makeLoss(classWeights: nil, device: .cpu)
      let full = coarse.upsampleBilinear2d(size: ImageSize(height: 7, width: 9), alignCorners: alignCorners)
      #expect(abs(loss(scores, labels).item - loss(full, labels).item) < 1e-5, "\(term)")
    }
  }

  // SciPy's distance_transform_edt.
  @Test(arguments: ["scattered", "corner", "row", "column"]) func distancesAreExact(name: String) {
    let mask = tensors["distance/\(name)/set"]!
    let pixels = mask.elements(UInt8.self)
    var distances = [Float](repeating: 0, count: pixels.count)
    DistanceTransform(height: mask.size(0), width: mask.size(1)).distances(into: &distances) { pixels[$0] == 1 }
    #expect(distances == tensors["distance/\(name)"]!.elements(Float.self))
  }

  @Test func eachLossReportsItsPart() throws {
    let options = try objective("objective.terms=[ce, {loss: dice, coefficient: 0.5}, dice]")
    let model = try Architecture(name: "fastscnn").makeModel(classes: 4)
    let labels = tensors["labels/full"]!.to(dtype: .int64)
    let scores = tensors["scores"]!
    let output = SegmentationOutput(logits: scores, auxiliary: [scores * 0.5])
    let loss = options.makeObjective(for: model, device: .cpu).loss(output: output, labels: labels)
    #expect(loss.terms.map(\.name) == ["ce", "dice", "dice2", "aux1"])
    let (ce, dice) = (CrossEntropyLoss(), DiceLoss())
    func part(_ name: String) -> Double { loss.terms.first { $0.name == name }!.value.item }
    #expect(abs(part("ce") - ce(scores, labels).item) < 1e-6)
    #expect(abs(part("dice") - dice(scores, labels).item / 2) < 1e-6)
    let half = scores * 0.5
    let auxiliary: Double = ce(half, labels).item + 1.5 * dice(half, labels).item
    #expect(abs(part("aux1") - auxiliary) < 1e-5)
    let sum: Double = loss.terms.map(\.value.item).reduce(0, +)
    #expect(abs(loss.total.item - sum) < 1e-5)
  }

  private func objective(_ override: String) throws -> ObjectiveOptions {
    let override = try ConfigurationOverride(parsing: override)
    return try ConfigurationLoader(defaults: TrainingOptions()).load(overrides: [override]).objective
  }
}
