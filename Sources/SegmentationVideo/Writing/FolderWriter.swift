import Files
import Foundation
import SegmentationInference

/// Writes each frame's products as PNG files that are named after the frame's number, and a list of the frames' times.
final class FolderWriter: FrameWriter {
  private let folder: String
  private let products: [PredictionProduct]
  private let writer: PredictionWriter
  private let timeBase: VideoStream.Ratio
  private var rows = ["frame,seconds,ticks"]

  /// The name of the list in the folder.
  static let list = "timestamps.csv"

  /// - Throws: `FileError` if the folder cannot be made.
  init(_ folder: String, products: [PredictionProduct], alpha: Double, timeBase: VideoStream.Ratio) throws {
    (self.folder, self.products, self.timeBase) = (folder, products, timeBase)
    writer = PredictionWriter(alpha: alpha)
    try FileSystem.makeFolder(folder)
    AtomicFile.removeAbandoned(in: folder)
  }

  func write(_ frame: LabelledFrame) throws {
    let digits = String(frame.number)
    let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    try writer.write(
      frame.result,
      to: products.map { ($0, "\(folder)/\(name)\(products.count == 1 ? "" : "_\($0.rawValue)").png") })
    let time = frame.frame.time
    rows.append("\(frame.number),\(String(format: "%.6f", Double(time) * timeBase.value)),\(time)")
  }

  func finish(isInterrupted: Bool) throws {
    try AtomicFile.write(
      Data((rows.joined(separator: "\n") + "\n").utf8), to: URL(filePath: "\(folder)/\(Self.list)"))
  }

  func abandon() { try? finish(isInterrupted: true) }
}
