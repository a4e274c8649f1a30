import Foundation
import SegmentationImage

/// Reads the frames of a video from ffmpeg, one after the other, with the times at which they are shown.
///
/// ffmpeg writes frames in the format yuv4mpegpipe to one pipe and their times as text to another.
package final class FrameReader {
  private let input: VideoInput
  private let process: PipedProcess
  private let frames: PipeReader
  private let times: PipeReader
  private var hasHeader = false
  private var lastTime: Int64?
  /// The end of the last frame in seconds after the container's start.
  private(set) var end = 0.0
  private(set) var count = 0
  /// How many seconds a live source may be silent.
  private static let patience = 10.0

  /// - Throws: `VideoError` if ffmpeg cannot be started.
  package init(_ input: VideoInput) throws(VideoError) {
    self.input = input
    let framePipe = try Pipe()
    let timePipe = try Pipe()
    let inputPipe = input.relay == nil ? nil : try Pipe()
    framePipe.enlarge()
    defer {
      close(framePipe.writing)
      close(timePipe.writing)
      if let inputPipe { close(inputPipe.reading) }
    }
    process = try PipedProcess(
      input.ffmpeg.ffmpeg, Self.arguments(input),
      descriptors: [(framePipe.writing, 1), (timePipe.writing, 3)] + (inputPipe.map { [($0.reading, Int32(0))] } ?? []))
    frames = PipeReader(framePipe.reading, isInterrupted: input.isInterrupted)
    times = PipeReader(timePipe.reading, isInterrupted: input.isInterrupted)
    if let inputPipe { input.relay?.feed(inputPipe.writing) }
    if input.isLive { (frames.patience, times.patience) = (Self.patience, Self.patience) }
  }

  private static func arguments(_ input: VideoInput) -> [String] {
    let stream = input.stream
    let base = stream.timeBase
    let filters = [
      stream.pixelFormat.filters(size: (stream.size.width, stream.size.height), color: stream.color),
      "settb=\(base.numerator)/\(base.denominator)",
      // Only frames that have some note are printed.
      "metadata=add:key=rtseg:value=1", "metadata=print:file='pipe\\:3':direct=1",
    ]
    let threads = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount / 4))
    var arguments = ["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "\(threads)"]
    if input.isLive { arguments += ["-fflags", "nobuffer"] }
    arguments += input.source.arguments
    arguments += ["-map", "0:\(stream.index)", "-vf", filters.joined(separator: ",")] + input.ffmpeg.passingTimes
    arguments += ["-enc_time_base", "\(base.numerator):\(base.denominator)"]
    return arguments + ["-f", "yuv4mpegpipe", "-strict", "-1", "pipe:1"]
  }

  /// The next frame; `nil` after the last one and after an interruption.
  /// - Throws: `VideoError` if the video ends before it should, or no frame comes for a while.
  package func next() throws -> VideoFrame? {
    do {
      guard try readHeader(), try readMarker(), let planes = try readPlanes(), let time = try readTime() else {
        try checkEnd()
        return nil
      }
      count += 1
      end = Double(time) * input.stream.timeBase.value + 1 / (input.stream.frameRate ?? 25)
      return VideoFrame(size: input.stream.size, isHalved: format.planes != .full, planes: planes, time: time)
    } catch let failure as PipeReader.Failure {
      stop()
      switch failure {
      case .interrupted: return nil
      case .silent:
        throw VideoError("\(name): no frame came for \(Int(Self.patience)) seconds")
      case .system(let code): throw VideoError("\(name): \(String(cString: strerror(code)))")
      }
    }
  }

  /// Ends ffmpeg.
  func stop() {
    process.send(SIGKILL)
    _ = process.end(within: 5)
  }

  private var name: String { input.source.name }
  private var format: SourcePixelFormat { input.stream.pixelFormat }

  // MARK: - Frames

  private func fill(_ bytes: inout [UInt8]) throws -> Bool {
    try bytes.withUnsafeMutableBytes { try frames.fill($0) == $0.count }
  }

  /// Reads the line before the first frame, such as "YUV4MPEG2 W1024 H512 F30:1 Ip A1:1 C420mpeg2".
  private func readHeader() throws -> Bool {
    if hasHeader { return true }
    var header: [UInt8] = []
    var byte: [UInt8] = [0]
    repeat {
      guard header.count < 1024, try fill(&byte) else { return false }
      header += byte
    } while byte[0] != UInt8(ascii: "\n")
    let words = String(decoding: header, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    let size = input.stream.size
    let planes =
      switch format.planes {
      case .gray: "Cmono"
      case .halved: "C420"
      case .full: "C444"
      }
    guard words.first == "YUV4MPEG2", words.contains("W\(size.width)"), words.contains("H\(size.height)"),
      words.contains(where: { $0.hasPrefix(planes) })
    else { throw VideoError("\(name): ffmpeg gives frames of another form than ffprobe told") }
    hasHeader = true
    return true
  }

  private func readMarker() throws -> Bool {
    var marker = [UInt8](repeating: 0, count: 6)
    guard try fill(&marker) else { return false }
    guard marker == Array("FRAME\n".utf8) else { throw VideoError("\(name): ffmpeg's frames cannot be read") }
    return true
  }

  private func readPlanes() throws -> [UInt8]? {
    let size = input.stream.size
    let count = VideoFrame.count(size, isHalved: format.planes != .full)
    let sent = format.planes == .gray ? size.area : count
    var isWhole = false
    let planes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let bytes = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: sent)
      isWhole = try frames.fill(bytes) == sent
      // Gray has no differences between colors.
      buffer[sent..<count].initialize(repeating: 128)
      initialized = count
    }
    return isWhole ? planes : nil
  }

  // MARK: - Times

  /// Reads the next line such as "frame:0    pts:512     pts_time:0.0333333". A frame without a time, or with one that
  /// does not come after that of the frame before, is shown a tick or a frame's duration later.
  private func readTime() throws -> Int64? {
    while let line = try times.line() {
      guard let match = line.firstMatch(of: /^frame:\d+ +pts:(-?\d+|NOPTS)/) else { continue }
      let base = input.stream.timeBase
      let step = max(1, Int64((1 / (input.stream.frameRate ?? 25) / base.value).rounded()))
      var time = Int64(match.1) ?? lastTime.map { $0 + step } ?? 0
      if let lastTime, time <= lastTime { time = lastTime + 1 }
      lastTime = time
      return time
    }
    return nil
  }

  // MARK: - The end

  /// Finds out why no more frames come.
  private func checkEnd() throws {
    guard let status = process.end(within: 10) else {
      stop()
      throw VideoError("\(name): ffmpeg does not end")
    }
    let place = count == 0 ? "" : "after \(count) frames: "
    if status != .exited(0) {
      let words = count == 0 ? process.errors.firstWords : process.errors.lastWords
      throw VideoError("\(name): \(place)\(words ?? "ffmpeg was ended")")
    }
    let complaint = process.errors.line(with: ["partial file", "File ended prematurely", "Truncat", "truncat"])
    if count == 0 {
      throw VideoError("\(name): no frame can be decoded (\(process.errors.firstWords ?? "it is empty"))")
    }
    if case .camera = input.source { throw VideoError("\(name): \(place)the camera has gone") }
    // Containers round durations, and the last frame may be shown for long.
    guard let duration = input.stream.duration.map({ $0 + input.stream.delay }) else {
      if let complaint { throw VideoError("\(name): \(place)it is cut off (\(complaint))") }
      return
    }
    let missing = duration - end
    // The index of an AVI file counts frames that are not there any more, and its duration does not.
    let isBelowIndex = input.stream.frameCount.map { count < $0 } ?? false
    let isShort = missing > max(0.25, 2.5 / (input.stream.frameRate ?? 25))
    if isShort, isBelowIndex || process.errors.firstWords != nil {
      throw VideoError(
        "\(name): \(place)it is cut off: \(Self.seconds(end)) of \(Self.seconds(duration)) seconds are there")
    }
    if isBelowIndex, input.stream.isAVI, let frames = input.stream.frameCount {
      throw VideoError("\(name): \(place)it is cut off: its index tells of \(frames) frames")
    }
    damage = process.errors.firstWords
  }

  /// The lines that ffmpeg wrote about a video that it decoded to the end.
  private(set) var damage: String?

  private static func seconds(_ value: Double) -> String { String(format: "%.1f", value) }
}
