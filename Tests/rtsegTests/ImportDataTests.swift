import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// `rtseg data import` on the small data sets of other tools.
@Suite struct ImportDataTests {
  private let folder: ProgramFolder
  private var output: String { folder.path("dataset") }
  private let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "SegmentationDataTests/Fixtures/Annotations").path

  init() throws { folder = try ProgramFolder() }

  private func run(_ arguments: String...) throws -> Program.Result {
    try Program.run(["data", "import"] + arguments + ["--output", output])
  }

  @Test func `annotations become a data set to train on`() throws {
    let result = try run("yolo", "\(fixtures)/yolo")
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
    #expect(result.output.contains("train: 1 image\nval: 1 image\nclasses: crack, hole, background\n"))
    #expect(result.output.contains("shape is of a kind that labels no pixels: "))
    #expect(result.output.hasSuffix("card: \(output)/card.yaml\n"))
    #expect(folder.tree("dataset") == ["card.yaml", "masks/train/x.png", "masks/val/x.png", "train.txt", "val.txt"])
    #expect(try Program.run("data", "check", "--dataset", "\(output)/card.yaml").status == 0)
  }

  @Test func `classes and the background are what the options say`() throws {
    let result = try run("yolo", "\(fixtures)/yolo", "--classes", "hole, crack", "--background", "ignored")
    #expect(result.status == 0 && result.output.contains("classes: hole, crack\n"))
    let usual = try Mask(contentsOf: URL(filePath: "\(fixtures)/yolo/expected/val.png"))
    let mask = try Mask(contentsOf: URL(filePath: "\(output)/masks/val/x.png"))
    #expect(mask.values == usual.values.map { [0: 1, 1: 0, 2: LabelSet.ignored][$0]! })
  }

  @Test func `a split is named if the annotations do not say it`() throws {
    let result = try run("label-studio", "\(fixtures)/label-studio/export.json", "--split", "val")
    #expect(result.output.contains("val: 1 image\n"))
    // A data set without training images is a problem.
    #expect(result.status == 1 && result.output.contains("problem: "))
    #expect(folder.tree("dataset").contains("masks/val/plate one.png"))
  }

  @Test func `a strict import allows nothing to be left out`() throws {
    let result = try run("yolo", "\(fixtures)/yolo", "--strict")
    #expect(result.status == 1 && result.errorLines.count == 1)
    #expect(result.errors.contains("problems were found, and --strict allows none; no card was written"))
    #expect(result.output.contains("line 6: a box labels no pixels"))
    #expect(!folder.tree("dataset").contains("card.yaml"))
    let again = try run("yolo", "\(fixtures)/yolo")
    #expect(again.status == 0 && again.output.contains("2 masks were there from an earlier import\n"))
  }

  @Test func `wrong paths get one line`() throws {
    let missing = try run("coco", folder.path("nowhere"))
    #expect(missing.status == 1 && missing.errorLines.count == 1)
    #expect(missing.errors.contains("no such file or folder; expected a folder with annotations/instances_SPLIT.json"))
    let other = try run("coco", "\(fixtures)/yolo")
    #expect(other.status == 1 && other.errors.contains("nothing of COCO's form lies there"))
    #expect(folder.tree("dataset") == [])
  }

  @Test func `files outside of the folder are read if that is allowed`() throws {
    try FileManager.default.copyItem(atPath: "\(fixtures)/yolo", toPath: folder.path("yolo"))
    try folder.makeFolder("cards")
    let card = folder.path("cards/data.yaml")
    try Data("path: ../yolo\ntrain: images/train\nval: images/val\nnames: [crack, hole]\n".utf8).write(
      to: URL(filePath: card))
    let refused = try run("yolo", card)
    #expect(refused.status == 1 && refused.errorLines.count == 1)
    #expect(refused.errors.contains("outside of \(folder.path("cards"))"))
    let allowed = try run("yolo", card, "--allow-outside")
    #expect(allowed.status == 0 && allowed.output.contains("train: 1 image\nval: 1 image\n"), "\(allowed.errors)")
  }

  @Test func `annotations are checked, viewed and trained on where they are`() throws {
    let source = "yolo:\(fixtures)/yolo"
    let check = try Program.run("data", "check", "--dataset", source)
    #expect(check.status == 0 && check.output.contains("note: annotations: shape is of a kind that labels no pixels: "))
    let view = try Program.run("data", "view", source, "--output", folder.path("page.html"))
    #expect(view.output.hasPrefix("2 of 2 samples: "), "\(view.errors)")
    let run = try Program.run(
      "train", "--model", "fssnet", "--dataset", "labelme:\(fixtures)/labelme", "--output", folder.path("run"),
      "--epochs", "1", "--batch-size", "3", "--crop-size", "32x32", "--no-validation", "--device", "cpu", "--threads",
      "1", "--set", "schedule.warmup_epochs=0")
    #expect(run.status == 0, "\(run.errors)")
    let config = try String(contentsOfFile: folder.path("run/config.yaml"), encoding: .utf8)
    #expect(config.contains("labelme:\(fixtures)/labelme"))
    #expect(folder.tree("run").contains("last.pth"))
  }
}
