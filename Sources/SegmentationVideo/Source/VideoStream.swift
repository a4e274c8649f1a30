import Foundation
import SegmentationImage

/// The facts that ffprobe told about a video, checked.
package struct VideoStream: Sendable, Equatable {
  /// A ratio of two positive numbers.
  package struct Ratio: Sendable, Equatable {
    package let numerator: Int
    package let denominator: Int

    /// Reads "1/90000" or "4:3"; `nil` for anything else.
    init?(_ text: String?) {
      let parts = (text ?? "").split { $0 == "/" || $0 == ":" }.map { Int32($0) ?? 0 }
      guard parts.count == 2, parts[0] > 0, parts[1] > 0 else { return nil }
      (numerator, denominator) = (Int(parts[0]), Int(parts[1]))
    }

    package init(_ numerator: Int, _ denominator: Int) { (self.numerator, self.denominator) = (numerator, denominator) }

    var inverse: Ratio { Ratio(denominator, numerator) }
    package var value: Double { Double(numerator) / Double(denominator) }
  }

  /// The number of the stream in its container.
  let index: Int
  /// The frames' size in pixels, upright.
  package let size: ImageSize
  /// The seconds of one tick of the time stamps.
  let timeBase: Ratio
  /// The mean number of frames per second; `nil` if the container does not tell.
  let frameRate: Double?
  /// The seconds from the first frame's beginning to the last one's end; `nil` if the container does not tell.
  let duration: Double?
  /// The number of frames; `nil` if the container does not tell.
  let frameCount: Int?
  let isAVI: Bool
  /// The seconds at which the container's earliest stream starts.
  let containerStart: Double
  /// The seconds between that and the first frame.
  let delay: Double
  /// The width of a pixel by its height; `nil` if the container does not tell.
  package let sampleAspect: Ratio?
  let pixelFormat: SourcePixelFormat
  /// The colors, with what is assumed if the stream does not tell.
  package let color: ColorDescription
  /// Whether there is sound.
  let hasSound: Bool

  /// - Throws: `VideoError` if there is no video, or if what was told cannot be.
  init(_ report: ProbeReport, source: VideoSource) throws(VideoError) {
    let name = source.name
    let isAddress = if case .address = source { true } else { false }
    let streams = report.streams ?? []
    // The picture on the cover of a record is no video.
    let videos = streams.filter { $0.codec_type == "video" && $0.disposition?.attached_pic != 1 }
    hasSound = streams.contains { $0.codec_type == "audio" }
    let formats = (report.format?.format_name ?? "").split(separator: ",")
    if formats.contains(where: { $0 == "image2" || $0.hasSuffix("_pipe") }) {
      throw VideoError("\(name): an image of a format that rtseg does not read; convert it to PNG or JPEG")
    }
    // Texts that ffmpeg would draw letter by letter, and lists of other files.
    if let list = formats.first(where: { ["tty", "concat", "hls", "applehttp", "dash", "sdp", "imf"].contains($0) }),
      !isAddress
    {
      throw VideoError(
        "\(name): neither an image (\(ImageFormat.list("or"))) nor a video (it is a text of the kind \(list))")
    }
    isAVI = formats.contains("avi")
    guard let stream = videos.first else {
      throw VideoError(hasSound ? "\(name): it has sound and no video" : "\(name): it has no video")
    }
    guard let width = stream.width, let height = stream.height, (1...32768).contains(width),
      (1...32768).contains(height), width * height <= 1 << 28
    else {
      throw VideoError("\(name): its size cannot be told (\(stream.width ?? 0)x\(stream.height ?? 0) pixels)")
    }
    guard let pixelFormat = SourcePixelFormat(stream.pix_fmt), let timeBase = Ratio(stream.time_base) else {
      let isBehind = source.isRelayed && formats.contains("mov")
      throw VideoError(
        "\(name): ffmpeg cannot decode its video"
          + (isBehind ? "; an MP4 file whose index is at its end cannot be piped: give --input its path" : ""))
    }
    index = stream.index
    let turn = stream.side_data_list?.lazy.compactMap(\.rotation).first ?? 0
    let isTurned = abs(turn.truncatingRemainder(dividingBy: 180)).rounded() == 90
    size = isTurned ? ImageSize(height: width, width: height) : ImageSize(height: height, width: width)
    self.timeBase = timeBase
    self.pixelFormat = pixelFormat
    frameRate = Ratio(stream.avg_frame_rate)?.value
    let aspect = Ratio(stream.sample_aspect_ratio)
    sampleAspect = isTurned ? aspect?.inverse : aspect
    func seconds(_ text: String?) -> Double? {
      text.flatMap { Double($0) }.flatMap { $0.isFinite && abs($0) < 1e9 ? $0 : nil }
    }
    let start = seconds(report.format?.start_time) ?? 0
    let delay = max(0, (seconds(stream.start_time) ?? start) - start)
    (containerStart, self.delay) = (start, delay)
    let own = seconds(stream.duration)
    let shared = seconds(report.format?.duration).map { $0 - delay }
    duration = (own ?? shared).flatMap { $0 > 0 ? $0 : nil }
    frameCount = stream.nb_frames.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    color = ColorDescription(
      range: stream.color_range, matrix: stream.color_space, primaries: stream.color_primaries,
      transfer: stream.color_transfer, size: size, format: pixelFormat)
  }
}
