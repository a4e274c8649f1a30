import Files
import Foundation
import SegmentationImage

/// The folder that `val` writes pictures into.
package struct ValidationFolder {
  package let path: String

  /// - Throws: `TrainingError` unless the folder is new or empty: files of one run never mix with those of another, and
  ///   nothing that is there is replaced.
  package init(_ path: String) throws {
    self.path = path
    if let kind = FileSystem.kind(of: path), kind != .folder {
      throw TrainingError("--output: \(path) is not a folder")
    }
    let names = FileSystem.isFolder(path) ? try FileSystem.names(in: path) : []
    if let name = names.first(where: { !$0.hasPrefix(".") }) {
      throw TrainingError("--output: \(path): the folder is not empty, \(name) is in it; give a new one")
    }
  }

  /// Writes the confusion matrix as a picture.
  package func write(_ report: ConfusionReport, title: String) throws {
    try FileSystem.makeFolder(path)
    let plot = ConfusionPlot(counts: report.counts, classNames: report.classNames, title: title)
    try Self.write(Data(plot.svg().utf8), to: "\(path)/confusion.svg")
  }

  static func write(_ data: Data, to path: String) throws { try AtomicFile.write(data, to: URL(filePath: path)) }
}
