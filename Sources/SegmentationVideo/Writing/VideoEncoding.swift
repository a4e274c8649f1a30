import SegmentationImage
import SegmentationInference

/// The encoder for a file and its settings.
struct VideoEncoding {
  /// ffmpeg's arguments.
  let arguments: [String]
  /// A line on a choice that one might not expect.
  var note: String?

  private static let h264Endings: Set = [".mp4", ".m4v", ".mov", ".mkv", ".avi", ".flv", ".ts", ".mts", ".m2ts"]
  /// The containers that also hold FFV1.
  private static let ffv1Endings: Set = [".mkv", ".avi", ".mov", ".nut"]

  /// - Parameters:
  ///   - encoder: The encoder's name, if the user wants one.
  ///   - ending: The end of the file's name from its dot on.
  init(
    encoder: String?, ending: String, product: PredictionProduct, size: ImageSize, ffmpeg: FFmpeg
  ) throws(VideoError) {
    let ending = ending.lowercased()
    let isGray = product == .ids || product == .probability
    if let encoder {
      guard try ffmpeg.hasEncoder(encoder) else {
        throw VideoError("--video-encoder \(encoder): ffmpeg has no encoder of this name; ffmpeg -encoders lists them")
      }
      arguments = ["-c:v", encoder]
      return
    }
    // Class numbers must stay what they are.
    if product == .ids, Self.ffv1Endings.contains(ending) {
      arguments = ["-c:v", "ffv1", "-level", "3", "-g", "1", "-pix_fmt", "gray"]
    } else if Self.h264Endings.contains(ending), try ffmpeg.hasEncoder("libx264") {
      let isOdd = size.width % 2 + size.height % 2 > 0
      let quality = product == .ids ? ["-qp", "0"] : ["-crf", "20"]
      let format = isGray ? "gray" : isOdd ? "yuv444p" : "yuv420p"
      arguments = ["-c:v", "libx264", "-preset", "superfast", "-pix_fmt", format] + quality
      if isOdd, !isGray {
        note = "a video of \(size.width)x\(size.height) pixels needs H.264 with 4:4:4, which not every player shows"
      }
    } else if product == .ids {
      throw VideoError(
        "class numbers need a container for video without loss: end the name of --output in .mkv, or save overlay or color"
      )
    } else if ending == ".webm" {
      arguments = [
        "-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "32", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1",
        "-pix_fmt", "yuv420p",
      ]
    } else {
      arguments = []
    }
  }
}
