import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// Annotations that would take more memory, more time or a deeper stack than there is.
struct AnnotationLimitTests: AnnotationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

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
}
