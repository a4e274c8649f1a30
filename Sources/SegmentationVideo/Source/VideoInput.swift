import Foundation
import SegmentationImage

/// A video that was looked at, ready to be decoded once.
package struct VideoInput: Sendable {
  package let source: VideoSource
  package let stream: VideoStream
  /// Whether frames come at their own pace.
  package let isLive: Bool
  /// The seconds from the first frame to the last one; `nil` if the container does not tell.
  package var duration: Double? { stream.duration }
  let ffmpeg: FFmpeg
  let relay: ByteRelay?
  let isInterrupted: @Sendable () -> Bool

  /// Asks ffprobe what a source holds.
  /// - Throws: `VideoError` if it is no video or cannot be opened.
  package init(
    _ source: VideoSource, ffmpeg: FFmpeg, isInterrupted: @escaping @Sendable () -> Bool
  ) throws(VideoError) {
    let relay = source.isRelayed ? try ByteRelay(source, isInterrupted: isInterrupted) : nil
    let output: ProgramOutput
    do {
      output = try ProgramOutput(
        of: ffmpeg.ffprobe, ["-v", "error", "-of", "json", "-show_format", "-show_streams"] + source.arguments,
        input: relay.map(Self.feeding), patience: source.isRelayed ? 600 : 30,
        isInterrupted: isInterrupted)
    } catch {
      throw VideoError("\(source.name): \(error.description)")
    }
    guard output.isSuccess, let report = try? JSONDecoder().decode(ProbeReport.self, from: Data(output.text.utf8))
    else {
      throw VideoError(Self.refusal(source, output.lastWords))
    }
    stream = try VideoStream(report, source: source)
    isLive = source.isLive(duration: stream.duration)
    (self.source, self.ffmpeg, self.relay, self.isInterrupted) = (source, ffmpeg, relay, isInterrupted)
  }

  private static func feeding(_ relay: ByteRelay) -> (Int32, PipedProcess) -> Void {
    { pipe, process in relay.probe(pipe, process) }
  }

  private static func refusal(_ source: VideoSource, _ words: String?) -> String {
    var words = words ?? "ffprobe failed without a word"
    // ffprobe puts the file's name first, which the line has already.
    if case .file = source, let start = words.range(of: "\(source.name): ") {
      words = String(words[start.upperBound...])
    }
    return switch source {
    case .file:
      "\(source.name): neither an image (\(ImageFormat.list("or"))) nor a video that ffmpeg can read (\(words))"
    case .camera: "\(source.name): the camera cannot be opened (\(words))"
    default: "\(source.name): no video that ffmpeg can read (\(words))"
    }
  }
}
