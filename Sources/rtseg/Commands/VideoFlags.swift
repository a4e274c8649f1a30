import ArgumentParser

/// The options for videos.
struct VideoFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The share of the frames before in the scores of each frame, from 0 to 0.99. It lets pixels flicker less and follow \
      motion later; rtseg tells how much they flicker with and without it. (default: 0)
      """, valueName: "share"))
  var smoothing: Double?
  @Option(
    help: ArgumentHelp(
      """
      The encoder of ffmpeg for a video file, such as libx265 or h264_nvenc. (default: by the file's name; H.264 for \
      .mp4, .mov and .mkv)
      """, valueName: "name"))
  var videoEncoder: String?

  func validate() throws { try checkOption("smoothing", smoothing, in: 0...0.99) }

  /// Refuses what has no effect on images.
  func refuseForImages(_ input: String) throws {
    try refuseOption(smoothing != nil, "--smoothing is for videos, and --input \(input) is none")
    try refuseOption(videoEncoder != nil, "--video-encoder is for videos, and --input \(input) is none")
  }
}
