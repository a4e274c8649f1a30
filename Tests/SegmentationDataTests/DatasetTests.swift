import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

@Suite struct DatasetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func error(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return "\(error)" }
    return nil
  }

  private func touch(_ names: String...) throws {
    for name in names { try folder.write("", to: name) }
  }

  @Test func listsCityscapes() throws {
    try touch(
      "leftImg8bit/train/ulm/ulm_1_leftImg8bit.png", "leftImg8bit/train/aachen/aachen_2_leftImg8bit.png",
      "leftImg8bit/train/aachen/aachen_1_leftImg8bit.png", "leftImg8bit/train/aachen/notes.txt",
      "gtFine/train/ulm/ulm_1_gtFine_labelIds.png", "gtFine/train/aachen/aachen_1_gtFine_labelIds.png",
      "gtFine/train/aachen/aachen_2_gtFine_labelIds.png", "gtFine/train/aachen/aachen_2_gtFine_labelTrainIds.png",
      "leftImg8bit/test/berlin/berlin_1_leftImg8bit.png")
    let dataset = try Dataset.open(kind: "cityscapes", root: folder.path)
    #expect(dataset.labels == .cityscapes)
    let samples = try dataset.samples(of: .train)
    #expect(
      samples.map { URL(filePath: $0.image).lastPathComponent }
        == ["aachen_1", "aachen_2", "ulm_1"].map { $0 + "_leftImg8bit.png" })
    #expect(samples[2].mask == folder.path + "/gtFine/train/ulm/ulm_1_gtFine_labelIds.png")
    #expect(try dataset.samples(of: .test).map(\.mask) == [nil])
    #expect(
      error { _ = try dataset.samples(of: .val) }
        == "\(folder.path)/leftImg8bit/val: no such folder; expected Cityscapes' layout "
        + "leftImg8bit/val/<city>/*_leftImg8bit.png (--data-root gives its folder)")
  }

  @Test func fallsBackToTrainingIds() throws {
    try touch("leftImg8bit/val/ulm/ulm_1_leftImg8bit.png", "gtFine/val/ulm/ulm_1_gtFine_labelTrainIds.png")
    let dataset = try Dataset.open(kind: "cityscapes", root: folder.path)
    #expect(dataset.labels == .cityscapesTrainIds)
    #expect(try dataset.samples(of: .val).count == 1)
  }

  @Test func listsCamVidWithJPEGImages() throws {
    try touch("train/b.jpg", "train/a.JPEG", "train/c.png", "train/.hidden.png", "train/Thumbs.db")
    try touch(
      "trainannot/a.png", "trainannot/b.png", "trainannot/c.png", "val/x.png", "valannot/y.png", "test/readme",
      "testannot/z.png")
    let dataset = try Dataset.open(kind: "CamVid", root: folder.path)
    #expect(
      try Array(dataset.samples(of: .train))
        == [("a.JPEG", "a.png"), ("b.jpg", "b.png"), ("c.png", "c.png")].map {
          Sample(image: "\(folder.path)/train/\($0.0)", mask: "\(folder.path)/trainannot/\($0.1)")
        })
    #expect(
      error { _ = try dataset.samples(of: .val) }
        == "1 of 1 images of camvid's split 'val' (--data-root gives the data set's folder) have no mask in "
        + "\(folder.path)/valannot with its name; the first is \(folder.path)/val/x.png; \(folder.path)/valannot/y.png lies there"
    )
    #expect(error { _ = try dataset.samples(of: .test) } == "\(folder.path): split 'test' of camvid has no images")
  }

  @Test func refusesUnknownKinds() {
    let unknown = error { _ = try Dataset.open(kind: "ade21k", root: "") }
    #expect(
      unknown?.hasPrefix(
        "unknown data set 'ade21k': expected a name, the path of a card (a .yaml file that names classes and folders), or "
          + "annotations such as coco:PATH (labelme, cvat, cvat-xml, coco, coco-panoptic, label-studio, voc, yolo, "
          + "roboflow, supervisely, cityscapes); did you mean 'ade20k'? The names are acdc, ade20k, bdd100k, ") == true)
    let here = FileManager.default.currentDirectoryPath
    #expect(
      error { _ = try Dataset.open(kind: "none/card.yaml", root: "") }
        == "none/card.yaml: the card cannot be read below \(here): No such file or directory; --dataset gives its path")
    #expect(
      error { _ = try Dataset.open(kind: "camvid", root: "").samples(of: .train) }
        == "the data set's folder is not given: --data-root (data.root) names it")
  }
}
