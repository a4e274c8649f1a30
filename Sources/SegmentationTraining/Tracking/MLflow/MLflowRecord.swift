import Files
import Foundation

/// The name of a run on an MLflow server, kept in the run's folder.
struct MLflowRecord: Codable {
  let server: String
  let run: String

  init(server: String, run: String) {
    self.server = server
    self.run = run
  }

  /// Reads a record; fails if the file does not exist or is damaged.
  init?(contentsOf url: URL) {
    guard let bytes = try? InputFile.contents(of: url.path, limit: 1 << 16),
      let record = try? JSONDecoder().decode(MLflowRecord.self, from: Data(bytes)), MLflowRun.isIdentifier(record.run)
    else { return nil }
    self = record
  }

  func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(encoder.encode(self) + Data("\n".utf8), to: url)
  }
}
