import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// Small data sets in the layouts of other tools, and the masks that the tools' own code draws
/// (Fixtures/make_fixtures.py).
struct AnnotationImportTests {
  struct Fixture: CustomTestStringConvertible {
    let folder: String
    let format: AnnotationFormat
    var file = ""
    let classes: [String]
    /// The masks, and the ones that they should equal.
    let masks: [String: String]
    var findings: [AnnotationFindings.Kind: Int] = [:]

    var testDescription: String { folder }
    var source: String { "\(fixtures)/\(folder)\(file)" }
  }

  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/Annotations").path

  static let all: [Fixture] = [
    Fixture(
      folder: "labelme", format: .labelMe, classes: ["_background_", "road", "car", "lane"],
      masks: Dictionary(
        uniqueKeysWithValues: (0..<3).map { ("train/annotations/scene \($0)", "annotations/scene \($0)") })),
    Fixture(
      folder: "cvat", format: .cvat, classes: ["background", "cat", "dog"], masks: ["train/a": "a", "train/b": "b"]),
    Fixture(
      folder: "cvat-xml", format: .cvatXML, classes: ["background", "tree", "sky"], masks: ["val/one": "one"],
      findings: [.kind: 1]),
    Fixture(
      folder: "coco", format: .coco, classes: ["background", "cow", "horse"],
      masks: ["val/000000000000": "000000000000", "val/000000000001": "000000000001"]),
    Fixture(
      folder: "roboflow-coco", format: .coco, classes: ["background", "cow", "horse"],
      masks: ["val/000000000000": "000000000000", "val/000000000001": "000000000001"]),
    Fixture(
      folder: "coco-panoptic", format: .cocoPanoptic, classes: ["person", "road", "sky"], masks: ["val/7": "7"]),
    Fixture(
      folder: "label-studio", format: .labelStudio, file: "/export.json", classes: ["background", "rust", "wall"],
      masks: ["train/plate one": "plate one"], findings: [.unlabelled: 1]),
    Fixture(
      folder: "voc", format: .voc,
      classes: [
        "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
        "dining table", "dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa", "train", "tv monitor",
      ],
      masks: ["train/2007_000032": "2007_000032", "val/2007_000039": "2007_000039"]),
    Fixture(
      folder: "yolo", format: .yolo, classes: ["crack", "hole", "background"],
      masks: ["train/x": "train", "val/x": "val"], findings: [.kind: 2]),
    Fixture(
      folder: "roboflow", format: .roboflow, classes: ["background", "leaf", "rust spot"],
      masks: ["train/leaf_jpg.rf.0123abcd": "train", "val/leaf_jpg.rf.0123abcd": "valid"]),
    Fixture(
      folder: "supervisely", format: .supervisely, classes: ["background", "field", "weed"],
      masks: ["val/val/f": "val/f"]),
    Fixture(
      folder: "cityscapes", format: .cityscapes,
      classes: LabelSet.cityscapes.classes.map(\.name),
      masks: ["train/ulm/ulm_000001_000019_leftImg8bit": "ulm/ulm_000001_000019_leftImg8bit"]),
  ]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `every format has its fixture`() {
    #expect(Set(Self.all.map(\.format)) == Set(AnnotationFormat.allCases))
  }

  @Test(arguments: all) func `masks equal those of the tool's own code`(_ fixture: Fixture) throws {
    let output = folder.url.appending(path: "out").path
    let findings = AnnotationFindings()
    let report = try AnnotationImport(fixture.format, from: fixture.source, to: output).run(findings: findings)
    #expect(report.classes.map(\.name) == fixture.classes)
    #expect(Dictionary(uniqueKeysWithValues: findings.counts.map { ($0.kind, $0.count) }) == fixture.findings)
    #expect(report.images.values.reduce(0, +) == fixture.masks.count)
    for (name, expected) in fixture.masks {
      let mask = try Mask(contentsOf: URL(filePath: "\(output)/masks/\(name).png"))
      #expect(
        try mask == Mask(contentsOf: URL(filePath: "\(Self.fixtures)/\(fixture.folder)/expected/\(expected).png")),
        "\(name)")
    }
    // The card describes what was written.
    let dataset = try FolderCard(contentsOf: report.card).dataset()
    #expect(dataset.labels.classes == report.classes)
    for (split, count) in report.images { #expect(try dataset.samples(of: split).count == count) }
    #expect(try DataChecker(dataset).check(Array(report.images.keys)).problems == [])
  }

  @Test(arguments: all) func `the same annotations give the same bytes`(_ fixture: Fixture) throws {
    let contents = try (0..<2).map { run in
      let output = folder.url.appending(path: "run\(run)/out").path
      _ = try AnnotationImport(fixture.format, from: fixture.source, to: output).run(findings: AnnotationFindings())
      let names = try #require(FileManager.default.enumerator(atPath: output)).compactMap { $0 as? String }.sorted()
      return names.filter { !$0.hasSuffix(".txt") }.reduce(into: [String: Data?]()) { contents, name in
        contents[name] = try? Data(contentsOf: URL(filePath: "\(output)/\(name)"))
      }
    }
    #expect(contents[0] == contents[1])
  }

  @Test func `an interrupted import goes on`() throws {
    let output = folder.url.appending(path: "out").path
    let fixture = Self.all[2]
    let work = AnnotationImport(fixture.format, from: fixture.source, to: output)
    // A strict import ends after the masks and before the card.
    #expect(throws: DataError.self) { try work.run(findings: AnnotationFindings(), isStrict: true) }
    #expect(!FileManager.default.fileExists(atPath: "\(output)/card.yaml"))
    let other = message {
      _ = try AnnotationImport(.coco, from: Self.all[3].source, to: output).run(findings: AnnotationFindings())
    }
    #expect(other?.contains("an import of other annotations, or with other options, was begun there") == true)
    #expect(try work.run(findings: AnnotationFindings()).kept == 1)
    let again = message { _ = try work.run(findings: AnnotationFindings()) }
    #expect(again?.contains("the folder is not empty") == true)
  }

  @Test func `uncovered pixels are what the options say`() throws {
    for (background, expected) in [
      (ImportOptions.Background.ignored, UInt8(255)), (.class("horse"), 0), (.class("meadow"), 0),
    ] {
      let output = folder.url.appending(path: "\(background)").path
      var options = ImportOptions()
      options.background = background
      let report = try AnnotationImport(.coco, from: Self.all[3].source, to: output, options: options).run(
        findings: AnnotationFindings())
      let usual = try Mask(contentsOf: URL(filePath: "\(Self.fixtures)/coco/expected/000000000000.png"))
      let mask = try Mask(contentsOf: URL(filePath: "\(output)/masks/val/000000000000.png"))
      #expect(zip(usual.values, mask.values).allSatisfy { $0 != 0 || $1 == expected })
      #expect(report.classes.count == (background == .class("meadow") ? 3 : 2))
    }
  }

  @Test func `shapes of other classes are left out and counted`() throws {
    var options = ImportOptions()
    options.classes = ["car", "_background_"]
    let findings = AnnotationFindings()
    let output = folder.url.appending(path: "out").path
    let report = try AnnotationImport(.labelMe, from: Self.all[0].source, to: output, options: options).run(
      findings: findings)
    #expect(report.classes.map(\.name) == ["car", "_background_"])
    #expect(findings.counts.map(\.kind) == [.unknownLabel] && findings.counts.map(\.count) == [9])
    #expect(findings.lines(of: .unknownLabel).allSatisfy { $0.hasSuffix("it is left out") })
  }
}
