import Files
import Foundation
import Torch

/// The run's measurements, a JSON object a line, only ever appended to.
public struct MetricsLog: Sendable {
  public let url: URL

  public init(_ url: URL) {
    self.url = url
  }

  /// Appends a row; on failure the file ends with the row before.
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

  /// All rows; none if the file does not exist. A last line cut short by a crash is left out.
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

  /// Drops the rows after a step, which a resumed run measures again.
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

  // JSON has no numbers for these; a diverged loss is kept all the same.
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
