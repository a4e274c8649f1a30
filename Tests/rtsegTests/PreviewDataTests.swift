import Foundation
import SegmentationImage
import TestSupport
import Testing

@Suite struct PreviewDataTests {
  /// Two images of 20x30 pixels with two classes, and a card.
  private func makeCard(in folder: URL) throws -> String {
    for kind in ["images", "masks"] {
      try FileManager.default.createDirectory(at: folder.appending(path: kind), withIntermediateDirectories: true)
    }
    for (index, color) in [RGB(250, 20, 30), RGB(10, 200, 40)].enumerated() {
      try Image(height: 20, width: 30, filledWith: color).write(to: folder.appending(path: "images/\(index).png"))
      try Mask(height: 20, width: 30, filledWith: UInt8(index)).write(to: folder.appending(path: "masks/\(index).png"))
    }
    let text = """
      classes:
        - {name: rest, color: [0, 0, 100]}
        - {name: lawn, color: [0, 0, 200]}
      map: {0: rest, 1: lawn}
      splits:
        train: {images: images, masks: masks}
        val: {images: images, masks: masks}
      """
    let card = folder.appending(path: "card.yaml")
    try Data(text.utf8).write(to: card)
    return card.path
  }

  @Test func theSheetShowsImagesAndTheirLabels() throws {
    try withTemporaryFolder { folder in
      let card = try makeCard(in: folder)
      let sheet = folder.appending(path: "sheet.png")
      let result = try Program.run(
        "data", "preview", card, "--split", "val", "--output", sheet.path, "--columns", "2")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output == "2 images of val: \(sheet.path)\n")
      let image = try Image(contentsOf: sheet)
      #expect(image.size == ImageSize(height: 44, width: 64))
      // Above the images as they are, below them half their color and half the class's.
      #expect(image[5, 5] == RGB(250, 20, 30) && image[40, 5] == RGB(10, 200, 40))
      #expect(image[5, 30] == RGB(125, 10, 65) && image[40, 30] == RGB(5, 100, 120))
      #expect(image[31, 5] == RGB(255, 255, 255) && image[5, 21] == RGB(255, 255, 255))
    }
  }

  @Test func trainingImagesComeAsTheyAreTrainedOn() throws {
    try withTemporaryFolder { folder in
      let card = try makeCard(in: folder)
      let configuration = folder.appending(path: "run.yaml")
      try Data("augmentation: {crop_size: 24x40, cutout: {probability: 1}}\n".utf8).write(to: configuration)
      func sheet(_ name: String, _ arguments: [String]) throws -> Image {
        let file = folder.appending(path: name)
        let result = try Program.run(
          ["data", "preview", card, "--config", configuration.path, "--output", file.path, "--count", "3"] + arguments)
        #expect(result.status == 0, "\(result.errors)")
        return try Image(contentsOf: file)
      }
      let first = try sheet("1.png", ["--seed", "3"])
      // Three columns of 24x40, padded with gray, and with the darkened gray of ignored pixels below.
      #expect(first.size == ImageSize(height: 52, width: 128))
      #expect(first[0, 0] == RGB(114, 114, 114) && first[0, 28] == RGB(57, 57, 57))
      #expect(try sheet("2.png", ["--seed", "3"]) == first)
      #expect(try sheet("3.png", ["--seed", "4"]) != first)
      #expect(try sheet("4.png", ["--seed", "3", "--set", "augmentation.padding=reflect"])[0, 0] != RGB(114, 114, 114))
    }
  }

  @Test func badInputGetsOneLine() throws {
    try withTemporaryFolder { folder in
      let card = try makeCard(in: folder)
      let image = folder.appending(path: "images/0.png")
      let before = try Data(contentsOf: image)
      func check(_ arguments: [String], _ status: Int32, _ text: String) throws {
        let result = try Program.run(["data", "preview"] + arguments)
        #expect(result.status == status && result.errors.contains(text), "\(result.errors)")
        if status == 1 { #expect(result.errorLines.count == 1) }
      }
      try check([card, "--output", image.path], 1, "would replace the input")
      try check([card, "--output", folder.path + "/none/sheet.png"], 1, "/none does not exist")
      try check([card, "--output", "sheet.gif"], 64, "expected a name that ends in .png, .jpg or .jpeg")
      try check(["--output", folder.path + "/a.png"], 64, "name the data set")
      try check([card, "--output", folder.path + "/a.png", "--count", "0"], 64, "--count: expected 1 to 256, found 0")
      try check(
        [card, "--output", folder.path + "/a.png", "--set", "epochs=3"], 64, "--set epochs has no effect on a preview")
      try check([card, "--output", folder.path + "/a.png", "--split", "test"], 1, "test")
      #expect(try Data(contentsOf: image) == before)
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/a.png"))
    }
  }
}
