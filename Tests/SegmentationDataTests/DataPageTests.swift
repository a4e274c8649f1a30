import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// The page that shows a data set, read as a browser reads it.
struct DataPageTests {
  private static let hostile = "</script><img src=x onerror=alert(1)>\"'&"
  private static let size = ImageSize(height: 24, width: 32)

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Three images for training, of which the last is the only one with the third class, and one for validation.
  private func dataset() throws -> Dataset {
    for (split, number, classes) in [("train", 0, 2), ("train", 1, 2), ("train", 2, 3), ("val", 3, 2)] {
      try TemporaryFolder.image(number).write(to: URL(filePath: folder.file("\(split)/\(number).png")))
      try TemporaryFolder.mask(number, classes: classes).write(to: URL(filePath: folder.file("masks/\(number).png")))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    let name = String(decoding: try encoder.encode(Self.hostile), as: UTF8.self)
    try folder.write(
      """
      name: \(name)
      classes:
        - {name: rest, color: [0, 0, 100]}
        - {name: \(name), color: [0, 200, 0]}
        - {name: rare, color: [200, 0, 0]}
      map: {0: rest, 1: \(name), 2: rare}
      splits:
        train: {images: train, masks: masks}
        val: {images: val, masks: masks}
      """, to: "card.yaml")
    return try FolderCard(contentsOf: "\(folder.path)/card.yaml").dataset()
  }

  private func samples(_ page: Page) -> [Page.Element] { page["li"].filter { $0.attributes["class"] == "sample" } }

  private func data(_ address: String?, _ type: String) throws -> [UInt8] {
    let text = try #require(address), start = "data:\(type);base64,"
    try #require(text.hasPrefix(start))
    return Array(try #require(Data(base64Encoded: String(text.dropFirst(start.count)))))
  }

  @Test func `the oddest samples come first, with their classes and pictures`() throws {
    let made = try DataPage(of: dataset())
    #expect(made.count == 4 && made.total == 4)
    let page = try Page(made.html())
    let samples = samples(page)
    #expect(samples.map { $0.attributes["data-split"] } == ["train", "train", "train", "val"])
    #expect(samples.map { $0.attributes["data-classes"] } == ["0 1 2", "0 1", "0 1", "0 1"])
    #expect(page.texts("h3") == ["train/2.png", "train/0.png", "train/1.png", "val/3.png"])
    #expect(samples[0].text.contains("shows rare, as 1 of 4 samples do"))
    let table = page.table("Share of the labelled pixels")
    #expect(table[0] == ["Class", "train", "val"])
    #expect(table.map(\.first) == ["Class", "rest", Self.hostile, "rare"])
    #expect(table[3][1].hasSuffix(", 1 image") && table[3][2] == "0 %, 0 images")
  }

  @Test func `pictures are the image and its labels in the colors of the classes`() throws {
    let page = try Page(DataPage(of: dataset()).html())
    let pictures = page["img"]
    #expect(pictures.count == 8)
    let bytes = try data(pictures[0].attributes["src"], "image/jpeg")
    let image = try bytes.withUnsafeBufferPointer { try Image(EncodedImage($0, path: "image")) }
    #expect(image.size == Self.size)
    let labels = try data(pictures[1].attributes["src"], "image/png")
    try labels.withUnsafeBufferPointer { bytes in
      let file = try EncodedImage(bytes, path: "labels")
      #expect(file.isPalette)
      #expect(try Mask(file) == TemporaryFolder.mask(2, classes: 3))
      let colors = try file.palette().colors
      #expect(colors.prefix(3) == [RGB(0, 0, 100), RGB(0, 200, 0), RGB(200, 0, 0)] && colors[255] == .black)
    }
  }

  @Test func `pictures and their number are bounded`() throws {
    var options = DataPage.Options()
    (options.limit, options.side) = (2, 16)
    let made = try DataPage(of: dataset(), options: options)
    #expect(made.count == 2 && made.total == 4)
    let page = try Page(made.html())
    #expect(samples(page).count == 2 && page["img"].count == 4)
    #expect(page["img"][0].attributes["width"] == "16" && page["img"][0].attributes["height"] == "12")
    #expect(page.texts("p").contains("The 2 oddest of 4 samples (train 3, val 1)."))
    (options.limit, options.side) = (1000, 1024)
    let refusal = message { _ = try DataPage(of: dataset(), options: options) }
    #expect(refusal?.contains("are too many for a page") == true)
  }

  @Test func `names are texts and never markup`() throws {
    let html = try DataPage(of: dataset()).html()
    #expect(!html.contains(Self.hostile) && !html.contains("<img src=x"))
    #expect(html.components(separatedBy: "</script>").count == 2)
    let page = try Page(html)
    #expect(page.texts("h1") == ["Data set \(Self.hostile)"] && page["script"].count == 1)
    #expect(page.texts("option").contains(Self.hostile))
    // Nothing is loaded from elsewhere.
    let addresses = page.elements.flatMap { element in ["src", "href"].compactMap { element.attributes[$0] } }
    #expect(addresses.allSatisfy { $0.hasPrefix("data:") || $0.hasPrefix("#") })
    #expect(page.elements.allSatisfy { element in element.attributes.keys.allSatisfy { !$0.hasPrefix("on") } })
    // The policy lets the browser run the page's own script alone.
    let policy = page["meta"].compactMap { $0.attributes["content"] }.first { $0.hasPrefix("default-src 'none'") }
    #expect(policy?.contains("script-src 'sha256-") == true)
  }

  @Test func `what the check finds stands beside the sample`() throws {
    let dataset = try dataset()
    try folder.write("no image", to: "train/1.png")
    var mask = TemporaryFolder.mask(0, classes: 2)
    for place in 0..<5 { mask[place, 0] = 77 }
    try mask.write(to: URL(filePath: folder.file("masks/0.png")))
    try FileManager.default.removeItem(atPath: folder.file("val/3.png"))
    try FileManager.default.copyItem(atPath: folder.file("train/2.png"), toPath: folder.file("val/3.png"))
    let page = try Page(DataPage(of: dataset).html())
    let texts = Dictionary(
      uniqueKeysWithValues: zip(page.texts("h3"), samples(page)).map { ($0, ($1.attributes["data-findings"], $1.text)) }
    )
    #expect(texts["train/1.png"]?.0 == "1")
    #expect(texts["train/1.png"]?.1.contains("no PNG, JPEG, TIFF, WebP or BMP file") == true)
    #expect(texts["train/1.png"]?.1.contains("The image cannot be shown.") == true)
    #expect(texts["train/0.png"]?.1.contains("a value stands for no class: 77, 5 pixels") == true)
    #expect(texts["train/2.png"]?.1.contains("the same image in several splits: \(folder.path)/val/3.png") == true)
    #expect(page.texts("summary").contains { $0.hasPrefix("The check finds 3 problems") })
  }

  @Test func `the same data gives the same page, which replaces an older one`() throws {
    let dataset = try dataset()
    let html = try DataPage(of: dataset).html()
    #expect(try DataPage(of: dataset).html() == html)
    try folder.write("old", to: "page.html")
    try DataPage(of: dataset).write(to: URL(filePath: folder.file("page.html")))
    #expect(try String(contentsOf: URL(filePath: folder.file("page.html")), encoding: .utf8) == html)
    #expect(try folder.files.filter { $0.hasPrefix(".") } == [])
  }

  @Test func `samples that are in no file are shown, too`() throws {
    struct Drawn: SegmentationDataset {
      let name = "drawn"
      let classes = [ClassInfo("one", RGB(255, 0, 0))]
      func count(of split: Split) -> Int { split == .train ? 2 : 0 }
      func sample(_ index: Int, of split: Split) -> LabelledImage {
        LabelledImage(image: Image(height: 4, width: 6), labels: Mask(height: 4, width: 6))
      }
    }
    let page = try Page(DataPage(of: Dataset(Drawn())).html())
    #expect(page.texts("h3") == ["train/0", "train/1"] && page["img"].count == 4)
  }
}
