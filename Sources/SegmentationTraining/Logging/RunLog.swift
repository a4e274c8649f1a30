import Files
import Foundation
import Synchronization

/// What a run says while it goes: messages, and progress as one line that changes on a terminal or as lines at
/// intervals elsewhere; both go to a log file too, with the time.
public final class RunLog: Sendable {
  /// Times over the last steps, older ones counting less.
  private struct Pace {
    var step = 0.0, data = 0.0, images = 0.0, weight = 0.0

    mutating func add(_ progress: StepProgress) {
      let decay = 0.95
      step = decay * step + progress.stepSeconds
      data = decay * data + progress.dataSeconds
      images = decay * images + Double(progress.images)
      weight = decay * weight + 1
    }
  }

  private struct State {
    var pace = Pace()
    var lastLine: Date?
    var showsProgress = false
    var file: FileHandle?
  }

  private let state: Mutex<State>
  private let fileURL: URL?
  private let interval: TimeInterval
  private let columns: @Sendable () -> Int?
  private let output: @Sendable (String) -> Void
  private let now: @Sendable () -> Date

  /// - Parameters:
  ///   - file: The log file, appended to; none where nil.
  ///   - interval: Seconds between lines of progress where there is no terminal, and in the file.
  ///   - columns: The terminal's width, or nil where the output is no terminal.
  ///   - output: Takes text as it is to be shown; standard error unless given.
  ///   - now: The time.
  public init(
    file: URL? = nil, interval: TimeInterval = 10, columns: @escaping @Sendable () -> Int? = RunLog.terminalColumns,
    output: @escaping @Sendable (String) -> Void = RunLog.writeToStandardError,
    now: @escaping @Sendable () -> Date = { Date() }
  ) throws(RunFolderError) {
    fileURL = file
    self.interval = interval
    self.columns = columns
    self.output = output
    self.now = now
    state = Mutex(State())
    guard let file else { return }
    let descriptor = open(file.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RunFolderError.cannotWrite(file) }
    state.withLock { $0.file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true) }
  }

  /// Says something on a line of its own, or several. Characters that steer a terminal are shown by their numbers.
  public func message(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let text = lines.map { String($0).printable(limit: 4000) }.joined(separator: "\n")
    state.withLock { state in
      show(text, &state)
      keep(text, &state)
    }
  }

  /// Says how far the run is.
  public func step(_ progress: StepProgress) {
    state.withLock { state in
      state.pace.add(progress)
      let line = Self.line(progress, state.pace)
      let time = now()
      let isDue = state.lastLine.map { time.timeIntervalSince($0) >= interval } ?? true
      if isDue || progress.step == progress.stepsPerEpoch {
        state.lastLine = time
        keep(line, &state)
        if columns() == nil { show(line, &state) }
      }
      if let columns = columns() {
        output("\r" + line.prefix(max(1, columns - 1)) + "\u{1B}[K")
        state.showsProgress = true
      }
    }
  }

  /// Shows on a terminal how far something other than the training is, until the next message.
  func progress(_ text: String) {
    guard let columns = columns() else { return }
    state.withLock { state in
      output("\r" + text.prefix(max(1, columns - 1)) + "\u{1B}[K")
      state.showsProgress = true
    }
  }

  private func show(_ text: String, _ state: inout State) {
    output((state.showsProgress ? "\r\u{1B}[K" : "") + text + "\n")
    state.showsProgress = false
  }

  private func keep(_ text: String, _ state: inout State) {
    guard let file = state.file, let fileURL else { return }
    do {
      try file.write(contentsOf: Data("\(now().formatted(.iso8601)) \(text)\n".utf8))
    } catch {
      // A run is worth more than its log: it goes on, and says so once.
      state.file = nil
      show("\(fileURL.relativePath): cannot write: \(error.localizedDescription); going on without a log file", &state)
    }
  }

  private static func line(_ progress: StepProgress, _ pace: Pace) -> String {
    let speed = pace.step > 0 ? pace.images / pace.step : 0
    let parts = [
      "epoch \(progress.epoch)/\(progress.epochs)",
      "step \(progress.step)/\(progress.stepsPerEpoch)",
      String(format: "loss %.4f", progress.loss),
      String(format: "lr %.3g", progress.learningRate),
      String(format: speed < 10 ? "%.2f images/s" : "%.1f images/s", speed),
      "data \(duration(pace.data / pace.weight)) of \(duration(pace.step / pace.weight))",
      "ETA \(clock(Double(progress.stepsLeft) * pace.step / pace.weight))",
    ]
    return parts.joined(separator: "  ")
  }

  private static func duration(_ seconds: Double) -> String {
    seconds < 1 ? String(format: "%.0f ms", seconds * 1000) : String(format: "%.2f s", seconds)
  }

  private static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "unknown" }
    let seconds = Int(seconds.rounded())
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, seconds % 60) : String(format: "%d:%02d", minutes, seconds % 60)
  }

  /// The width of the terminal at standard error; nil where it is none.
  public static func terminalColumns() -> Int? {
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes text to standard error as it is.
  public static func writeToStandardError(_ text: String) {
    // Progress that cannot be shown is no reason to end a run.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
