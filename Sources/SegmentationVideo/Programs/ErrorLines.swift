import Files
import Foundation
import Synchronization

/// The lines that a program writes to standard error. The first and the last ones are kept.
final class ErrorLines: Sendable {
  private struct Lines {
    var first: [String] = []
    var last: [String] = []
    var rest = ""
  }

  private static let kept = 20
  private let lines = Mutex(Lines())
  private let isClosed = DispatchSemaphore(value: 0)

  /// Reads a descriptor to its end, on a thread of its own, and closes it.
  init(readingFrom descriptor: Int32) {
    Thread.detachNewThread { [self] in
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(descriptor, &bytes, bytes.count)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { break }
        add(String(decoding: bytes[..<count], as: UTF8.self))
      }
      add("\n")
      close(descriptor)
      isClosed.signal()
    }
  }

  private func add(_ text: String) {
    lines.withLock { lines in
      lines.rest += text
      // Carriage returns end progress lines.
      while let end = lines.rest.firstIndex(where: { $0.isNewline }) {
        let line = lines.rest[..<end].trimmingCharacters(in: .whitespaces)
        lines.rest.removeSubrange(...end)
        if line.isEmpty { continue }
        if lines.first.count < Self.kept { lines.first.append(line) }
        lines.last.append(line)
        if lines.last.count > Self.kept { lines.last.removeFirst() }
      }
      if lines.rest.utf8.count > 1 << 16 { lines.rest = "" }
    }
  }

  /// Waits, for a second at most, until the program has closed its standard error.
  func wait() {
    if isClosed.wait(timeout: .now() + 1) == .success { isClosed.signal() }
  }

  /// The first line that says something about the failure; programs often say what is wrong first, and then what
  /// they could not do because of it.
  var firstWords: String? { lines.withLock { Self.best($0.first) } }

  /// The last line that says something about the failure.
  var lastWords: String? { lines.withLock { Self.best($0.last.reversed()) } }

  /// The first line that holds one of some texts.
  func line(with texts: [String]) -> String? {
    lines.withLock { lines in
      (lines.first + lines.last).first { line in texts.contains { line.contains($0) } }.map(Self.clean)
    }
  }

  private static func best(_ lines: some Sequence<String>) -> String? {
    let lines = lines.map(clean)
    let generic = [
      "Conversion failed!", "Error while", "Last message repeated", "Exiting normally", "Error opening",
      "Invalid argument",
      "Nothing was written",
    ]
    return lines.first { line in !generic.contains { line.contains($0) } } ?? lines.first
  }

  /// The line without the address of the part of ffmpeg that says it: "[mov,mp4 @ 0x5581] moov atom not found".
  private static func clean(_ line: String) -> String {
    line.replacing(/^(\[[^\]]* @ 0x[0-9a-f]+\] *)+/, with: "").printable(limit: 300)
  }
}
