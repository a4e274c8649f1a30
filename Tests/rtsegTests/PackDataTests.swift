import Foundation
import SegmentationImage
import TestSupport
import Testing

/// `rtseg data pack`, and the archives read by other programs and by RTSeg.
@Suite struct PackDataTests {
  private let folder: ProgramFolder

  init() throws {
    folder = try ProgramFolder()
    try folder.drawScenes(8)
  }

  private var card: String { folder.path("shards/card.yaml") }

  private func pack(_ more: String...) throws -> Program.Result {
    try Program.run(
      ["data", "pack", "cityscapes", "--data-root", folder.path("scenes"), "--output", folder.path("shards")] + more)
  }

  @Test func `archives have a card, and are checked and scored as the files are`() throws {
    let result = try pack("--samples-per-shard", "3")
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
    #expect(result.output.contains(" archives\n") && result.output.hasSuffix("card: \(card)\n"), "\(result.output)")
    let checks = try [["cityscapes", "--data-root", folder.path("scenes")], [card]].map {
      try Program.run(["data", "check", "--no-cache", "--dataset"] + $0)
    }
    // Notes name files.
    let facts = checks.map { $0.output.split(separator: "\n").filter { !$0.hasPrefix("note: ") } }
    #expect(facts[0] == facts[1] && facts[0].count > 10, "\(facts)")
    #expect(checks.allSatisfy { $0.status == checks[0].status })
    try folder.writeWeights(of: "fssnet", to: "weights.safetensors")
    let scores = try [("files", ["--data-root", folder.path("scenes")]), ("shards", ["--dataset", card])].map {
      try Program.run(
        [
          "val", "--model", "fssnet", "--checkpoint", folder.path("weights.safetensors"), "--threads", "1", "--output",
          folder.path("scores of \($0)"), "--worst", "2",
        ] + $1)
    }
    #expect(scores.allSatisfy { $0.status == 0 }, "\(scores)")
    func lines(_ index: Int) -> [Substring] {
      scores[index].output.split(separator: "\n").filter { $0.contains("IoU") }
    }
    #expect(lines(0) == lines(1) && !lines(0).isEmpty)
    let sheet = try Program.run("data", "preview", card, "--split", "val", "--output", folder.path("sheet.png"))
    #expect(sheet.status == 0, "\(sheet.errors)")
  }

  @Test func `other programs unpack the archives`() throws {
    #expect(try pack("--split", "val").status == 0)
    let result = try Program.shell(
      "mkdir '\(folder.path("unpacked"))' && tar -xf '\(folder.path("shards/val-000000.tar"))' -C '\(folder.path("unpacked"))'"
    )
    #expect(result.status == 0, "\(result.errors)")
    let masks = folder.tree("unpacked").filter { $0.hasSuffix(".seg.png") }
    #expect(masks.count * 2 == folder.tree("unpacked").count && !masks.isEmpty)
    for mask in masks {
      let image = mask.replacing("seg.png", with: "png")
      let size = try Image(contentsOf: folder.url.appending(path: "unpacked/\(image)")).size
      #expect(try Mask(contentsOf: folder.url.appending(path: "unpacked/\(mask)")).size == size)
    }
  }

  @Test func `what cannot be packed is told in one line`() throws {
    #expect(try pack().status == 0)
    let again = try pack()
    #expect(again.status == 1 && again.errorLines.count == 1)
    #expect(again.errors.contains("expected a new or empty folder, found card.yaml in it"))
    for (option, value) in [("--shard-size", "0"), ("--shard-size", "1TB"), ("--samples-per-shard", "0")] {
      #expect(try pack(option, value).status == 64)
    }
    let missing = try Program.run("data", "pack", folder.path("none.yaml"), "--output", folder.path("other"))
    #expect(missing.status == 1 && missing.errorLines.count == 1 && missing.errors.contains("the card cannot be read"))
    try Data([0x1F, 0x8B, 8, 0]).write(to: folder.url.appending(path: "shards/val-000000.tar"))
    let compressed = try Program.run("data", "check", "--no-cache", "--dataset", card)
    #expect(compressed.status == 1 && compressed.output.contains("problem: val: "), "\(compressed.output)")
  }
}
