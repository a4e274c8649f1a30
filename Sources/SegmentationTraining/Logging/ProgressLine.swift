import Foundation

/// The line that says how far a run is.
struct ProgressLine {
  let progress: StepProgress
  let pace: StepPace

  init(_ progress: StepProgress, pace: StepPace) {
    self.progress = progress
    self.pace = pace
  }

  /// The seconds until the last step, if the steps to come are as fast as the latest ones.
  var secondsLeft: Double { Double(progress.stepsLeft) * pace.stepSeconds }

  var text: String { parts.map(\.text).joined(separator: Self.gap) }

  /// As many of the line's first characters as the terminal has columns for.
  func fitting(_ columns: Int, inColor: Bool) -> String {
    guard inColor else { return String(text.prefix(max(1, columns))) }
    var rest = max(1, columns)
    var line = ""
    for (index, part) in parts.enumerated() where rest > 0 {
      let text = ((index == 0 ? "" : Self.gap) + part.text).prefix(rest)
      rest -= text.count
      line += part.look.map { "\u{1B}[\($0)m\(text)\u{1B}[0m" } ?? String(text)
    }
    return line
  }

  private static let gap = "  "
  private static let bold = 1
  private static let dim = 2

  /// The parts of the line. The most important ones come first, since narrow terminals cut the line off. Each has the
  /// number of its look on a terminal.
  private var parts: [(text: String, look: Int?)] {
    let speed = pace.imagesPerSecond
    var parts: [(text: String, look: Int?)] = [
      ("epoch \(progress.epoch)/\(progress.epochs)", Self.bold),
      ("step \(progress.step)/\(progress.stepsPerEpoch)", nil),
      (String(format: "loss %.4f", progress.loss), nil),
      (String(format: speed < 10 ? "%.2f images/s" : "%.1f images/s", speed), nil),
      ("ETA \(Self.clock(secondsLeft))", nil),
      (String(format: "data %.0f%%", pace.dataShare * 100), nil),
    ]
    if let memory = progress.memory { parts.append((Self.size(memory), nil)) }
    return parts + [
      ("\(Self.duration(pace.stepSeconds))/step", Self.dim),
      (String(format: "lr %.3g", progress.learningRate), Self.dim),
    ]
  }

  private static func duration(_ seconds: Double) -> String {
    seconds < 1 ? String(format: "%.0f ms", seconds * 1000) : String(format: "%.2f s", seconds)
  }

  private static func size(_ bytes: Int) -> String {
    bytes < 1_000_000_000
      ? String(format: "%.0f MB", Double(bytes) / 1e6) : String(format: "%.1f GB", Double(bytes) / 1e9)
  }

  private static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "unknown" }
    let seconds = Int(seconds.rounded())
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, seconds % 60) : String(format: "%d:%02d", minutes, seconds % 60)
  }
}
