import Foundation

/// How the sound of a video gets into the labelled one: ffmpeg copies it from the file, unchanged.
struct SoundCopy {
  /// The arguments of ffmpeg that open the sound, and those that copy it. None if no sound is copied.
  var input: [String] = []
  var output: [String] = []
  /// Why sound that is there is not copied.
  var note: String?

  /// - Parameter temporary: A file that ends like the result, for trying whether its container takes the sound.
  /// - Throws: `VideoError` if ffmpeg cannot be started.
  init(_ video: VideoInput, temporary: String) throws(VideoError) {
    guard video.stream.hasSound else { return }
    guard case .file = video.source else {
      note = "\(video.source.name): the sound is left out; it is copied from files only"
      return
    }
    let copying = ["-map", "1:a", "-c:a", "copy"]
    let trial = try ProgramOutput(
      of: video.ffmpeg.ffmpeg,
      ["-nostdin", "-hide_banner", "-loglevel", "error", "-y"] + video.source.arguments
        + ["-t", "1", "-map", "0:a", "-c:a", "copy", "file:\(temporary)"])
    guard trial.isSuccess else {
      // The encoder will fail for the same reason.
      if trial.lastWords?.contains("suitable output format") ?? false { return }
      note = "the sound is left out: \(trial.lastWords ?? "the container does not take it")"
        .replacingOccurrences(of: "file:\(temporary)", with: "the file").replacingOccurrences(
          of: temporary, with: "the file")
      return
    }
    // The frames' times start where the container starts.
    input = ["-itsoffset", String(format: "%.6f", -video.stream.containerStart)] + video.source.arguments
    output = copying
  }
}
