import Files
import Foundation
import SegmentationImage
import SegmentationTraining

/// The folder that `val` writes pictures into.
struct ValidationFolder {
  let path: String

  /// - Throws: `CommandError` unless the folder is new or empty: files of one run never mix with those of another, and
  ///   nothing that is there is replaced.
  init(_ path: String) throws {
    self.path = path
    if let kind = FileSystem.kind(of: path), kind != .folder { throw CommandError("--output: \(path) is not a folder") }
    let names = FileSystem.isFolder(path) ? try FileSystem.names(in: path) : []
    if let name = names.first(where: { !$0.hasPrefix(".") }) {
      throw CommandError("--output: \(path): the folder is not empty, \(name) is in it; give a new one")
    }
  }

  /// Writes the confusion matrix as a picture.
  func write(_ report: ConfusionReport, title: String) throws {
    try FileSystem.makeFolder(path)
    let plot = ConfusionPlot(counts: report.counts, classNames: report.classNames, title: title)
    try Self.write(Data(plot.svg().utf8), to: "\(path)/confusion.svg")
  }

  static func write(_ data: Data, to path: String) throws { try AtomicFile.write(data, to: URL(filePath: path)) }
}
