import Files
import Foundation

/// Writes frames to standard output: a NUT stream of raw RGB, or of gray for products without colors.
final class StreamWriter: FrameWriter {
  private let painter: FramePainter
  private var stream: NutStream

  /// - Throws: `VideoError` if standard output is a terminal.
  init(_ input: VideoStream, painter: FramePainter) throws(VideoError) {
    guard isatty(STDOUT_FILENO) == 0 else {
      throw VideoError("standard output is a terminal: pipe it into a program such as ffplay, or give --output a path")
    }
    self.painter = painter
    let output = OutputFile(descriptor: STDOUT_FILENO, path: "the standard output")
    stream = NutStream(
      layout: painter.isGray ? .gray : .rgb, width: input.size.width, height: input.size.height,
      timeBase: input.timeBase, sampleAspect: input.sampleAspect
    ) { bytes in
      do throws(FileError) { try output.write(bytes) } catch {
        if error.reason == String(cString: strerror(EPIPE)) { throw OutputClosed() }
        throw error
      }
    }
  }

  func write(_ frame: LabelledFrame) throws {
    let time = frame.frame.time
    if painter.isGray { return try stream.add(painter.values(frame), time: time) }
    var painted = painter.painted(frame)
    try stream.add(painted.image(painter.color).pixels, time: time)
  }

  func finish(isInterrupted: Bool) {}

  func abandon() {}
}
