import Files
import Foundation
import Torch

/// The file of a run's measurements. Each line is a JSON object; new lines are appended.
public struct MetricsLog: Sendable {
  /// The place of the file.
  public let url: URL

  /// Describes the file at a place, whether or not it exists yet.
  public init(_ url: URL) {
    self.url = url
  }

  /// Appends a row. If that fails, the file ends with the row before.
  /// - Throws: `RunFolderError` or `FileError` if the file cannot be written.
  public func append(_ row: MetricsRow) throws {
    let line = encode(row)
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RunFolderError.cannotWrite(url) }
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, SEEK_END)
    do {
      try OutputFile(descriptor: descriptor, path: url.relativePath).write(line)
    } catch {
      ftruncate(descriptor, end)
      throw error
    }
  }

  /// All rows, in order; none if the file does not exist. A last line that a crash cut short is left out.
  /// - Throws: `RunFolderError` if the file cannot be read or another line is damaged.
  public func rows() throws(RunFolderError) -> [MetricsRow] { try rows(withSteps: true) }

  /// - Parameter withSteps: False leaves out the rows of single steps, most of a file, without looking into them.
  func rows(withSteps: Bool) throws(RunFolderError) -> [MetricsRow] {
    guard FileManager.default.fileExists(atPath: url.path) else { return [] }
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw .cannotRead(path: url.relativePath, reason: error.localizedDescription)
    }
    let decoder = Self.decoder
    var rows: [MetricsRow] = []
    var (start, number) = (data.startIndex, 0)
    while let end = data[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = data[start..<end]
      (start, number) = (end + 1, number + 1)
      // As `encode` writes it; text in a row has a backslash before a quotation mark.
      if !withSteps, line.range(of: Self.stepMark) != nil { continue }
      do {
        rows.append(try decoder.decode(MetricsRow.self, from: line))
      } catch {
        throw .badMetrics(path: url.relativePath, line: number, reason: "\(line.count) bytes that do not decode")
      }
    }
    return rows
  }

  private static let stepMark = Data(#""kind":"step""#.utf8)

  /// Removes the rows after a step, which a resumed run measures again.
  /// - Throws: `RunFolderError` or `FileError` if the file cannot be read or written.
  public func truncate(afterStep step: Int) throws {
    guard FileManager.default.fileExists(atPath: url.path) else { return }
    let kept = try rows().filter { $0.step <= step }
    try AtomicFile.write(Data(kept.map(encode).joined()), to: url)
  }

  private func encode(_ row: MetricsRow) -> Data {
    do {
      return try Self.encoder.encode(row) + Data("\n".utf8)
    } catch {
      preconditionFailure("metrics are always encodable: \(error)")
    }
  }

  // JSON has no numbers for these values; they are written as text, so that a diverged loss is kept too.
  private static let notFinite = (positive: "inf", negative: "-inf", nan: "nan")

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: notFinite.positive, negativeInfinity: notFinite.negative, nan: notFinite.nan)
    return encoder
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: notFinite.positive, negativeInfinity: notFinite.negative, nan: notFinite.nan)
    return decoder
  }
}
