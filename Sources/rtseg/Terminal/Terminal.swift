import Basics
import Files
import Foundation
import SegmentationTraining
import Synchronization

/// The program's arguments and its three standard files.
enum Terminal {
  /// The program's arguments as the system passed them; names that are not UTF-8 stay those of their files.
  static var arguments: [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { argument in
        FileName.text(UnsafeBufferPointer(start: argument, count: strlen(argument)).map(UInt8.init(bitPattern:)))
      }
    }
  }

  /// Makes sure that no file which is opened later takes the number of a standard file that was closed: printing would
  /// write into it.
  static func openStandardFiles() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
      // Not for writing, so that printing fails as it should.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// Writes a line to the standard error: an error, or a note on what was done otherwise than one might expect.
  static func report(_ line: String) {
    let line = line.split(separator: "\n").joined(separator: " ").printable()
    if reportsInJSON.load(ordering: .relaxed) { return write(LogEntry(.error, line).line) }
    clearProgress()
    write("rtseg: \(line)\n")
  }

  /// Whether errors are JSON objects, each on a line of its own.
  static let reportsInJSON = Atomic(false)

  /// Shows how far the work is, on a terminal only.
  static func showProgress(_ text: String) {
    if let columns { write(StatusLine.showing(String(text.printable(limit: 200).prefix(max(1, columns - 1))))) }
  }

  static func clearProgress() {
    if columns != nil { write(StatusLine.removal) }
  }

  private static let columns = StatusLine.columns()

  /// Writes to the standard error; if that fails there is nobody to tell.
  static func write(_ text: String) {
    try? OutputFile(descriptor: STDERR_FILENO, path: "the standard error").write(Array(text.utf8))
  }
}

/// Prints to the standard output. A full disk or a closed output ends the program with an error, as it would if a file
/// could not be written. Characters that steer a terminal are shown as JSON would write them: `\u001B`.
func print(_ text: String, terminator: String = "\n") {
  do {
    let output = OutputFile(descriptor: STDOUT_FILENO, path: "to the standard output")
    try output.write(Array((text + terminator).withoutControlCharacters.utf8))
  } catch {
    // A reader that has seen enough, such as head, is no error; the signal would have ended the program likewise.
    if error.reason == String(cString: strerror(EPIPE)) { exit(128 + SIGPIPE) }
    Terminal.report("\(error)")
    exit(1)
  }
}

extension String {
  /// The text with `\u....` for characters that steer a terminal, but for the ends of lines and tabulators.
  fileprivate var withoutControlCharacters: String {
    func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
      scalar == "\n" || scalar == "\t"
        || scalar.properties.generalCategory != .control && !(0x202A...0x202E).contains(scalar.value)
          && !(0x2066...0x2069).contains(scalar.value)
    }
    if unicodeScalars.allSatisfy(isHarmless) { return self }
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if isHarmless(scalar) {
        result.append(scalar)
      } else {
        result.append(contentsOf: String(format: "\\u%04X", scalar.value).unicodeScalars)
      }
    }
    return String(result)
  }
}
