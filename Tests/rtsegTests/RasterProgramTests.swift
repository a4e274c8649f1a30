import Foundation
import SegmentationImage
import TestSupport
import Testing

/// Training, validation and prediction with images of five bands of 16 bits.
@Suite struct RasterProgramTests {
  private let files: ProgramFolder

  init() throws {
    files = try ProgramFolder()
    let formats = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "SegmentationImageTests/Fixtures/formats")
    for (split, names) in [
      ("train", ["five.tif", "five_planar.tif", "five.tif", "five_planar.tif"]),
      ("val", ["five_pages.tif", "five_pages.tif"]),
    ] {
      try files.makeFolder("\(split)/images")
      try files.makeFolder("\(split)/masks")
      for (number, name) in names.enumerated() {
        for (from, to) in [(name, "images/\(number).tif"), ("mask.tif", "masks/\(number).tif")] {
          try FileManager.default.copyItem(
            at: formats.appending(path: from), to: files.url.appending(path: "\(split)/\(to)"))
        }
      }
    }
    // The mask's values are 0 to 5 in the upper left corner's row of cells, and six more in each row below.
    let card = """
      classes: [{name: upper, color: [0, 0, 255]}, {name: lower, color: [255, 0, 0]}]
      map: {\((0..<24).map { "\($0): \($0 < 12 ? "upper" : "lower")" }.joined(separator: ", "))}
      splits:
        train: {images: train/images, masks: train/masks}
        val: {images: val/images, masks: val/masks}
      """
    try Data(card.utf8).write(to: files.url.appending(path: "card.yaml"))
  }

  private func train(_ more: [String]) throws -> Program.Result {
    try Program.run(
      [
        "train", "--model", "fastscnn", "--dataset", files.path("card.yaml"), "--epochs", "1", "--batch-size", "2",
        "--crop-size", "64x64", "--device", "cpu", "--threads", "1", "--output", files.path("run"),
        "--set", "data.workers=1",
      ] + more)
  }

  private static let bands = [
    "--set", "data.channels=5", "--set", "data.pixel_type=uint16", "--set",
    "augmentation.mean=[0.14, 0.14, 0.005, 0.15, 0.99]", "--set", "augmentation.std=[0.08, 0.08, 0.003, 0.09, 0.01]",
  ]

  @Test func trainingValidationPredictionAndExport() throws {
    let run = try train(Self.bands)
    #expect(run.status == 0, "\(run.errors)")
    let checkpoint = files.path("run/best.pth")
    let scores = try Program.run("val", "--checkpoint", checkpoint, "--threads", "1", "--json")
    #expect(scores.status == 0 && scores.output.contains("\"mean_iou\""), "\(scores.errors)")
    let found = try Program.run(
      "predict", "--checkpoint", checkpoint, "--input", files.path("val/images"), "--output", files.path("found"),
      "--save", "ids,overlay", "--threads", "1")
    #expect(found.status == 0, "\(found.errors)")
    #expect(files.tree("found") == ["0_ids.png", "0_overlay.png", "1_ids.png", "1_overlay.png"])
    let mask = try Mask(contentsOf: files.url.appending(path: "found/0_ids.png"))
    #expect(mask.size == ImageSize(height: 21, width: 37) && mask.values.allSatisfy { $0 < 2 })
    let exported = try Program.run(
      "export", checkpoint, "--size", "64x64", "--output", files.path("net.onnx"))
    #expect(exported.status == 0, "\(exported.errors)")
    let compiled = try Program.run(
      "compile", checkpoint, "--size", "64x64", "--output", files.path("net.rtseg"))
    #expect(compiled.status == 0 && compiled.output.contains("random numbers"), "\(compiled.errors)")
    let again = try Program.run(
      "predict", "--checkpoint", files.path("net.rtseg"), "--input", files.path("val/images/0.tif"), "--output",
      files.path("again"), "--threads", "1")
    #expect(again.status == 0, "\(again.errors)")
    // An image of other channels is named, and ends nothing else.
    try files.writeImage("other/plain.png")
    let refused = try Program.run(
      "predict", "--checkpoint", checkpoint, "--input", files.path("other/plain.png"), "--output", files.path("none"))
    #expect(refused.status == 1 && refused.errors.contains("it has 3 channels, expected 5 (data.channels)"))
  }

  @Test func whatDoesNotFitIsOneLine() throws {
    let mean = try train(["--set", "data.channels=5"])
    #expect(mean.status != 0 && mean.errors.contains("augmentation.mean: expected 5 values, one for each channel"))
    let jitter = try train(["--set", "data.pixel_type=float32", "--set", "augmentation.contrast=0.5"])
    #expect(
      jitter.status != 0 && jitter.errors.contains("augmentation.contrast: expected 0, since it is for 8-bit RGB"))
    for result in [mean, jitter] { #expect(result.errorLines.count == 1, "\(result.errors)") }
  }
}
