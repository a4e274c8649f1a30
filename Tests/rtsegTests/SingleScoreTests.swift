import Foundation
import SegmentationImage
import SegmentationModels
import Testing
import Torch

/// Networks that tell two classes apart by a single score.
@Suite struct SingleScoreTests {
  let files: ProgramFolder
  let image: Image
  /// The network's score of each pixel.
  let scores: [Float]

  init() throws {
    files = try ProgramFolder()
    try files.makeFolder("photos")
    let pixels = (0..<(40 * 48 * 3)).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) }
    image = Image(height: 40, width: 48, pixels: pixels)
    try image.write(to: files.url.appending(path: "photos/a.png"))
    // Another suite's draws from libtorch's generator do not matter: the weights are read back from here.
    let model = try Architecture(name: "fssnet").makeModel(classes: 1).eval()
    let input = Tensor(pixels, shape: [1, 40, 48, 3]).to(dtype: .float32).permute([0, 3, 1, 2]) / 255 - 0.5
    let raw = withoutGradients { model.logits(input) }.elements(Float.self).sorted()
    // Both classes are to be found. A leaky rectifier comes last, which multiplies what is below 0 by a quarter.
    let middle = raw[raw.count / 2]
    let bias = try #require(model.namedParameters.last { $0.name.hasSuffix("bias") && $0.tensor.shape == [1] })
    withoutGradients { bias.tensor.addInPlace(Double(middle < 0 ? -middle * 4 : -middle)) }
    scores = withoutGradients { model.logits(input) }.elements()
    let card = ModelCard(
      model: "fssnet", classes: ["rest", "road"], colors: [[0, 0, 0], [128, 64, 128]], mean: [0.5, 0.5, 0.5],
      std: [1, 1, 1], singleScore: true)
    try Checkpoint.write(
      ["state_dict": PickleValue(model.stateDictionary), "rtseg": ["card": .string(card.json)]],
      to: files.url.appending(path: "card.pth"))
    try model.stateDictionary.writeSafetensors(to: files.url.appending(path: "plain.safetensors"))
    let labels = Mask(height: 40, width: 48, values: scores.map { $0 > 0 ? 1 : 0 })
    try files.makeFolder("masks")
    try labels.write(to: files.url.appending(path: "masks/a.png"))
    let text = """
      root: \(files.url.path)
      classes: [{name: rest, color: [0, 0, 0]}, {name: road, color: [128, 64, 128]}]
      map: {0: rest, 1: road}
      splits:
        val: {images: photos, masks: masks}
      """
    try Data(text.utf8).write(to: files.url.appending(path: "card.yaml"))
  }

  private func isClear(_ index: Int) -> Bool { abs(scores[index]) > 1e-3 }

  @Test(arguments: [["--engine", "kernels"], ["--engine", "eager"], ["--flip"]])
  func theSecondClassIsWhereTheScoreIsAboveZero(arguments: [String]) throws {
    let result = try Program.run(
      [
        "predict", "--checkpoint", files.path("card.pth"), "--threads", "1", "--input", files.path("photos"),
        "--output", files.path("out"), "--save", "ids,probability",
      ] + arguments)
    #expect(result.status == 0, "\(result.errors)")
    let ids = try Mask(contentsOf: files.url.appending(path: "out/a_ids.png"))
    #expect(Set(ids.values) == [0, 1])
    if arguments == ["--flip"] { return }
    let sure = try Mask(contentsOf: files.url.appending(path: "out/a_probability.png"))
    for (index, score) in scores.enumerated() where isClear(index) {
      #expect(ids.values[index] == (score > 0 ? 1 : 0))
      let probability = 255 / (1 + exp(-abs(score)))
      #expect(abs(Float(sure.values[index]) - probability) <= 1)
    }
  }

  @Test func scoresCountBothClasses() throws {
    for checkpoint in [["card.pth"], ["plain.safetensors"]] {
      let named = checkpoint == ["plain.safetensors"] ? ["--model", "fssnet"] : []
      let result = try Program.run(
        [
          "val", "--checkpoint", files.path(checkpoint[0]), "--dataset", files.path("card.yaml"), "--threads", "1",
          "--json", "--set", "augmentation.mean=[0.5, 0.5, 0.5]", "--set", "augmentation.std=[1, 1, 1]",
        ] + named)
      #expect(result.status == 0, "\(result.errors)")
      let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
      // The labels are where the score is above 0.
      #expect(try #require(json?["pixel_accuracy"] as? Double) > 0.99 && json?["classes_in_mean"] as? Int == 2)
    }
  }

  @Test func otherNumbersOfClassesAreRefused() throws {
    let result = try Program.run(
      "val", "--checkpoint", files.path("card.pth"), "--dataset", "camvid", "--data-root", files.path("photos"))
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(
      result.errors.contains("tells two classes apart by a single score, but 11 are asked for"), "\(result.errors)")
  }
}
