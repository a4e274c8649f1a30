import Basics
import Files
import Foundation
import Synchronization

/// The output of a run: messages and progress. On a terminal, progress is one line that changes; elsewhere it is a line
/// at intervals. Messages and progress also go to a log file, with the time.
public final class RunLog: Sendable {
  /// The forms of the output. The log file holds everything in any case.
  public enum Style: String, Sendable, CaseIterable {
    /// All messages and the progress, for people.
    case text
    /// Only warnings and the result.
    case quiet
    /// All messages and the progress, each as a JSON object on its own line.
    case json
  }

  private struct State {
    /// The mean speed of the latest steps; older ones count less.
    var pace = StepPace(decay: 0.95)
    var lastLine: Date?
    var showsProgress = false
    var file: FileHandle?
  }

  private let state: Mutex<State>
  private let fileURL: URL?
  private let style: Style
  private let rank: Int
  private let interval: TimeInterval
  private let usesColor: Bool
  private let columns: @Sendable () -> Int?
  private let output: @Sendable (String) -> Void
  private let now: @Sendable () -> Date

  /// Creates a log.
  /// - Parameters:
  ///   - file: The log file, to which lines are appended; `nil` for none.
  ///   - style: The form of the output.
  ///   - rank: The number of this process among those that train together, for JSON objects.
  ///   - interval: The seconds between lines of progress in the file, and in the output if that is no terminal.
  ///   - usesColor: Whether the progress on a terminal is in bold and dim letters.
  ///   - columns: The terminal's width; `nil` if the output is no terminal.
  ///   - output: Shows text; writes it to standard error unless given.
  ///   - now: The time.
  /// - Throws: `RunFolderError` if the log file cannot be opened.
  public init(
    file: URL? = nil, style: Style = .text, rank: Int = 0, interval: TimeInterval = LoggingOptions().interval,
    usesColor: Bool = RunLog.colorIsWelcome, columns: @escaping @Sendable () -> Int? = RunLog.terminalColumns,
    output: @escaping @Sendable (String) -> Void = RunLog.writeToStandardError,
    now: @escaping @Sendable () -> Date = { Date() }
  ) throws(RunFolderError) {
    fileURL = file
    self.style = style
    self.rank = rank
    self.interval = interval
    self.usesColor = usesColor
    self.columns = columns
    self.output = output
    self.now = now
    state = Mutex(State())
    guard let file else { return }
    let descriptor = open(file.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RunFolderError.cannotWrite(file) }
    state.withLock { $0.file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true) }
  }

  // MARK: Messages

  /// Shows a message of one or more lines. Control characters are shown by their numbers.
  public func message(_ text: String) { say(text, .info) }

  /// Shows a warning about something that does not end the run.
  public func warn(_ text: String) { say(text, .warning) }

  /// Shows how the run ended.
  public func result(_ text: String) { say(text, .result) }

  private func say(_ text: String, _ level: LogEntry.Level) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let text = lines.map { String($0).printable(limit: 4000) }.joined(separator: "\n")
    state.withLock { state in
      if style != .quiet || level != .info { show(text, level, &state) }
      keep(text, &state)
    }
  }

  // MARK: Progress

  /// Shows how far the run is.
  public func step(_ progress: StepProgress) {
    state.withLock { state in
      state.pace.add(progress)
      let line = ProgressLine(progress, pace: state.pace)
      let time = now()
      let isDue = state.lastLine.map { time.timeIntervalSince($0) >= interval } ?? true
      let isWritten = isDue || progress.step == progress.stepsPerEpoch
      if isWritten {
        state.lastLine = time
        keep(line.text, &state)
      }
      switch style {
      case .quiet: break
      case .json: if isWritten { output(LogEntry(line, rank: rank, time: time).line) }
      case .text:
        if let columns = columns() {
          showProgress(line.fitting(columns - 1, inColor: usesColor), &state)
        } else if isWritten {
          output(line.text + "\n")
        }
      }
    }
  }

  /// Shows on a terminal how far something other than training is, until the next message.
  func progress(_ text: String) {
    guard style == .text, let columns = columns() else { return }
    state.withLock { showProgress(String(text.prefix(max(1, columns - 1))), &$0) }
  }

  private func showProgress(_ text: String, _ state: inout State) {
    output(StatusLine.showing(text))
    state.showsProgress = true
  }

  // MARK: Output

  private func show(_ text: String, _ level: LogEntry.Level, _ state: inout State) {
    if style == .json { return output(LogEntry(level, text, rank: rank, time: now()).line) }
    output((state.showsProgress ? StatusLine.removal : "") + text + "\n")
    state.showsProgress = false
  }

  private func keep(_ text: String, _ state: inout State) {
    guard let file = state.file, let fileURL else { return }
    do {
      try file.write(contentsOf: Data("\(now().formatted(.iso8601)) \(text)\n".utf8))
    } catch {
      // A log that cannot be written must not end the run. The run goes on without one and says so once.
      state.file = nil
      let problem = "cannot write: \(error.localizedDescription); going on without a log file"
      show("\(fileURL.relativePath): \(problem)", .warning, &state)
    }
  }

  /// The width of the terminal at standard error in columns; `nil` if standard error is no terminal.
  public static func terminalColumns() -> Int? { StatusLine.columns() }

  /// Whether the user wants color: `NO_COLOR` (no-color.org) is not set, and the terminal is able to show it.
  public static var colorIsWelcome: Bool {
    let environment = ProcessInfo.processInfo.environment
    return environment["NO_COLOR"]?.isEmpty ?? true && environment["TERM"] != "dumb"
  }

  /// Writes text to standard error unchanged. Failures are ignored.
  public static func writeToStandardError(_ text: String) {
    // A message that cannot be shown is no reason to end a run.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
