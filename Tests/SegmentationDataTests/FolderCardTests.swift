import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

@Suite struct FolderCardTests {
  static let card = """
    name: garden
    root: pictures
    classes:
      - {name: path, color: [128, 64, 128]}
      - {name: lawn, color: [0, 128, 0]}
    map:
      0: path
      255: lawn
      128: ignored
    splits:
      train: {images: images, masks: masks}
      val: {list: val.txt}
      test: {images: images}
    """

  private func error(_ yaml: String) -> String {
    do { _ = try FolderCard(yaml: yaml, path: "card.yaml") } catch { return error.description }
    return "no error"
  }

  private func changed(_ text: String, to replacement: String) -> String {
    Self.card.replacing(text, with: replacement)
  }

  @Test func readsEveryField() throws {
    let card = try FolderCard(yaml: Self.card, path: "sets/card.yaml")
    #expect(card.name == "garden")
    #expect(card.root == "sets/pictures")
    #expect(card.labels.classes == [ClassInfo("path", RGB(128, 64, 128)), ClassInfo("lawn", RGB(0, 128, 0))])
    #expect(card.labels.encoding == .values([0: 0, 255: 1, 128: 255]))
    #expect(
      card.splits == [
        .train: [.folders(images: "images", masks: "masks")], .val: [.list("val.txt")],
        .test: [.folders(images: "images", masks: nil)],
      ])
  }

  @Test func readsColorsAndOther() throws {
    let map = "map: {\"#804080\": path, \"#00FF00\": lawn, other: ignored}\nsplits"
    let yaml = Self.card.replacing(/map:[^s]*(?:s[^p][^s]*)*splits/, with: map)
    let card = try FolderCard(yaml: yaml, path: "card.yaml")
    #expect(card.labels.encoding == .colors([RGB(128, 64, 128): 0, RGB(0, 255, 0): 1], other: 255))
    let values = try FolderCard(yaml: changed("128: ignored", to: "other: ignored"), path: "card.yaml")
    guard case .values(let all) = values.labels.encoding else { return #expect(Bool(false)) }
    #expect(all.count == 256 && all[0] == 0 && all[255] == 1 && all[7] == 255)
  }

  @Test func readsWhatIsWhite() throws {
    let card = try FolderCard(yaml: changed("root: pictures", to: "white: 4095"), path: "card.yaml")
    #expect(card.white == 4095)
    #expect(card.dataset().white == 4095)
    #expect(card.dataset().splitting(validationShare: 0.5).white == 4095)
    #expect(try FolderCard(yaml: Self.card, path: "card.yaml").white == nil)
  }

  @Test func errorsNameTheLine() {
    #expect(
      error(changed("root:", to: "rot:"))
        == "card.yaml:2: unknown key 'rot' in the card; expected name, base, root, white, tolerance, "
        + "classes, map, background, merge, splits")
    #expect(
      error(changed("images: images, masks", to: "image: images, masks")).hasPrefix("card.yaml:11: unknown key 'image'")
    )
    #expect(
      error(changed("{name: path, color", to: "{name: path, colour")).hasPrefix(
        "card.yaml:4: unknown key 'colour' in a class"))
    #expect(
      error(changed("[0, 128, 0]", to: "[0, 128]")).hasPrefix("card.yaml:5: the color of 'lawn' must be three numbers"))
    #expect(error(changed("[0, 128, 0]", to: "[0, 128, 256]")).hasPrefix("card.yaml:5: the color of 'lawn'"))
    #expect(
      error(changed("255: lawn", to: "255: grass")).hasPrefix(
        "card.yaml:8: 'grass' in the map is neither a class nor 'ignored'"))
    #expect(
      error(changed("255: lawn", to: "65536: lawn")).hasPrefix("card.yaml:8: '65536' in the map is neither a value"))
    #expect(error(changed("255: lawn", to: "255: path")).hasSuffix("class 'lawn' has no value in the map"))
    #expect(error(changed("name: lawn", to: "name: path")).hasPrefix("card.yaml:5: class 'path' is there twice"))
    #expect(
      error(changed("{list: val.txt}", to: "{list: val.txt, masks: m}")).hasPrefix("card.yaml:12: split 'val' needs"))
    #expect(
      error(changed("images: images, masks: masks", to: "images: images, masks: {suffix: _L.png}"))
        == "card.yaml:11: 'masks' lacks 'folder'")
    #expect(
      error(changed("name: lawn", to: "name: \"la\\twn\"")).hasPrefix("card.yaml:5: 'name' has a control character"))
    #expect(
      error(changed("name: lawn", to: "name: \(String(repeating: "x", count: 201))"))
        .hasSuffix("must have at most 200 characters and no blanks at its ends"))
    #expect(
      error(changed("  255: lawn", to: "  255: lawn\n  \"255\": path")) == "card.yaml:9: '255' is in the map twice")
    #expect(
      error(changed("255: lawn", to: "010: lawn")).contains("neither a value from 0 to 65535 in plain digits, without"))
    #expect(
      error(changed("root: pictures", to: "white: 70000"))
        == "card.yaml:2: 'white': expected a number from 1 to 65535, such as 4095")
    #expect(error(changed("[0, 128, 0]", to: "[0, 010, 0]")).hasSuffix("without leading zeros, 0o, 0b, _ or :"))
    #expect(error(changed("  val:", to: "  valid:")).hasPrefix("card.yaml:12: unknown key 'valid' in 'splits'"))
    #expect(error("classes: [").hasPrefix("card.yaml:1: not valid YAML"))
    #expect(error("just text").hasPrefix("card.yaml: expected keys"))
    #expect(error("name: x").hasSuffix("the card lacks 'classes'"))
    for text in [error("classes: ["), error("name: x")] { #expect(!text.contains("\n")) }
  }

  @Test func namesWhatIsNoTextNoMapAndNoFolder() throws {
    #expect(error(changed("name: lawn", to: "name: ~")) == "card.yaml:5: 'name': expected text")
    let noMap = changed("  0: path\n  255: lawn\n  128: ignored\n", to: "  [path, lawn]\n")
    #expect(error(noMap).hasPrefix("card.yaml:7: 'map' needs keys: raw mask values or colors, each with its class"))
    #expect(
      error(changed("map:", to: "map:\u{A0}{"))
        == "card.yaml:6: the line has a special blank in it (U+A0); write a plain one")
    let dataset = try FolderCard(yaml: Self.card, path: "/no/card.yaml").dataset()
    #expect(
      message { _ = try dataset.samples(of: .train) }
        == "/no/pictures/images: no such folder; expected the images of split 'train' of /no/card.yaml; its paths begin "
        + "at its root, or at --data-root if that is given")
  }

  @Test func listsFoldersAndListFiles() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.card, to: "card.yaml")
    for name in ["images/a.png", "images/b c.jpg", "masks/a.png", "masks/b c.png"] {
      try folder.write("", to: "pictures/\(name)")
    }
    let list = "# image and mask\nimages/a.png masks/a.png\n\nimages/b c.jpg\tmasks/b c.png\n"
    try folder.write(list, to: "pictures/val.txt")
    // A data set that is open lists its files once.
    func samples(_ split: Split) throws -> [Sample] {
      Array(try Dataset.open(kind: "\(folder.path)/card.yaml", root: "").samples(of: split))
    }
    let root = "\(folder.path)/pictures"
    let expected = [
      Sample(image: "\(root)/images/a.png", mask: "\(root)/masks/a.png"),
      Sample(image: "\(root)/images/b c.jpg", mask: "\(root)/masks/b c.png"),
    ]
    #expect(try samples(.train) == expected)
    #expect(try samples(.val) == expected)
    #expect(try samples(.test).map(\.mask) == [nil, nil])

    try folder.write("images/a.png masks/none.png\n", to: "pictures/val.txt")
    #expect(throws: DataError("\(root)/val.txt:1: \(root)/masks/none.png does not exist")) {
      try samples(.val)
    }
    try FileManager.default.removeItem(atPath: "\(root)/val.txt")
    #expect(throws: DataError.self) { try samples(.val) }
  }
}
