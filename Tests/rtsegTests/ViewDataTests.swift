import Foundation
import SegmentationImage
import TestSupport
import Testing

@Suite struct ViewDataTests {
  private let folder: ProgramFolder

  init() throws {
    folder = try ProgramFolder()
    try folder.drawScenes(5)
  }

  private func view(_ arguments: String...) throws -> Program.Result {
    try Program.run(["data", "view", "cityscapes", "--data-root", folder.path("scenes")] + arguments)
  }

  @Test func `a page of the data set is written`() throws {
    let file = folder.path("page.html")
    let result = try view("--output", file, "--limit", "3")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == "3 of 5 samples: \(file)\n")
    let page = try Page(String(contentsOf: URL(filePath: file), encoding: .utf8))
    #expect(page.texts("h1") == ["Data set cityscapes"] && page.texts("h3").count == 3)
    #expect(page.table("Share of the labelled pixels").count == 20)
  }

  @Test func `the orientation is applied or ignored`() throws {
    let card = folder.path("card.yaml")
    try folder.writeImage("images/a.png")
    try folder.writeImage("masks/a.png", .black)
    let text = """
      classes: [{name: all, color: [0, 200, 0]}]
      map: {"#000000": all}
      splits: {train: {images: images, masks: masks}}
      """
    try Data(text.utf8).write(to: URL(filePath: card))
    for name in ["images/a.png", "masks/a.png"] {
      // An eXIf chunk with orientation 6, a quarter turn; its checksum is not looked at.
      let block: [UInt8] =
        [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0] + [0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0] + [0, 0, 0, 0]
      var bytes = try Data(contentsOf: URL(filePath: folder.path(name)))
      bytes.insert(contentsOf: [0, 0, 0, UInt8(block.count)] + Array("eXIf".utf8) + block + [0, 0, 0, 0], at: 33)
      try bytes.write(to: URL(filePath: folder.path(name)))
    }
    func shownSize(_ arguments: String...) throws -> [String?] {
      let file = folder.path("page.html")
      let result = try Program.run(["data", "view", card, "--output", file] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      let picture = try Page(String(contentsOf: URL(filePath: file), encoding: .utf8))["img"][0]
      return [picture.attributes["width"], picture.attributes["height"]]
    }
    #expect(try shownSize() == ["37", "61"])
    #expect(try shownSize("--exif-orientation", "ignore") == ["61", "37"])
  }

  @Test func `images of other channels are shown by the first ones`() throws {
    let formats = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "SegmentationImageTests/Fixtures/formats")
    for name in ["images", "masks"] {
      try FileManager.default.createDirectory(
        at: URL(filePath: folder.path(name)), withIntermediateDirectories: true)
    }
    for (from, to) in [("five.tif", "images/a.tif"), ("mask.tif", "masks/a.tif")] {
      try FileManager.default.copyItem(at: formats.appending(path: from), to: URL(filePath: folder.path(to)))
    }
    let card = folder.path("card.yaml")
    let text = """
      classes: [{name: a, color: [0, 0, 0]}, {name: b, color: [9, 9, 9]}]
      map: {0: a}
      background: b
      splits: {train: {images: images, masks: masks}}
      """
    try Data(text.utf8).write(to: URL(filePath: card))
    func pictures(_ arguments: String...) throws -> Int {
      let file = folder.path("page.html")
      let result = try Program.run(["data", "view", card, "--output", file] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      return try Page(String(contentsOf: URL(filePath: file), encoding: .utf8))["img"].count
    }
    #expect(try pictures("--channels", "5", "--pixel-type", "uint16") == 2)
    #expect(try pictures() == 0)
  }

  @Test func `bad input gets one line`() throws {
    let image = try #require(folder.tree("scenes").first { $0.hasSuffix(".png") })
    func check(_ arguments: [String], _ status: Int32, _ text: String) throws {
      let result = try Program.run(["data", "view"] + arguments)
      #expect(result.status == status && result.errors.contains(text), "\(result.errors)")
      if status == 1 { #expect(result.errorLines.count == 1) }
    }
    let scenes = ["cityscapes", "--data-root", folder.path("scenes")]
    try check(scenes + ["--output", folder.path("none/page.html")], 1, "/none does not exist")
    try check(scenes + ["--output", folder.path("page.png")], 64, "expected a name that ends in .html")
    try check(scenes + ["--output", "a.html", "--limit", "0"], 64, "--limit: expected 1 to 5000, found 0")
    try check(scenes + ["--output", "a.html", "--size", "5"], 64, "--size: expected 16 to 1024, found 5")
    try check(
      scenes + ["--output", "a.html", "--size", "1024", "--limit", "257"], 64,
      "--limit: expected at most 256 pictures of --size 1024, found 257")
    try check([folder.path("no.yaml"), "--output", folder.path("a.html")], 1, "no.yaml")
    let link = folder.path("link.html")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path("scenes/\(image)"))
    try check(scenes + ["--output", link], 1, "would replace the input")
    #expect(!FileManager.default.fileExists(atPath: folder.path("a.html")))
  }
}
