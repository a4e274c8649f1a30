import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// Annotations that are damaged, or made to do harm.
struct HostileAnnotationTests {
  private let folder: TemporaryFolder
  private var source: String { folder.url.appending(path: "in").path }

  init() throws { folder = try TemporaryFolder() }

  private func put(_ text: String, _ name: String) throws {
    let url = URL(filePath: "\(source)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  private func putImage(_ name: String, height: Int = 8, width: Int = 10) throws {
    let url = URL(filePath: "\(source)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Image(height: height, width: width).write(to: url)
  }

  private func problem(
    _ format: AnnotationFormat, _ path: String? = nil, _ findings: AnnotationFindings = AnnotationFindings()
  ) -> String? {
    message {
      _ = try AnnotationImport(format, from: path ?? source, to: folder.url.appending(path: "out").path)
        .run(findings: findings)
    }
  }

  struct Document: CustomTestStringConvertible {
    let format: AnnotationFormat
    let name: String
    let text: String
    let problem: String
    var testDescription: String { "\(format.rawValue): \(problem)" }
  }

  private static let deep = String(repeating: "[", count: 100_000)

  @Test(arguments: [
    Document(format: .coco, name: "annotations/instances_train.json", text: "{", problem: "it is not valid JSON"),
    Document(format: .coco, name: "annotations/instances_train.json", text: deep, problem: "it is not valid JSON"),
    Document(format: .coco, name: "annotations/instances_train.json", text: "{}", problem: "the file lacks 'images'"),
    Document(
      format: .coco, name: "annotations/instances_train.json", text: #"{"images": [{"id": "x"}]}"#,
      problem: "'images[0].id': expected a whole number"),
    Document(
      format: .coco, name: "annotations/instances_train.json",
      text: #"{"images": [], "annotations": [], "categories": [{"id": 1, "name": "a\u0007"}]}"#,
      problem: "cannot be a class's name"),
    Document(
      format: .coco, name: "annotations/instances_train.json",
      text: #"{"images": [], "annotations": [], "categories": []}"#,
      problem: "no image with annotations is left"),
    Document(
      format: .cvat, name: "labelmap.txt", text: "cat:1,2::\n", problem: "is no line like name:red,green,blue::"),
    Document(format: .cvat, name: "labelmap.txt", text: "a:1,2,3::\nb:1,2,3::\n", problem: "have the same color"),
    Document(
      format: .cvatXML, name: "annotations.xml",
      text: "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><annotations>&c;</annotations>",
      problem: "it declares a document type or entities"),
    Document(format: .cvatXML, name: "annotations.xml", text: "<annotations><image", problem: "it is not CVAT's XML"),
    Document(
      format: .cvatXML, name: "annotations.xml",
      text: "<annotations><image name=\"a.png\" width=\"-1\" height=\"2\"/></annotations>",
      problem: "an image lacks its name, its height or its width"),
    Document(
      format: .cvatXML, name: "annotations.xml", text: String(repeating: "<a>", count: 100), problem: "nested deeper"),
    Document(format: .yolo, name: "data.yaml", text: "names: {0: a, 2: b}\ntrain: x\n", problem: "without gaps"),
    Document(format: .yolo, name: "data.yaml", text: "train: x\n", problem: "it has no 'names' of classes"),
    Document(
      format: .yolo, name: "data.yaml", text: "names: [a]\ntrain: nowhere\n", problem: "neither a folder of images"),
    Document(
      format: .roboflow, name: "train/_classes.csv", text: "Pixel Value, Class\nx, y\n",
      problem: "is no line like 1, name"),
    Document(format: .supervisely, name: "meta.json", text: "[]", problem: "expected keys with values"),
    Document(format: .labelStudio, name: "export.json", text: "{}", problem: "it is no file"),
    Document(format: .labelMe, name: "a.json", text: #"{"shapes": []}"#, problem: "no image with annotations is left"),
    Document(
      format: .cityscapes, name: "gtFine/train/a.json", text: "{}", problem: "there is no *_gtFine_polygons.json"),
    Document(format: .voc, name: "SegmentationClass/a.png", text: "", problem: "there is no train.txt"),
    Document(
      format: .cocoPanoptic, name: "annotations/panoptic_val.json", text: #"{"images": 3}"#,
      problem: "'images': expected a list"),
  ])
  func `damaged files get one line`(_ document: Document) throws {
    try put(document.text, document.name)
    let found = problem(document.format)
    #expect(found?.contains(document.problem) == true, "\(found ?? "no error")")
    #expect(found?.contains("\n") == false)
    #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "out/card.yaml").path))
  }

  struct Place: CustomTestStringConvertible {
    let format: AnnotationFormat
    let name: String
    var image: String?
    var testDescription: String { "\(format.rawValue): \(name)" }
  }

  @Test(
    arguments: [
      Place(format: .coco, name: "annotations/instances_train.json"),
      Place(format: .coco, name: "valid/_annotations.coco.json"),
      Place(format: .cocoPanoptic, name: "annotations/panoptic_train.json"),
      Place(format: .labelStudio, name: "export.json"), Place(format: .labelMe, name: "a.json", image: "a.png"),
      Place(format: .supervisely, name: "meta.json"),
      Place(
        format: .cityscapes, name: "gtFine/train/x/a_gtFine_polygons.json",
        image: "leftImg8bit/train/x/a_leftImg8bit.png"),
      Place(format: .cvatXML, name: "annotations.xml", image: "images/a.png"), Place(format: .yolo, name: "data.yaml"),
    ], ["[", #"{"a":"#, "<a>", "- ", "? ", " "])
  func `deep nesting ends in one line`(_ place: Place, _ level: String) throws {
    if let image = place.image { try putImage(image) }
    try put(String(repeating: level, count: 100_000), place.name)
    let found = problem(place.format, place.format == .labelStudio ? "\(source)/\(place.name)" : nil)
    #expect(found?.contains("\n") == false && (found?.count ?? .max) < 1000, "\(found ?? "no error")")
  }

  private static let bomb =
    "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><annotations><meta>&c;</meta></annotations>"

  @Test(arguments: [
    (Data("<?xml version=\"1.0\"?><!-- \(String(repeating: "x", count: 100_000)) -->\(bomb)".utf8), "a document type"),
    (Data([0xFF, 0xFE]) + bomb.data(using: .utf16LittleEndian)!, "it is not UTF-8 text"),
    (bomb.data(using: .utf16BigEndian)!, "it is not UTF-8 text"),
    (Data("<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADwAIQ-DOCTYPE a>".utf8), "its encoding is 'UTF-7'"),
    (Data("<?xml version='1.0' encoding = 'utf-16'?><annotations/>".utf8), "its encoding is 'utf-16'"),
    (Data("<annotations><meta>&b;</meta></annotations>".utf8), "it is not CVAT's XML"),
  ])
  func `entities end in one line, wherever and however they are declared`(_ xml: Data, _ text: String) throws {
    try put("", "annotations.xml")
    try xml.write(to: URL(filePath: "\(source)/annotations.xml"))
    let found = problem(.cvatXML)
    #expect(found?.contains(text) == true && found?.contains("\n") == false, "\(found ?? "no error")")
  }

  @Test(arguments: [
    "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: &d [*c, *c, *c]\nnames: *d\n",
    "a: &a {b: *a}\nnames: [x]\n", "names: &n [x]\ntrain: *n\n<<: *n\n",
  ])
  func `aliases of aliases end in one line`(_ yaml: String) throws {
    try put(yaml, "data.yaml")
    let found = problem(.yolo)
    #expect(found?.contains("data.yaml") == true && found?.contains("\n") == false, "\(found ?? "no error")")
  }

  @Test func `a few digits do not claim gigabytes`() throws {
    try putImage("images/a.png")
    let masks = [
      #"<mask label="x" left="0" top="0" width="65535" height="65535" rle="0, 4294836225"/>"#,
      #"<mask label="x" left="0" top="0" width="10" height="8" rle="0, 81"/>"#,
      #"<mask label="x" left="0" top="0" width="10" height="8" rle="3, -1"/>"#,
      #"<mask label="x" left="9" top="7" width="10" height="8" rle="0,80"/>"#,
    ]
    try put(
      "<annotations><meta><task><labels><label><name>x</name></label></labels></task></meta>"
        + #"<image id="0" name="a.png" width="10" height="8">\#(masks.joined())</image></annotations>"#,
      "annotations.xml")
    let findings = AnnotationFindings()
    #expect(problem(.cvatXML, nil, findings) == nil)
    #expect(findings.counts.map(\.kind) == [.unreadable, .outside] && findings.counts.map(\.count) == [3, 1])
  }

  @Test func `shapes beside the images of the XML are no shapes`() throws {
    try put(
      #"<x><image name="a" width="1" height="1"><polygon label="a" points=""/></image></x>"#, "annotations.xml")
    #expect(problem(.cvatXML)?.contains("no image with annotations is left") == true)
  }

  @Test(
    arguments: [
      (#""shape_type": "circle", "points": [[-900000, -900000], [900000, 900000]]"#, AnnotationFindings.Kind.outside),
      (#""shape_type": "circle", "points": [[4, 4], [4, 20000]]"#, nil),
      (#""shape_type": "rectangle", "points": [[-900000, -900000], [900000, 900000]]"#, nil),
      (#""shape_type": "polygon", "points": [[-900000, -900000], [900000, 900000], [1, 900000]]"#, .outside),
      (#""shape_type": "line", "points": [[-900000, -900000], [900000, 900000]]"#, nil),
      (#""shape_type": "mask", "points": [[0, 0]], "mask": "PNG""#, .unreadable),
      (#""shape_type": "mask", "points": [[0, 0]], "mask": "AAAA""#, .unreadable),
    ] as [(String, AnnotationFindings.Kind?)])
  func `shapes far outside are drawn in bounds or left out`(_ shape: String, _ kind: AnnotationFindings.Kind?) throws {
    try putImage("a.png")
    // A picture that is larger than the image that it is a part of.
    let large = folder.url.appending(path: "large.png")
    try Mask(height: 9, width: 10, filledWith: 1).write(to: large)
    let coded = try Data(contentsOf: large).base64EncodedString()
    try put(#"{"shapes": [{"label": "x", \#(shape.replacing("PNG", with: coded))}], "imagePath": "a.png"}"#, "a.json")
    let findings = AnnotationFindings()
    #expect(problem(.labelMe, nil, findings) == nil)
    #expect(findings.counts.map(\.kind) == (kind.map { [$0] } ?? []))
  }

  @Test func `an outline that is too long is left out`() throws {
    try putImage("a.png")
    let far = String(repeating: "-1000000, -1000000, 1000000, 1000000, ", count: 10) + "1, 900000"
    try put(
      #"{"images": [{"id": 1, "file_name": "a.png", "height": 8, "width": 10}], "annotations": [{"id": 5, "image_id": 1,"#
        + #" "category_id": 1, "segmentation": [[\#(far)]]}], "categories": [{"id": 1, "name": "thing"}]}"#,
      "x.json")
    let findings = AnnotationFindings()
    #expect(problem(.coco, "\(source)/x.json", findings) == nil)
    #expect(findings.lines(of: .unreadable).allSatisfy { $0.hasSuffix("its outline is too long to be drawn") })
    #expect(findings.counts.map(\.kind) == [.unreadable, .outside])
  }

  @Test func `nothing outside of the folder is read`() throws {
    try putImage("in.png")
    try Image(height: 8, width: 10).write(to: folder.url.appending(path: "secret.png"))
    try FileManager.default.createSymbolicLink(
      atPath: "\(source)/link.png", withDestinationPath: folder.url.appending(path: "secret.png").path)
    let names = ["../secret.png", "/etc/hostname.png", folder.url.appending(path: "secret.png").path, "link.png"]
    let images = names.enumerated().map {
      #"{"id": \#($0.offset), "file_name": "\#($0.element)", "height": 8, "width": 10}"#
    }
    try put(
      #"{"images": [\#(images.joined(separator: ","))], "annotations": [], "categories": [{"id": 1, "name": "a"}]}"#,
      "_annotations.coco.json")
    let findings = AnnotationFindings()
    #expect(
      problem(.coco, "\(source)/_annotations.coco.json", findings)?.contains("no image with annotations is left")
        == true)
    #expect(findings.counts.map(\.kind) == [.missingImage] && findings.counts.map(\.count) == [names.count])
  }

  @Test(arguments: [
    (#"{"counts": [4, 9999999999999, -3], "size": [8, 10]}"#, AnnotationFindings.Kind.otherSize),
    (#"{"counts": [80], "size": [80, 1]}"#, .otherSize), (#"{"counts": "!!!", "size": [8, 10]}"#, .unreadable),
    (#"{"counts": "ooooooooooooooooo", "size": [8, 10]}"#, .unreadable), (#"{"size": [8, 10]}"#, .unreadable),
    ("[[1, 2, 3]]", .unreadable), ("[[1e300, 2, 3, 4, 5, 6]]", .unreadable), ("[[1, 1, 2, 2, 3, 3]]", .empty),
    ("[[]]", .empty), ("7", .unreadable), ("null", .kind), ("[[-50, -50, 50, -50, 50, 50]]", .outside),
  ])
  func `shapes that mean nothing are found`(_ segmentation: String, _ kind: AnnotationFindings.Kind) throws {
    try putImage("a.png")
    try put(
      #"{"images": [{"id": 1, "file_name": "a.png", "height": 8, "width": 10}], "annotations": [{"id": 5, "image_id": 1,"#
        + #" "category_id": 1, "segmentation": \#(segmentation)}], "categories": [{"id": 1, "name": "thing"}]}"#,
      "x.json")
    let findings = AnnotationFindings()
    #expect(problem(.coco, "\(source)/x.json", findings) == nil)
    #expect(findings.counts.map(\.kind) == [kind])
    #expect(findings.lines(of: kind).allSatisfy { $0.contains("annotation 5") })
  }

  @Test func `findings are counted, and the first of them are kept`() {
    let findings = AnnotationFindings()
    for number in (0..<100).shuffled() {
      findings.add(.empty, "file \(String(format: "%03d", number))", "nothing\u{1B}[2J")
    }
    #expect(findings.counts.map(\.count) == [100])
    #expect(
      findings.lines(of: .empty) == (0..<AnnotationFindings.linesOfKind).map { "file 00\($0): nothing\\u{1B}[2J" })
  }

  @Test func `two images never share a mask`() throws {
    try putImage("a.png")
    try putImage("a.jpg")
    let images = ["a.png", "a.jpg"].enumerated().map {
      #"{"id": \#($0.offset), "file_name": "\#($0.element)", "height": 8, "width": 10}"#
    }
    try put(
      #"{"images": [\#(images.joined(separator: ","))], "annotations": [], "categories": [{"id": 1, "name": "a"}]}"#,
      "x.json")
    #expect(problem(.coco, "\(source)/x.json") == nil)
    let masks = folder.url.appending(path: "out/masks/train").path
    #expect(try FileManager.default.contentsOfDirectory(atPath: masks).sorted() == ["a.jpg.png", "a.png"])
  }
}
