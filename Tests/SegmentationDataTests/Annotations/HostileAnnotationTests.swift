import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// Annotations that are damaged, or made to do harm.
struct HostileAnnotationTests: AnnotationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

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
