import Foundation
import SegmentationData
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationTraining
import Testing
import Torch

/// The library's way from a checkpoint to results is the program's.
@Suite struct LibraryTests {
  let files: ProgramFolder
  let checkpoint: URL

  /// A checkpoint as `rtseg train` writes it, with a normalization of its own, away from its run's configuration.
  init() throws {
    files = try ProgramFolder()
    checkpoint = files.url.appending(path: "best.pth")
    let model = try Architecture(name: "fssnet").makeModel(classes: 19)
    let classes = LabelSet.cityscapes.classes
    let card = ModelCard(
      model: "fssnet", classes: classes.map(\.name),
      colors: classes.map { [$0.color.red, $0.color.green, $0.color.blue] },
      mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4])
    try Checkpoint.write(
      ["state_dict": PickleValue(model.stateDictionary), "rtseg": ["card": .string(card.json)]], to: checkpoint)
  }

  @Test func `predictions are the program's`() throws {
    let pixels = (0..<(40 * 48 * 3)).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) }
    try files.makeFolder("photos")
    try Image(height: 40, width: 48, pixels: pixels).write(to: files.url.appending(path: "photos/a.png"))
    let result = try Program.run(
      "predict", "--checkpoint", checkpoint.path, "--threads", "1", "--input", files.path("photos"), "--output",
      files.path("out"), "--save", "ids,color,overlay,probability")
    #expect(result.status == 0, "\(result.errors)")

    let predictor = try Predictor(checkpoint: checkpoint)
    let found = try predictor.label(contentsOf: files.url.appending(path: "photos/a.png"), wantsConfidence: true)
    func file(_ name: String) -> URL { files.url.appending(path: "out/a_\(name).png") }
    #expect(try Mask(contentsOf: file("ids")) == found.classes)
    #expect(try Image(contentsOf: file("color")) == found.colored)
    #expect(try Image(contentsOf: file("overlay")) == found.overlay())
    #expect(try Mask(contentsOf: file("probability")) == found.confidence)
  }

  /// Both take the normalization from the checkpoint.
  @Test func `scores are the program's`() throws {
    let drawn = try Program.run(
      "data", "synthesize", "--output", files.path("scenes"), "--count", "10", "--size", "64x96")
    #expect(drawn.status == 0)
    for engine in Engine.allCases {
      let result = try Program.run(
        "val", "--checkpoint", checkpoint.path, "--threads", "1", "--data-root", files.path("scenes"), "--json",
        "--engine", engine.rawValue)
      #expect(result.status == 0, "\(result.errors)")
      let json = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])

      let predictor = try Predictor(checkpoint: checkpoint, engine: engine)
      let report = try Evaluator().evaluate(predictor, on: .cityscapes(root: files.path("scenes")))
      let (expected, found) = (try #require(json["mean_iou"] as? Double), try #require(report.confusion.meanIoU))
      #expect(abs(expected - found) < 1e-6)
      #expect(json["engine"] as? String == predictor.lastEngine.rawValue)
    }
  }

  /// int8 is scored on the images themselves, and asked for as `rtseg predict` does.
  @Test func `int8 is validated with its calibration`() throws {
    let drawn = try Program.run(
      "data", "synthesize", "--output", files.path("scenes"), "--count", "10", "--size", "64x96")
    #expect(drawn.status == 0)
    func validate(_ arguments: String...) throws -> Program.Result {
      try Program.run(
        [
          "val", "--checkpoint", checkpoint.path, "--threads", "1", "--data-root", files.path("scenes"), "--precision",
          "int8",
        ] + arguments)
    }
    let folder = try #require(FileManager.default.subpaths(atPath: files.path("scenes/leftImg8bit/val"))?.first)
    let calibration = files.path("scenes/leftImg8bit/val/\(folder.split(separator: "/")[0])")
    let result = try validate("--calibration", calibration, "--agreement", "0.5")
    #expect(result.status == 0 && result.output.contains("(kernels, int8)"), "\(result.output) \(result.errors)")
    let missing = try validate()
    #expect(missing.status == 64 && missing.errors.contains("--precision int8 needs --calibration"))
    let eager = try validate("--calibration", calibration, "--engine", "eager")
    #expect(eager.status == 1 && eager.errors.contains("int8 is for the engine kernels"), "\(eager.errors)")
    let both = try validate("--calibration", calibration, "--amp", "bfloat16")
    #expect(both.status == 64 && both.errors.contains("give one of them"), "\(both.errors)")
  }
}
