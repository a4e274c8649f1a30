import Foundation
import SegmentationImage
import TestSupport
import Testing

@Suite struct CheckDataTests {
  /// Two images of training, the first with an orientation that turns it upside down, and one of validation.
  private func makeData(in folder: URL, map: String) throws -> String {
    for (split, count) in [("train", 2), ("val", 1)] {
      for kind in ["images", "masks"] {
        try FileManager.default.createDirectory(
          at: folder.appending(path: "\(split)/\(kind)"), withIntermediateDirectories: true)
      }
      for index in 0..<count {
        let color = RGB(UInt8(index), split == "val" ? 9 : 0, 200)
        try Image(height: 2, width: 2, filledWith: color)
          .write(to: folder.appending(path: "\(split)/images/\(index).png"))
        try Mask(height: 2, width: 2, values: [0, 0, 255, 255])
          .write(to: folder.appending(path: "\(split)/masks/\(index).png"))
      }
    }
    // An eXIf chunk with orientation 3; its checksum is not looked at.
    let block: [UInt8] =
      [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0] + [0x12, 1, 3, 0, 1, 0, 0, 0, 3, 0, 0, 0] + [0, 0, 0, 0]
    let file = folder.appending(path: "train/images/0.png")
    var bytes = try Data(contentsOf: file)
    bytes.insert(contentsOf: [0, 0, 0, UInt8(block.count)] + Array("eXIf".utf8) + block + [0, 0, 0, 0], at: 33)
    try bytes.write(to: file)
    let card = folder.appending(path: "card.yaml")
    let text = """
      classes:
        - {name: rest, color: [0, 0, 0]}
        - {name: lawn, color: [0, 128, 0]}
      map: \(map)
      splits:
        train: {images: train/images, masks: train/masks}
        val: {images: val/images, masks: val/masks}
      """
    try Data(text.utf8).write(to: card)
    return card.path
  }

  @Test func ignoredClassesFailTheCheckAndAMapIsProposed() throws {
    try withTemporaryFolder { folder in
      let card = try makeData(in: folder, map: "{0: rest, 1: lawn, 255: ignored}")
      let result = try Program.run("data", "check", "--dataset", card)
      #expect(result.status == 1)
      #expect(result.output.contains("problem: train: all labelled pixels are 'rest', one of 2 classes"))
      #expect(result.output.contains("a map that covers all values:\nmap:\n  0: rest\n  255: lawn\n"))
      #expect(result.output.contains("\n1 problem\n"))
    }
  }

  @Test func notesDoNotFailTheCheck() throws {
    try withTemporaryFolder { folder in
      let card = try makeData(in: folder, map: "{0: rest, 255: lawn}")
      let text = try Program.run("data", "check", "--dataset", card)
      #expect(text.status == 0, "\(text.output)")
      #expect(text.output.contains("note: train: 1 image carries an EXIF orientation and was turned upright"))
      #expect(text.output.hasSuffix("no problems found\n"))
      let json = try Program.run("data", "check", "--dataset", card, "--json", "--exif-orientation", "ignore")
      #expect(json.status == 0)
      #expect(json.output.contains("\"oriented_images\" : 1"))
      #expect(json.output.contains("an EXIF orientation, which is ignored"))
      let wrong = try Program.run("data", "check", "--dataset", card, "--exif-orientation", "turn")
      #expect(wrong.status == 64)
    }
  }

  @Test func resultsAreKeptUnlessTheyAreNotWanted() throws {
    try withTemporaryFolder { folder in
      let card = try makeData(in: folder, map: "{0: rest, 255: lawn}")
      let environment = ["RTSEG_CACHE": folder.appending(path: "cache").path]
      func check(_ more: String...) throws -> Program.Result {
        try Program.run(["data", "check", "--dataset", card] + more, environment: environment)
      }
      let without = try check("--no-cache")
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "cache").path))
      #expect(try check() == without)
      let names = try files(in: folder.appending(path: "cache/checks")).filter { $0.hasSuffix(".results") }
      #expect(names.count == 1)
      #expect(try check() == without && without.status == 0 && without.errors.isEmpty)
      try Data("junk".utf8).write(to: folder.appending(path: "cache/checks/\(names[0])"))
      let damaged = try check()
      #expect(damaged.output == without.output && damaged.status == 0 && damaged.errorLines.count == 1)
      #expect(damaged.errors.contains("the results of earlier checks are damaged or of another version"))
      #expect(try check("--no-cache") == without)
    }
  }

  /// The mean and the deviation of the bands, np.stack([x * 500, y * 900, x * y, x + 1000 * y, 65535 - x]) / 65535.
  @Test func imagesOfOtherChannelsHaveTheirMeans() throws {
    try withTemporaryFolder { folder in
      let formats = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "SegmentationImageTests/Fixtures/formats")
      for name in ["images", "masks"] {
        try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
      }
      for (from, to) in [("five.tif", "images/a.tif"), ("mask.tif", "masks/a.tif")] {
        try FileManager.default.copyItem(at: formats.appending(path: from), to: folder.appending(path: to))
      }
      let card = folder.appending(path: "card.yaml")
      try Data(
        """
        classes: [{name: a, color: [0, 0, 0]}, {name: b, color: [9, 9, 9]}]
        map: {0: a}
        background: b
        splits: {train: {images: images, masks: masks}}
        """.utf8
      ).write(to: card)
      let environment = ["RTSEG_CACHE": folder.appending(path: "cache").path]
      func check(_ more: String...) throws -> Program.Result {
        try Program.run(
          ["data", "check", "--dataset", card.path, "--channels", "5", "--pixel-type", "uint16"] + more,
          environment: environment)
      }
      let result = try check()
      #expect(
        result.output.contains(
          "mean, std   [0.1373, 0.1373, 0.0027, 0.1529, 0.9997], [0.0815, 0.0832, 0.0025, 0.0924, 0.0002]"),
        "\(result.output)\(result.errors)")
      // The second check takes the sums from the results of the first one.
      #expect(try check() == result)
      #expect(try check("--no-cache") == result)
      let plain = try Program.run("data", "check", "--dataset", card.path)
      #expect(plain.status == 1 && plain.output.contains("the TIFF has 5 channels that are no colors"))
      #expect(try Program.run("data", "check", "--dataset", card.path, "--channels", "0").status == 64)
    }
  }
}
