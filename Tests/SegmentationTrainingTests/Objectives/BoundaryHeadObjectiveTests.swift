import Foundation
import SegmentationModels
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// PIDNet's losses against its authors' own code: Tests/Fixtures/training/make_boundary_head.py.
@Suite struct BoundaryHeadObjectiveTests {
  private struct Fixture: Decodable {
    struct Case: Decodable {
      let weights: [Double]?
      let threshold: Double
      let total, semantic, boundary: Double
    }
    let coefficient: Double
    let minimum_pixels: Int
    let cases: [Case]
  }

  private let fixture: Fixture
  private let tensors: StateDictionary

  init() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures/training")
    fixture = try JSONDecoder().decode(
      Fixture.self, from: Data(contentsOf: folder.appending(path: "boundary_head.json")))
    tensors = try StateDictionary(safetensors: folder.appending(path: "boundary_head.safetensors"))
  }

  private var labels: Tensor { tensors["labels"]!.to(dtype: .int64) }

  /// A network with both heads, for the objective that goes with it.
  private func objective(_ options: ObjectiveOptions, classWeights: [Double]? = nil) throws -> any Objective {
    let model = try withDefaultDevice(.meta) { try Architecture(name: "pidnet-s").makeModel(heads: .auxiliary) }
    return options.makeObjective(for: model, device: .cpu, classWeights: classWeights)
  }

  private func options(threshold: Double = 0.9) -> ObjectiveOptions {
    var hard = OHEMOptions()
    hard.threshold = threshold
    hard.minimumPixels = fixture.minimum_pixels
    hard.hardness = .probability
    var plain = CrossEntropyOptions()
    plain.average = .all
    var options = ObjectiveOptions()
    options.terms = [LossTerm(hard)]
    options.auxiliaryTerms = [LossTerm(plain)]
    options.auxiliaryCoefficients = [fixture.coefficient]
    return options
  }

  @Test(arguments: ["labels", "noisy"]) func `boundaries are those that OpenCV finds`(_ name: String) {
    let expected = tensors[name == "labels" ? "edges" : "noisy_edges"]!
    let found = labelBoundaries(tensors[name]!.to(dtype: .int64), width: 4)
    #expect(found.squeeze(1).to(dtype: .uint8).equals(expected))
    #expect(expected.to(dtype: .float32).mean().item > 0.05)
  }

  @Test func `maps without an inside have no boundaries`() {
    let labels = Formula.labels([1, 12, 40])
    #expect(labelBoundaries(labels, width: 4).shape == [1, 1, 12, 40])
    #expect(labelBoundaries(labels, width: 4).sum().item == 0)
  }

  @Test(arguments: 0..<4) func `losses and gradients are those of the authors' code`(_ index: Int) throws {
    let expected = fixture.cases[index]
    let scores = (0..<3).map { index in
      let scores = tensors["scores\(index)"]!.clone()
      scores.requiresGrad = true
      return scores
    }
    let size = labels.spatialSize
    let output = SegmentationOutput(
      logits: scores[1], resizedTo: size,
      auxiliary: [scores[0].upsampleBilinear2d(size: size, alignCorners: true)], detail: scores[2])
    let loss = try objective(options(threshold: expected.threshold), classWeights: expected.weights).loss(
      output: output, labels: labels)
    let terms = Dictionary(uniqueKeysWithValues: loss.terms.map { ($0.name, $0.value.item) })
    #expect(loss.terms.map(\.name) == ["ohem", "aux1", "boundary", "at_boundaries"])
    func isClose(_ found: Double, _ expected: Double) -> Bool { abs(found - expected) <= 1e-5 * abs(expected) }
    #expect(isClose(terms["ohem"]! + terms["aux1"]!, expected.semantic))
    #expect(isClose(terms["boundary"]!, expected.boundary))
    #expect(isClose(loss.total.item, expected.total))
    loss.total.backward()
    for (number, scores) in scores.enumerated() {
      let gradient = tensors["\(index)/grad\(number)"]!
      #expect((scores.grad! - gradient).norm().item <= 2e-5 * gradient.norm().item, "scores \(number)")
    }
  }

  @Test func `coefficients are options`() throws {
    let output = SegmentationOutput(
      logits: tensors["scores1"]!, resizedTo: labels.spatialSize, detail: tensors["scores2"]!)
    func terms(_ change: (inout BoundaryHeadOptions) -> Void) throws -> [String: Double] {
      var options = self.options()
      change(&options.boundaryHead)
      let loss = try objective(options).loss(output: output, labels: labels)
      return Dictionary(uniqueKeysWithValues: loss.terms.map { ($0.name, $0.value.item) })
    }
    let usual = try terms { _ in }
    let halved = try terms {
      $0.coefficient = 10
      $0.classCoefficient = 0.5
    }
    #expect(abs(halved["boundary"]! * 2 - usual["boundary"]!) < 1e-5)
    #expect(abs(halved["at_boundaries"]! * 2 - usual["at_boundaries"]!) < 1e-5)
    #expect(try terms { $0.classCoefficient = 0 }["at_boundaries"] == nil)
    #expect(try terms { $0.width = 9 }["boundary"] != usual["boundary"])
    // No pixel is a boundary with certainty, and the loss of no pixel is 0.
    #expect(try terms { $0.threshold = 1 }["at_boundaries"] == 0)
  }

  @Test func `all heads train, and a network without heads has no such losses`() throws {
    let model = try Architecture(name: "pidnet-s").makeModel(classes: 3, heads: .auxiliary).train()
    let labels = Tensor((0..<2 * 64 * 64).map { ($0 / 1024) % 3 }, shape: [2, 64, 64])
    let objective = options().makeObjective(for: model, device: .cpu)
    objective.loss(output: model(Formula.input([2, 3, 64, 64])), labels: labels).total.backward()
    #expect(model.namedParameters.filter { $0.tensor.grad == nil }.map(\.name) == [])
    let plain = try Architecture(name: "pidnet-s").makeModel(classes: 3).train()
    let loss = options().makeObjective(for: plain, device: .cpu)
      .loss(output: plain(Formula.input([2, 3, 64, 64])), labels: labels)
    #expect(loss.terms.map(\.name) == ["ohem"])
  }
}
