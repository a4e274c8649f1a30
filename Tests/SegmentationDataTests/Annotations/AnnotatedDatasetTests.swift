import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// Annotations that are read where they are, beside what an import makes of them.
struct AnnotatedDatasetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func kind(_ fixture: AnnotationImportTests.Fixture) -> String {
    "\(fixture.format.rawValue):\(fixture.source)"
  }

  private func resolved(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }

  /// The training id of each pixel as a loader reads them.
  private func labels(_ sample: Sample, _ labels: LabelSet) throws -> [Int64] {
    let loader = try DataLoader.validation([sample], labels: labels, options: DataOptions())
    return try #require(try loader.next()).labels.elements(Int64.self)
  }

  @Test(arguments: AnnotationImportTests.all)
  func `classes, splits and pixels are those of the import`(_ fixture: AnnotationImportTests.Fixture) throws {
    let output = folder.url.appending(path: "out").path
    let report = try AnnotationImport(fixture.format, from: fixture.source, to: output).run(
      findings: AnnotationFindings())
    let imported = try FolderCard(contentsOf: report.card).dataset()
    let direct = try Dataset.open(kind: kind(fixture), root: "")
    #expect(direct.name == imported.name && direct.labels == imported.labels)
    var count = 0
    for split in Split.allCases {
      guard report.images[split] != nil else {
        let problem = message { _ = try direct.samples(of: split) }
        #expect(problem?.contains("the annotations have no split '\(split.rawValue)'") == true)
        continue
      }
      let (expected, found) = try (imported.samples(of: split), direct.samples(of: split))
      try #require(expected.count == found.count)
      for (one, other) in zip(expected, found) {
        #expect(resolved(one.image) == resolved(other.image))
        #expect(other.mask == nil)
        #expect(try labels(one, imported.labels) == labels(other, direct.labels), "\(other.image)")
        count += 1
      }
    }
    #expect(count == fixture.masks.count)
  }

  @Test(arguments: AnnotationImportTests.all)
  func `the check counts what an import would, and tells what cannot be used`(
    _ fixture: AnnotationImportTests.Fixture
  ) throws {
    let output = folder.url.appending(path: "out").path
    let report = try AnnotationImport(fixture.format, from: fixture.source, to: output).run(
      findings: AnnotationFindings())
    let splits = Split.allCases.filter { report.images[$0] != nil }
    let expected = try DataChecker(Dataset.open(kind: report.card, root: "")).check(splits)
    let dataset = try Dataset.open(kind: kind(fixture), root: "")
    // What is wrong with shapes is told once, however often they are drawn.
    for _ in 0..<2 {
      let found = try DataChecker(dataset).check(splits)
      #expect(found.splits.map(\.classes) == expected.splits.map(\.classes))
      #expect(found.splits.map(\.ignoredShare) == expected.splits.map(\.ignoredShare))
      #expect(found.problems == [])
      let notes = found.notes.filter { $0.hasPrefix("annotations: ") }
      #expect(notes.count == fixture.findings.count, "\(notes)")
      for (kind, count) in fixture.findings {
        let note = try #require(notes.first { $0.hasPrefix("annotations: \(kind.rawValue): ") })
        #expect(note.contains("(and \(count - 1) more") == (count > 1))
      }
    }
  }

  @Test(arguments: AnnotationImportTests.all)
  func `a run knows that annotations have changed`(_ fixture: AnnotationImportTests.Fixture) throws {
    let copy = folder.url.appending(path: "copy")
    try FileManager.default.copyItem(
      at: URL(filePath: "\(AnnotationImportTests.fixtures)/\(fixture.folder)"), to: copy)
    let path = copy.path + fixture.file
    let dataset = try Dataset.annotations(fixture.format, at: path)
    let splits = Split.allCases.filter { (try? dataset.samples(of: $0)) != nil }
    let images = try Set(splits.flatMap { try dataset.samples(of: $0) }.map { resolved($0.image) })
    func fingerprint() throws -> String {
      try Dataset.annotations(fixture.format, at: path).fingerprint(of: splits)
    }
    let before = try fingerprint()
    #expect(try fingerprint() == before)
    // A blank at the end of text files and of PNG files changes no label.
    let files = try #require(FileManager.default.enumerator(at: copy, includingPropertiesForKeys: nil))
    let endings = ["json", "xml", "txt", "png"]
    for case let file as URL in files
    where endings.contains(file.pathExtension) && !images.contains(resolved(file.path)) {
      let handle = try FileHandle(forWritingTo: file)
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(" ".utf8))
      try handle.close()
    }
    #expect(try fingerprint() != before)
  }

  @Test func `the kind names a format and a path`() throws {
    let fixture = AnnotationImportTests.all[3]
    #expect(try Dataset.open(kind: "COCO:\(fixture.source)/", root: "").labels.names == fixture.classes)
    // A root takes the place of the path.
    #expect(try Dataset.open(kind: "coco:/nowhere", root: fixture.source).labels.names == fixture.classes)
    for (kind, problem) in [
      ("coco:", "no path follows the colon; expected a folder with annotations/instances_SPLIT.json"),
      ("coco:/nowhere", "/nowhere: no such file or folder; expected a folder with"),
      ("coko:street", "or annotations such as coco:PATH (labelme, cvat, "),
      ("yolo:\(fixture.source)", "data.yaml: cannot be read"),
    ] {
      let found = message { _ = try Dataset.open(kind: kind, root: "") }
      #expect(found?.contains(problem) == true && found?.contains("\n") == false, "\(found ?? "no error")")
    }
  }

  @Test func `paths of annotations mean the same from any folder`() {
    var options = DataOptions()
    options.dataset = "yolo:street/data.yaml"
    let current = FileManager.default.currentDirectoryPath
    #expect(
      options.located().dataset == "yolo:\(URL(filePath: current).resolvingSymlinksInPath().path)/street/data.yaml")
    options.dataset = "coco:/data/street"
    #expect(options.located() == options)
  }

  @Test func `an image of another size ends the reading with one line`() throws {
    let copy = folder.url.appending(path: "coco")
    try FileManager.default.copyItem(at: URL(filePath: AnnotationImportTests.all[3].source), to: copy)
    let dataset = try Dataset.annotations(.coco, at: copy.path)
    let sample = try dataset.samples(of: .val)[0]
    try Image(height: 5, width: 5).write(to: URL(filePath: sample.image))
    let problem = message { _ = try labels(sample, dataset.labels) }
    #expect(problem?.contains("the annotations are for") == true && problem?.contains("\n") == false)
    #expect(try DataChecker(dataset).check([.val]).problems.count == 1)
  }

  @Test func `a share of the training images validates`() throws {
    let fixture = AnnotationImportTests.all[0]
    var options = DataOptions()
    (options.dataset, options.validationShare) = (kind(fixture), 0.34)
    let dataset = try Dataset.open(options)
    #expect(try dataset.samples(of: .train).count == 2 && dataset.samples(of: .val).count == 1)
  }
}
