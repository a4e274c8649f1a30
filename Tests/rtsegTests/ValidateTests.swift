import Foundation
import SegmentationImage
import SegmentationModels
import Testing
import Torch

/// `rtseg val` on a few scenes.
@Suite struct ValidateTests {
  let files: ProgramFolder

  init() throws {
    files = try ProgramFolder()
    try files.drawScenes(10)
    try files.writeWeights(of: "fssnet", to: "weights.safetensors")
  }

  private func validate(_ arguments: String...) throws -> Program.Result {
    try Program.run(
      [
        "val", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--threads", "1", "--dataset",
        "cityscapes", "--data-root", files.path("scenes"),
      ] + arguments)
  }

  private func json(_ result: Program.Result) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any], "\(result.errors)")
  }

  @Test func scoresHaveTheirNamesAndTheProtocolIsTold() throws {
    let plain = try validate("--json")
    #expect(plain.status == 0, "\(plain.errors)")
    let whole = try json(plain)
    #expect(whole["protocol"] as? String == "whole images" && whole["boundary_iou"] == nil)
    #expect(whole["mean_dice"] is Double && whole["mean_accuracy"] is Double)
    let more = try json(
      try validate("--json", "--metrics", "boundary_iou,calibration_error", "--absent-classes", "zero"))
    #expect(more["boundary_iou"] is Double && more["calibration_error"] is Double)
    #expect((more["class_boundary_iou"] as? [Any])?.count == 19)
    // The mean over all classes is smaller by the share of those that are there.
    let (skipped, zero) = (try #require(whole["mean_iou"] as? Double), try #require(more["mean_iou"] as? Double))
    let present = try #require(whole["classes_in_mean"] as? Int)
    #expect(abs(zero * 19 - skipped * Double(present)) < 1e-9 && more["classes_in_mean"] as? Int == 19)

    let many = try validate("--tta", "--tile", "64x64", "--scale", "0.5,1")
    #expect(
      many.output.contains(
        "protocol: tiles of 64x64 that overlap by 25 %, blended with gaussian weights; scales 0.5, 1; as they are and "
          + "mirrored; mean of the probabilities\n"), "\(many.output) \(many.errors)")
  }

  /// The engine and libtorch see the same tiles, at all scales.
  @Test func enginesAgreeOnTilesAndScales() throws {
    let found = try json(try validate("--json", "--compare", "--tta", "--tile", "48x64", "--scale", "0.75,1"))
    #expect(try #require(found["agreement"] as? Double) > 0.995)
    #expect(found["engine"] as? String == "kernels")
  }

  /// Tiles as large as the images are whole images.
  @Test(arguments: ["kernels", "eager"]) func oneTileIsTheWholeImage(engine: String) throws {
    let whole = try json(try validate("--json", "--engine", engine))
    let tiled = try json(try validate("--json", "--engine", engine, "--tile", "64x96"))
    let (a, b) = (try #require(whole["pixel_accuracy"] as? Double), try #require(tiled["pixel_accuracy"] as? Double))
    #expect(abs(a - b) < 1e-3)
  }

  @Test func theWorstImagesAndTheConfusionArePictures() throws {
    let result = try validate("--worst", "2", "--output", files.path("out"))
    #expect(result.status == 0, "\(result.errors)")
    let svg = try String(contentsOfFile: files.path("out/confusion.svg"), encoding: .utf8)
    #expect(svg.contains("traffic light") && svg.contains("prediction"))
    let list = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: files.url.appending(path: "out/worst/worst.json")))
        as? [[String: Any]])
    #expect(list.count == 2 && list.map { $0["rank"] as? Int } == [1, 2])
    let scores = list.compactMap { $0["mean_iou"] as? Double }
    #expect(scores.count == 2 && scores[0] <= scores[1])
    for line in list {
      let image = try Image(contentsOf: URL(filePath: try #require(line["image"] as? String)))
      for key in ["overlay", "prediction", "label"] {
        let name = try #require(line[key] as? String)
        #expect(name.hasPrefix("\(line["rank"]!)_") && name.hasSuffix("\(key).png"))
        let file = files.url.appending(path: "out/worst/\(name)")
        #expect(try ImageSize(ofImageAt: file.path) == image.size)
      }
    }
    #expect(files.tree("out").count == 8)
    // A folder with files in it is not written into, and nothing is read before.
    let again = try validate("--output", files.path("out"), "--data-root", files.path("nowhere"))
    #expect(again.status == 1 && again.errorLines.count == 1 && again.errors.contains("the folder is not empty"))
  }

  @Test func optionsThatCannotBeAreRefused() throws {
    for (arguments, status, expected) in [
      (["--metrics", "miou"], 64, "--metrics: expected metrics out of boundary_iou, calibration_error, found miou"),
      (["--worst", "3"], 64, "--worst writes pictures: name a folder"),
      (["--overlap", "0.5"], 64, "--overlap and --blend are for tiles: add --tile"),
      (["--scale", "0.5,x"], 64, "--scale: expected up to 20 different factors"),
      (["--tta", "--flip"], 64, "--flip is a part of --tta"),
      (["--set", "validation.monitor=mean_dice"], 64, "has no effect on val"),
      (["--tile", "64x128"], 1, "a tile of 64x128 is larger than the image, which is 64x96"),
    ] {
      let result = try Program.run(
        [
          "val", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--data-root",
          files.path("scenes"),
        ] + arguments)
      #expect(result.status == status && result.errors.contains(expected), "\(arguments): \(result.errors)")
      if status == 1 { #expect(result.errorLines.count == 1) }
    }
  }
}
