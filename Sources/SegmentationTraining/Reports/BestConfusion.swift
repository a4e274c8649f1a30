import Basics
import Files
import Foundation

/// The confusion matrix of the validation whose weights are in `best.pth`, as a file in the run's folder keeps it.
public struct BestConfusion: Codable, Sendable, Equatable {
  /// The epoch after which the validation took place, from 1.
  public let epoch: Int
  /// The number of steps that were done by then.
  public let step: Int
  /// The name of each class.
  public let classNames: [String]
  /// The number of pixels by label (row) and prediction (column), row after row.
  public let counts: [Int64]

  init(_ report: ConfusionReport, epoch: Int, step: Int) {
    self.epoch = epoch
    self.step = step
    classNames = report.classNames
    counts = report.counts
  }

  func write(to url: URL) throws {
    try AtomicFile.write(try JSONEncoder.snakeCase().encode(self) + Data("\n".utf8), to: url)
  }

  /// Reads a file that `write` made.
  /// - Throws: `FileError` if the file cannot be read or holds numbers that no validation can have counted.
  init(contentsOf url: URL) throws(FileError) {
    let bytes = try InputFile.contents(of: url.path, limit: 1 << 24)
    func refuse(_ reason: String) -> FileError { FileError("read", url.relativePath, reason: reason) }
    guard let read = try? JSONDecoder.snakeCase().decode(BestConfusion.self, from: Data(bytes)) else {
      throw refuse("it is not the confusion matrix that rtseg train writes")
    }
    let classes = read.classNames.count
    guard (1...255).contains(classes), read.counts.count == classes * classes,
      read.counts.allSatisfy({ (0...1 << 40).contains($0) })
    else { throw refuse("expected a count of pixels for each pair of its \(classes) classes") }
    self = read
  }
}
