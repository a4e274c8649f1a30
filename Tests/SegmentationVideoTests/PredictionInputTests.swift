import Foundation
import SegmentationImage
import SegmentationVideo
import TestSupport
import Testing

@Suite struct PredictionInputTests {
  @Test func imagesAndVideosAreToldApart() throws {
    let folder = try TemporaryFolder()
    try folder.write("x", to: "clip.mp4")
    try folder.write("x", to: "broken.png")
    try Image(height: 2, width: 2).write(to: folder.url.appending(path: "photo.png"))
    try FileManager.default.copyItem(atPath: "\(folder.path)/photo.png", toPath: "\(folder.path)/photo")
    for name in ["", "/broken.png", "/photo.png", "/photo", "/nothing.mp4"] {
      #expect(try PredictionInput(folder.path + name) == .images, "\(name)")
    }
    #expect(try PredictionInput("\(folder.path)/clip.mp4") == .video(.file("\(folder.path)/clip.mp4")))
    #expect(try PredictionInput("/dev/null") == .video(.camera("/dev/null")))
    #expect(try PredictionInput("rtsp://a/b") == .video(.address("rtsp://a/b", scheme: "rtsp")))
    #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
    #expect(try PredictionInput("\(folder.path)/pipe") == .video(.namedPipe("\(folder.path)/pipe")))
  }

  @Test(arguments: ["file:///etc/passwd", "concat://a", "gopher://a/b"]) func otherAddressesAreRefused(text: String)
    throws
  {
    let error = #expect(throws: VideoError.self) { try PredictionInput(text) }
    #expect(error?.description.contains("expected an address of one of these kinds: http, https") ?? false)
  }

  /// Names that ffmpeg would take for options or protocols are names of files.
  @Test func namesOfFilesAreNoProtocols() {
    #expect(VideoSource.file("concat:a|b").arguments == ["-protocol_whitelist", "file", "-i", "file:concat:a|b"])
    #expect(VideoSource.file("-y").arguments.last == "file:-y")
    #expect(VideoSource.address("rtsp://user:secret@host/a", scheme: "rtsp").name == "rtsp://host/a")
  }

  @Test func versionsOfFFmpegAreTold() {
    for (text, isNew) in [
      ("ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright", false), ("ffmpeg version 5.0.1", false),
      ("ffmpeg version 5.1.9-0+deb12u1", true), ("ffmpeg version n7.1", true), ("ffmpeg version N-109-gabc", true),
    ] { #expect(FFmpeg.knowsFrameMode(text) == isNew, "\(text)") }
  }
}
