import Foundation
import SegmentationData
import SegmentationImage
import TestSupport

/// Tests that write annotations into a folder and import them.
protocol AnnotationTests {
  var folder: TemporaryFolder { get }
}

extension AnnotationTests {
  var source: String { folder.url.appending(path: "in").path }

  func put(_ text: String, _ name: String) throws {
    let url = URL(filePath: "\(source)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func putImage(_ name: String, height: Int = 8, width: Int = 10) throws {
    let url = URL(filePath: "\(source)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Image(height: height, width: width).write(to: url)
  }

  func problem(
    _ format: AnnotationFormat, _ path: String? = nil, _ findings: AnnotationFindings = AnnotationFindings()
  ) -> String? {
    message {
      _ = try AnnotationImport(format, from: path ?? source, to: folder.url.appending(path: "out").path)
        .run(findings: findings)
    }
  }
}
