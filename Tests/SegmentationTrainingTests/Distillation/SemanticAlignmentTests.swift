import Foundation
import SegmentationModels
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// A student that is aligned with a SegFormer.
@Suite(.serialized) final class SemanticAlignmentTests: TrainsOnScenes {
  let scenes: SceneFolder

  init() throws { scenes = try SceneFolder() }

  // MARK: Numbers

  /// Against what the authors' code computes in PyTorch (`Tests/Fixtures/training/make_alignment.py`).
  @Test(arguments: ["all", "labelled"])
  func `value and gradients equal those of the authors`(pixels: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures/training")
    let values = try JSONDecoder().decode(
      [String: Double].self, from: Data(contentsOf: folder.appending(path: "alignment.json")))
    let tensors = try StateDictionary(safetensors: folder.appending(path: "alignment.safetensors"))
    func tensor(_ name: String) throws -> Tensor { try #require(tensors[name], "\(name)") }
    func maps(_ side: String) throws -> AlignmentMaps<Tensor> {
      AlignmentMaps(
        joined: try tensor("\(side).joined"), sixteenth: try tensor("\(side).sixteenth"),
        deepest: try tensor("\(side).deepest"))
    }
    func channels(_ maps: AlignmentMaps<Tensor>) -> AlignmentMaps<Int> {
      AlignmentMaps(joined: maps.joined.size(1), sixteenth: maps.sixteenth.size(1), deepest: maps.deepest.size(1))
    }
    func load(_ module: Module, _ prefix: String) throws {
      try module.load(tensors.renamed { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : nil })
    }
    let (student, teacher) = (try maps("student"), try maps("teacher"))
    let alignment = SemanticAlignment(student: channels(student), teacher: channels(teacher))
    let names = Set(alignment.namedState.map(\.name))
    try alignment.load(tensors.renamed { names.contains($0) ? $0 : nil })
    let fuse = Sequential(Conv2d(8, 5, kernel: 1, bias: false), BatchNorm2d(5), Activation(.relu, inPlace: true))
    let classifier = Conv2d(5, 3, kernel: 1)
    try load(fuse.eval(), "fuse.")
    try load(classifier, "classifier.")
    for parameter in fuse.parameters + classifier.parameters { parameter.requiresGrad = false }
    for map in [student.joined, student.sixteenth, student.deepest] { map.requiresGrad = true }

    let loss =
      alignment(
        student: student, teacher: teacher, temperature: 4,
        counted: { pixels == "all" ? nil : tensors["counted.\(64 / $0.height)"] },
        decode: { joined in
          let features = fuse(joined)
          return (features, classifier(features))
        }) * 3
    let expected = try #require(values[pixels])
    #expect(abs(loss.item - expected) < 2e-6 * expected, "\(loss.item) instead of \(expected)")
    loss.backward()
    let trained =
      alignment.namedParameters + [
        ("student.joined", student.joined), ("student.sixteenth", student.sixteenth),
        ("student.deepest", student.deepest),
      ]
    for (name, parameter) in trained {
      let gradient = try tensor("\(pixels)/\(name)")
      let difference = (try #require(parameter.grad, "\(name)") - gradient).abs().max().item
      // Distributions over pixels do not change with a bias, whose gradient is 0 but for rounding.
      let largest = name.hasSuffix("bias") ? 10 : gradient.abs().max().item
      #expect(difference < 5e-6 * largest, "\(name): \(difference)")
    }
  }

  @Test func `a map without variation has no gradient that is not finite`() throws {
    let channels = AlignmentMaps(joined: 2, sixteenth: 2, deepest: 2)
    let alignment = SemanticAlignment(student: channels, teacher: channels)
    let (flat, teacher) = (Tensor.ones([1, 2, 4, 4]), Tensor.random([1, 2, 4, 4]))
    flat.requiresGrad = true
    alignment(
      student: AlignmentMaps(joined: flat, sixteenth: flat, deepest: flat),
      teacher: AlignmentMaps(joined: teacher, sixteenth: teacher, deepest: teacher), temperature: 4,
      counted: { _ in nil }, decode: { ($0, $0) }
    ).backward()
    for tensor in alignment.parameters + [flat] { #expect(try #require(tensor.grad).isFiniteEverywhere) }
  }

  // MARK: Runs

  /// Options of a student, and its teacher with random weights.
  private func options(_ name: String, _ change: (inout TrainingOptions) -> Void = { _ in }) throws -> TrainingOptions {
    if !FileManager.default.fileExists(atPath: path("teacher/last.pth")) {
      _ = try trainer(scenes.options("teacher") { $0.model.name = "smp-segformer-mit_b0" })
    }
    return scenes.options(name) {
      $0.epochs = 1
      $0.batchSize = 4
      $0.validation.enabled = false
      $0.model.name = "sctnet"
      $0.distillation.teacher = "smp-segformer-mit_b0"
      $0.distillation.checkpoint = path("teacher/last.pth")
      $0.distillation.kind = .channelWise
      $0.distillation.compare = .alignment
      $0.distillation.coefficient = 3
      change(&$0)
    }
  }

  @Test(arguments: [(Precision.float32, false), (.bfloat16, true)])
  func `SCTNet and the layers between it and SegFormer are trained`(
    precision: Precision, unlabelledPixels: Bool
  ) throws {
    let run = try trainer(
      options("student") {
        $0.amp = precision
        $0.distillation.unlabelledPixels = unlabelledPixels
      })
    func adapter() throws -> PickleValue? {
      try Checkpoint.read(from: folder.appending(path: "student/last.pth"))["rtseg"]?["adapter"]
    }
    let before = try #require(try adapter())
    run.shouldStop = { $0 == .step(1) }
    #expect(try run.run().wasInterrupted)
    #expect(try trainer(run.options, resume: true).run().steps == 2)
    let losses = try #require(MetricsLog(run.folder.metrics).rows().compactMap(\.lossParts).first)
    #expect(losses["distillation"].map { $0 > 0 && $0.isFinite } == true)
    let after = try #require(try adapter())
    for (name, shape) in ["joined": [1024, 128, 1, 1], "sixteenth": [160, 128, 1, 1], "deepest": [256, 256, 1, 1]] {
      let key = PickleKey.string("\(name).weight")
      let (old, new) = (try #require(before[key]?.tensor), try #require(after[key]?.tensor))
      #expect(old.shape == shape && new.shape == shape && !old.equals(new), "\(name)")
    }
  }

  @Test func `networks and losses that cannot be aligned are refused`() throws {
    func refusal(_ change: (inout TrainingOptions) -> Void) -> String? {
      message { _ = try trainer(options("refused", change)) }
    }
    #expect(
      refusal { $0.distillation.kind = .meanSquaredError }
        == "distillation.kind: expected cwd, since compare is alignment, found mse")
    for teacher in ["smp-unet-mit_b0", "smp-segformer-mit_b0-depth4", "fastscnn"] {
      #expect(
        refusal { $0.distillation.teacher = teacher }
          == "distillation.teacher: expected smp-segformer-ENCODER, such as smp-segformer-mit_b2, since compare is "
          + "alignment, found \(teacher)")
    }
    #expect(
      refusal { $0.model.name = "fastscnn" }
        == "distillation.compare: alignment is for networks of the family sctnet, found fastscnn; use logits or "
        + "features")
    #expect(!FileManager.default.fileExists(atPath: path("refused")))
  }
}
