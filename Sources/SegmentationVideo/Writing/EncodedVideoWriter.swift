import Files
import Foundation
import SegmentationImage
import SegmentationInference

/// Writes frames into a video file by ffmpeg, with the times, the colors and the sound of the video that they come from.
final class EncodedVideoWriter: FrameWriter {
  private let output: String
  private let file: UnfinishedFile
  private let process: PipedProcess
  private let painter: FramePainter
  private let ffmpeg: FFmpeg
  private let containerOptions: [String]
  private let hasSound: Bool
  private let stream: VideoStream
  /// The end of the last frame in seconds.
  private var end = 0.0
  private var pipe: Int32?
  private var frames: NutStream!

  /// Starts ffmpeg.
  /// - Parameters:
  ///   - encoder: The name of ffmpeg's encoder, if the user wants one.
  ///   - note: Receives lines on what is otherwise than one might expect.
  /// - Throws: `VideoError`, `FileError`.
  init(
    _ output: String, input: VideoInput, painter: FramePainter, encoder: String?, note: (String) -> Void
  ) throws {
    self.output = output
    self.painter = painter
    let ending = UnfinishedFile.ending(of: output)
    let encoding = try VideoEncoding(
      encoder: encoder, ending: ending, product: painter.product, size: input.stream.size, ffmpeg: input.ffmpeg)
    if let line = encoding.note { note(line) }
    file = try UnfinishedFile(for: output)
    let sound = try SoundCopy(input, temporary: file.path)
    if let line = sound.note { note(line) }
    hasSound = !sound.input.isEmpty
    (ffmpeg, stream) = (input.ffmpeg, input.stream)
    // The index comes first, so that browsers begin to play before the whole file is there.
    let isQuickTime = [".mp4", ".m4v", ".mov"].contains(ending.lowercased())
    containerOptions = isQuickTime ? ["-movflags", "+faststart"] : []
    let base = input.stream.timeBase
    var arguments = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-copyts"]
    arguments += ["-protocol_whitelist", "pipe", "-f", "nut", "-i", "pipe:0"] + sound.input
    arguments += ["-map", "0:v:0", "-vf", painter.isGray ? "setparams=range=pc" : painter.color.tagging]
    arguments += sound.output + encoding.arguments + input.ffmpeg.passingTimes
    arguments += ["-enc_time_base", "\(base.numerator):\(base.denominator)"]
    arguments += containerOptions
    arguments.append("file:\(file.path)")
    let pipe = try Pipe()
    pipe.enlarge()
    do {
      defer { close(pipe.reading) }
      process = try PipedProcess(input.ffmpeg.ffmpeg, arguments, descriptors: [(pipe.reading, 0)])
    }
    self.pipe = pipe.writing
    let target = OutputFile(descriptor: pipe.writing, path: output)
    let size = input.stream.size
    frames = NutStream(
      layout: painter.isGray ? .gray : input.stream.pixelFormat.planes == .full ? .full : .halved, width: size.width,
      height: size.height, timeBase: base, sampleAspect: input.stream.sampleAspect
    ) { try target.write($0) }
  }

  deinit { if let pipe { close(pipe) } }

  func write(_ frame: LabelledFrame) throws {
    let time = frame.frame.time
    end = Double(time) * stream.timeBase.value + 1 / (stream.frameRate ?? 25)
    let bytes = painter.isGray ? painter.values(frame) : painter.painted(frame).planes
    do { try frames.add(bytes, time: time) } catch is FileError { throw failure() }
  }

  func finish(isInterrupted: Bool) throws {
    if let pipe { close(pipe) }
    pipe = nil
    // Encoders hold some frames back, and a file's index may be moved to its beginning.
    guard let end = process.end(within: 600) else { throw failure() }
    let isFull = process.errors.line(with: ["No space left on device", "Error writing trailer", "Input/output error"])
    guard isFull == nil, end == .exited(0) else { throw failure() }
    if isInterrupted, hasSound { try cutSound() } else { try file.keep() }
  }

  /// Ends the sound where the frames end: ffmpeg copies it ahead of them.
  private func cutSound() throws {
    let short = try UnfinishedFile(for: output)
    var arguments = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-protocol_whitelist", "file"]
    arguments += ["-i", "file:\(file.path)", "-map", "0", "-c", "copy", "-t", String(format: "%.6f", end)]
    let result = try ProgramOutput(
      of: ffmpeg.ffmpeg, arguments + containerOptions + ["file:\(short.path)"], patience: 600)
    guard result.isSuccess else { return try file.keep() }
    file.remove()
    try short.keep()
  }

  func abandon() {
    if let pipe { close(pipe) }
    pipe = nil
    process.send(SIGKILL)
    _ = process.end(within: 5)
    file.remove()
  }

  private func failure() -> VideoError {
    if let pipe { close(pipe) }
    pipe = nil
    let end = process.end(within: 5)
    process.send(SIGKILL)
    let said = process.errors.line(with: ["No space left on device"]) ?? process.errors.firstWords
    let words = said?.replacingOccurrences(of: "file:\(file.path)", with: output)
      .replacingOccurrences(of: file.path, with: output)
    let how =
      switch end {
      case .killed(let signal): "ended by signal \(signal)"
      default: "ffmpeg failed without a word"
      }
    file.remove()
    return VideoError("cannot write \(output): \(words ?? how)")
  }
}
