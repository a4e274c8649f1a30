import Foundation

/// Shows on a terminal how far work over many files is, at which rate, and how long the rest will take.
struct ProgressMeter {
  private let start = ContinuousClock.now
  /// The time when a line was shown last.
  private var shown: ContinuousClock.Instant?
  /// The times of earlier lines, and how much was done then; the rate is that of the last ten seconds, since files that
  /// are known from an earlier check take no time.
  private var marks: [(time: ContinuousClock.Instant, done: Int)] = []

  /// Shows a line if the work takes longer than a second, at most five times in a second.
  mutating func show(_ done: Int, of total: Int) {
    let now = ContinuousClock.now
    guard now - start > .seconds(1), shown.map({ now - $0 > .milliseconds(200) }) ?? true else { return }
    shown = now
    marks.append((now, done))
    while marks.count > 2, now - marks[1].time > .seconds(10) { marks.removeFirst() }
    Terminal.showProgress(text(done, total, now))
  }

  private func text(_ done: Int, _ total: Int, _ now: ContinuousClock.Instant) -> String {
    let first = marks.count > 1 ? marks[0] : (time: start, done: 0)
    let seconds = (now - first.time) / .seconds(1)
    let rate = Double(done - first.done) / max(seconds, 1e-3)
    guard rate > 0 else { return "\(done)/\(total)" }
    return "\(done)/\(total)  \(String(format: rate < 10 ? "%.1f" : "%.0f", rate))/s  "
      + "\(Self.clock(Double(total - done) / rate)) left"
  }

  private static func clock(_ seconds: Double) -> String {
    let seconds = Int(min(seconds, 1e9).rounded())
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, seconds % 60) : String(format: "%d:%02d", minutes, seconds % 60)
  }
}
