import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// Annotations do not lead out of their folder unless that is allowed.
struct AnnotationPathTests {
  private let folder: TemporaryFolder
  private let copy: URL

  init() throws {
    folder = try TemporaryFolder()
    copy = folder.url.appending(path: "in")
  }

  private func message(_ format: AnnotationFormat, _ path: String, _ findings: AnnotationFindings) -> String? {
    TestSupport.message {
      _ = try AnnotationImport(format, from: path, to: folder.url.appending(path: "out").path).run(findings: findings)
    }
  }

  /// The images of every format become links to files elsewhere.
  @Test(arguments: AnnotationImportTests.all)
  func `links that leave the folder are followed only if that is allowed`(
    _ fixture: AnnotationImportTests.Fixture
  ) throws {
    try FileManager.default.copyItem(
      at: URL(filePath: "\(AnnotationImportTests.fixtures)/\(fixture.folder)"), to: copy)
    let path = copy.path + fixture.file
    let inside = try Dataset.annotations(fixture.format, at: path)
    var images: Set<String> = []
    for split in Split.allCases {
      for sample in (try? inside.samples(of: split)) ?? [] { images.insert(sample.image) }
    }
    #expect(images.count == fixture.masks.count)
    for (number, image) in images.sorted().enumerated() {
      let elsewhere = try folder.file("elsewhere/\(number).\(URL(filePath: image).pathExtension)")
      try FileManager.default.moveItem(atPath: image, toPath: elsewhere)
      try FileManager.default.createSymbolicLink(atPath: image, withDestinationPath: elsewhere)
    }
    let findings = AnnotationFindings()
    let problem = message(fixture.format, path, findings)
    #expect(problem?.contains("no image with annotations is left") == true, "\(problem ?? "no error")")
    #expect(findings.counts.first { $0.kind == .missingImage }?.count == images.count)
    #expect(
      TestSupport.message { _ = try Dataset.annotations(fixture.format, at: path) }?.contains("no image with") == true)
    var options = ImportOptions()
    options.allowsOutside = true
    let output = folder.url.appending(path: "allowed").path
    let report = try AnnotationImport(fixture.format, from: path, to: output, options: options).run(
      findings: AnnotationFindings())
    #expect(report.images.values.reduce(0, +) == fixture.masks.count)
    for (name, expected) in fixture.masks {
      #expect(
        try Mask(contentsOf: URL(filePath: "\(output)/masks/\(name).png"))
          == Mask(contentsOf: URL(filePath: "\(copy.path)/expected/\(expected).png")))
    }
  }

  /// A small data set of YOLO in `place`, and data.yaml in `in`.
  private func writeYOLO(in place: String, card: String) throws {
    try Image(height: 8, width: 10).write(to: URL(filePath: folder.file("\(place)/images/a.png")))
    try folder.write("0 0.1 0.1 0.9 0.1 0.9 0.9\n", to: "\(place)/labels/a.txt")
    try folder.write("names: [a]\n\(card)\n", to: "in/data.yaml")
  }

  @Test(arguments: [
    "train: ../elsewhere/images", "path: ../elsewhere\ntrain: images", "path: FOLDER/elsewhere\ntrain: images",
    "train: [images, ../elsewhere/images]", "train: FOLDER/elsewhere/images",
  ])
  func `a data.yaml does not name other folders`(_ card: String) throws {
    try writeYOLO(in: "elsewhere", card: card.replacing("FOLDER", with: folder.path))
    try Image(height: 8, width: 10).write(to: URL(filePath: folder.file("in/images/b.png")))
    let problem = message(.yolo, copy.path, AnnotationFindings())
    #expect(problem?.contains("'train' leads to ") == true, "\(problem ?? "no error")")
    #expect(problem?.contains("outside of \(copy.path)") == true && problem?.contains("--allow-outside") == true)
    var options = ImportOptions()
    options.allowsOutside = true
    #expect(try Dataset.annotations(.yolo, at: copy.path, options: options).samples(of: .train).count >= 1)
  }

  @Test func `a list of images does not name other files`() throws {
    try writeYOLO(in: "elsewhere", card: "train: train.txt")
    try writeYOLO(in: "in", card: "train: train.txt")
    let lines = ["images/a.png", "../elsewhere/images/a.png", "\(folder.path)/elsewhere/images/a.png", "images/no.png"]
    try folder.write(lines.joined(separator: "\n"), to: "in/train.txt")
    let findings = AnnotationFindings()
    #expect(message(.yolo, copy.path, findings) == nil)
    #expect(findings.counts.map(\.kind) == [.missingImage] && findings.counts.map(\.count) == [3])
  }

  @Test func `labels behind a link that leaves the folder are not read`() throws {
    try writeYOLO(in: "in", card: "train: images")
    let labels = try folder.file("in/labels/a.txt"), elsewhere = try folder.file("elsewhere/a.txt")
    try FileManager.default.moveItem(atPath: labels, toPath: elsewhere)
    try FileManager.default.createSymbolicLink(atPath: labels, withDestinationPath: elsewhere)
    let findings = AnnotationFindings()
    #expect(message(.yolo, copy.path, findings) == nil)
    #expect(findings.counts.map(\.kind) == [.unlabelled])
    let mask = try Mask(contentsOf: folder.url.appending(path: "out/masks/train/a.png"))
    #expect(Set(mask.values) == [0])
  }
}
