import Files
import Foundation

/// The programs `ffmpeg` and `ffprobe`, which decode and encode videos.
package struct FFmpeg: Sendable {
  let ffmpeg: String
  let ffprobe: String
  /// The option that keeps the time stamps of frames as they are; its name changed in version 5.1.
  let passingTimes: [String]

  /// Finds the programs on the `PATH`.
  /// - Throws: `VideoError`, which names the package, if one is missing or does not run.
  package init() throws(VideoError) {
    guard let ffmpeg = Self.find("ffmpeg"), let ffprobe = Self.find("ffprobe") else {
      throw VideoError(
        "videos need the programs ffmpeg and ffprobe, which are not on the PATH: install the package ffmpeg "
          + "(apt install ffmpeg, or brew install ffmpeg)")
    }
    (self.ffmpeg, self.ffprobe) = (ffmpeg, ffprobe)
    let version = try ProgramOutput(of: ffmpeg, ["-version"])
    guard version.isSuccess, version.text.hasPrefix("ffmpeg version") else {
      throw VideoError("\(ffmpeg) does not run: \(version.lastWords ?? "it does not tell its version")")
    }
    passingTimes = Self.knowsFrameMode(version.text) ? ["-fps_mode", "passthrough"] : ["-vsync", "passthrough"]
  }

  /// Whether the programs are on the `PATH`.
  package static var isThere: Bool { find("ffmpeg") != nil && find("ffprobe") != nil }

  private static func find(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").lazy.map { "\($0)/\(name)" }
      .first { $0.hasPrefix("/") && access($0, X_OK) == 0 && FileSystem.kind(of: $0) == .file }
  }

  /// "ffmpeg version 4.4.2-0ubuntu" is old; "ffmpeg version N-109" is built from the newest source.
  package static func knowsFrameMode(_ text: String) -> Bool {
    guard let match = text.firstMatch(of: /ffmpeg version n?([0-9]+)\.([0-9]+)/), let major = Int(match.1),
      let minor = Int(match.2)
    else { return true }
    return (major, minor) >= (5, 1)
  }

  /// Whether an encoder was built into ffmpeg.
  func hasEncoder(_ name: String) throws(VideoError) -> Bool {
    try ProgramOutput(of: ffmpeg, ["-hide_banner", "-h", "encoder=\(name)"]).text.hasPrefix("Encoder \(name)")
  }
}
