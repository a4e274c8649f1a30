import Foundation

/// How the labelling of a video went.
public struct VideoSummary: Sendable, Equatable {
  /// The number of frames that were labelled and written.
  public package(set) var frames = 0
  /// The number of frames of a live source that nobody had time for.
  public package(set) var dropped = 0
  /// The seconds from the first frame's arrival until the last one was written.
  public package(set) var seconds = 0.0
  /// The seconds of video that were labelled.
  public package(set) var videoSeconds = 0.0
  /// Whether the user ended it.
  public package(set) var isInterrupted = false
  /// The share of still pixels that change their class from frame to frame without smoothing, from 0 to 1; `nil` if it was
  /// not measured.
  public package(set) var flickerBefore: Double?
  /// The same share after smoothing.
  public package(set) var flickerAfter: Double?
  /// The lines that ffmpeg wrote about damage of a video that it could decode to its end.
  public package(set) var damage: String?

  /// The frames that are labelled in a second.
  public var rate: Double { seconds > 0 ? Double(frames) / seconds : 0 }

  /// The line for the end of a run.
  /// - Parameters:
  ///   - engine: The names of the engine and of its precision.
  ///   - output: The place of the results.
  package func line(engine: String, output: String) -> String {
    let count = "\(frames) frame\(frames == 1 ? "" : "s")"
    let drops = dropped > 0 ? ", dropped \(dropped)" : ""
    let speed = String(
      format: "%.1f frames/s, %.2f times real time", rate, seconds > 0 ? videoSeconds / seconds : 0)
    return "\(isInterrupted ? "interrupted: " : "")labelled \(count)\(drops) in \(String(format: "%.1f", seconds)) s "
      + "(\(speed); \(engine)): \(output)"
  }

  /// The line about flicker, if it was measured.
  package var flickerLine: String? {
    guard let flickerBefore, let flickerAfter else { return nil }
    func percent(_ share: Double) -> String { String(format: "%.3f %%", share * 100) }
    return "pixels that change their class where nothing moves: \(percent(flickerBefore)) of a frame before smoothing, "
      + "\(percent(flickerAfter)) after"
  }

  /// The line that shows how far the work is.
  package func progress(duration: Double?) -> String {
    let place = String(format: "%.1f s", videoSeconds)
    let whole = duration.map { String(format: " of %.1f s", $0) } ?? ""
    let drops = dropped > 0 ? "  \(dropped) dropped" : ""
    return "\(place)\(whole)  \(frames) frames  \(String(format: "%.1f", rate)) frames/s\(drops)"
  }
}
