import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// From a checkpoint's path to class maps.
@Suite struct CheckpointPredictorTests {
  init() { Libtorch.threads = 1 }

  private static let image = Image(
    height: 40, width: 48, pixels: (0..<(40 * 48 * 3)).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) })

  /// Writes a network of three classes as `rtseg train` does.
  private func writeRun(to file: URL) throws -> SegmentationModel {
    let model = try Architecture(name: "fssnet").makeModel(classes: 3).eval()
    let card = ModelCard(
      model: "fssnet", classes: ["road", "sky", "car"], colors: [[128, 64, 128], [70, 130, 180], [0, 0, 142]],
      mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4])
    try Checkpoint.write(
      ["state_dict": PickleValue(model.stateDictionary), "rtseg": ["card": .string(card.json)]], to: file)
    return model
  }

  @Test func `a checkpoint alone tells network, classes, colors and normalization`() throws {
    try withTemporaryFolder { folder in
      let (checkpoint, file) = (folder.appending(path: "best.pth"), folder.appending(path: "street.png"))
      let model = try writeRun(to: checkpoint)
      try Self.image.write(to: file)

      let predictor = try Predictor(checkpoint: checkpoint)
      #expect(predictor.classNames == ["road", "sky", "car"])
      #expect(predictor.palette == Palette([RGB(128, 64, 128), RGB(70, 130, 180), RGB(0, 0, 142)]))
      let street = try predictor.label(contentsOf: file, wantsConfidence: true)

      // The same by hand.
      let pixels = Tensor(Self.image.pixels, shape: [1, 40, 48, 3]).to(dtype: .float32) / 255
      let (mean, std) = (Tensor([0.5, 0.4, 0.3] as [Float]), Tensor([0.2, 0.3, 0.4] as [Float]))
      let scores = withoutGradients { model.logits(((pixels - mean) / std).permute([0, 3, 1, 2])) }
      let classes = scores.argmax(dimension: 1).elements(UInt8.self)
      #expect(zip(street.classes.values, classes).count { $0 != $1 } <= 2)  // ties that rounding decides
      let probabilities = scores.softmax(dimension: 1)
      let found = try predictor.predict(contentsOf: file).probabilities
      #expect((found - probabilities).abs().max().item < 1e-4)
      let best = probabilities.max([1]).elements(Float.self)
      let confidence = try #require(street.confidence)
      #expect(zip(confidence.values, best).allSatisfy { abs(Float($0) - 255 * $1) <= 1 })
      #expect(street.image == Self.image)
      #expect(
        street.overlay(alpha: 0.5) == Self.image.overlaid(with: street.classes, palette: predictor.palette, alpha: 0.5))
      #expect(street.colored == street.classes.colored(by: predictor.palette))
    }
  }

  @Test func `a text names a checkpoint by its path or the name of a published one`() throws {
    try withTemporaryFolder { folder in
      let checkpoint = folder.appending(path: "best.pth")
      _ = try writeRun(to: checkpoint)
      #expect(try Predictor(checkpoint: checkpoint.path).classNames == ["road", "sky", "car"])
    }
    let unknown = message { _ = try Predictor(checkpoint: "fastscn@cityscapes") }
    #expect(unknown?.contains("did you mean 'fastscnn@cityscapes'?") == true, "\(unknown ?? "")")
    let other = message { _ = try Predictor(checkpoint: "fastscnn@cityscapes", model: "enet") }
    #expect(other?.contains("this is a checkpoint of fastscnn, not of enet") == true, "\(other ?? "")")
  }

  /// The weights are by a formula, and PyTorch computed the original network's scores with them.
  @Test(arguments: Engine.allCases)
  func `a checkpoint from elsewhere needs the network's name and gives what PyTorch computes`(engine: Engine) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "fastscnn.safetensors")
      let fixture = try ModelFixture("fastscnn")
      try Architecture.fastscnn.makeFormulaModel().stateDictionary.writeSafetensors(to: file)
      let predictor = try Predictor(checkpoint: file, model: "fastscnn", engine: engine)
      #expect(predictor.classNames.isEmpty && predictor.palette == .distinct)
      let found = try predictor.label(
        Formula.input([1, 3, 128, 256]), size: ImageSize(height: 128, width: 256), wantsConfidence: false
      ).classes
      let sampled = found.slice(0..<128, dimension: 1, step: 16).slice(0..<256, dimension: 2, step: 16)
      let expected = try #require(fixture.tensors["eval/sample"]).argmax(dimension: 1)
      #expect(sampled.elements(Int.self) == expected.elements(Int.self))
    }
  }

  @Test func `the weights tell the number of classes that nothing else tells`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "weights.safetensors")
      try Architecture(name: "fssnet").makeModel(classes: 21).stateDictionary.writeSafetensors(to: file)
      let predictor = try Predictor(checkpoint: file, model: "fssnet")
      #expect(try predictor.predict(Self.image).logits.size(1) == 21)
      let classes = (0..<5).map { ClassInfo("class \($0)", RGB(UInt8($0), 0, 0)) }
      #expect(throws: NetworkCheckpointError.classes(file: file.relativePath, found: 21, expected: 5)) {
        try Predictor(checkpoint: file, model: "fssnet", classes: classes)
      }

      // A network with a single score has two classes.
      try Architecture(name: "fssnet").makeModel(classes: 1).stateDictionary.writeSafetensors(to: file)
      var notes: [String] = []
      let binary = try Predictor(checkpoint: file, model: "fssnet") { notes.append($0) }
      #expect(binary.model?.hasSingleScore == true && notes.count == 1)
      #expect(try Set(binary.classes(of: Self.image).values).isSubset(of: [0, 1]))
    }
  }

  @Test func `weights go into a network of one's own`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "own.pth")
      let model = try writeRun(to: file)
      let own = try Architecture(name: "fssnet").makeModel(classes: 3)
      let predictor = try Predictor(NetworkCheckpoint(contentsOf: file), network: own, engine: .eager)
      #expect(predictor.model === own && predictor.classNames == ["road", "sky", "car"])
      let mean = Normalization(mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4])
      let expected = try Predictor(model: model, normalization: mean, engine: .eager).predict(Self.image).logits
      #expect(try predictor.predict(Self.image).logits.equals(expected))
      let other = try Architecture(name: "fssnet").makeModel(classes: 4)
      #expect(throws: NetworkCheckpointError.self) {
        try Predictor(NetworkCheckpoint(contentsOf: file), network: other)
      }
    }
  }

  @Test func `what a checkpoint lacks or contradicts is said in one line`() throws {
    try withTemporaryFolder { folder in
      let (plain, run) = (folder.appending(path: "weights.safetensors"), folder.appending(path: "best.pth"))
      try Architecture(name: "fssnet").makeModel(classes: 19).stateDictionary.writeSafetensors(to: plain)
      _ = try writeRun(to: run)
      #expect(
        message { _ = try Predictor(checkpoint: plain) }
          == "\(plain.relativePath): it does not say which network it is of; name the network")
      #expect(message { _ = try Predictor(checkpoint: plain, model: "fssnett") }?.contains("'fssnet'") == true)
      let two = [ClassInfo("a", .black), ClassInfo("b", .black)]
      #expect(
        message { _ = try Predictor(checkpoint: run, classes: two) }
          == "\(run.relativePath): its weights are of 3 classes and the network was made for 2")
    }
  }

  /// A precision is never replaced by another one without a word.
  @Test func `engines refuse precisions that they do not have`() throws {
    let model = try Architecture(name: "fssnet").makeModel(classes: 3)
    let calibration = Calibration(images: [Self.image])
    for (precision, engine, calibration, expected) in [
      (Precision.int8, Engine.eager, calibration, "int8 is for the engine kernels"),
      (.int8, .kernels, nil, "int8: it needs images to calibrate on"),
      (.float16, .kernels, nil, "float16 is for GPUs"),
    ] as [(Precision, Engine, Calibration?, String)] {
      let found = message {
        _ = try Predictor(model: model, precision: precision, engine: engine, calibration: calibration)
      }
      #expect(found?.hasPrefix(expected) == true, "\(found ?? "nothing")")
    }
    for engine in Engine.allCases {
      let predictor = try Predictor(model: model, precision: .bfloat16, engine: engine)
      _ = try predictor.label(Self.image, wantsConfidence: true)
      #expect(predictor.lastEngine == engine && predictor.precision == .bfloat16)
    }
  }
}
