import Foundation

/// A line on a terminal that is written over again and again, such as the progress of work.
package enum StatusLine {
  /// The width of the terminal at standard error; nil if standard error is no terminal.
  package static func columns() -> Int? {
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// The characters that show `text` in place of the line before.
  package static func showing(_ text: String) -> String { "\r" + text + "\u{1B}[K" }

  /// The characters that remove the line.
  package static let removal = "\r\u{1B}[K"
}
