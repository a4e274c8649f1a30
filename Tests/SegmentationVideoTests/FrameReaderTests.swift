import Foundation
import SegmentationImage
import SegmentationVideo
import TestSupport
import Testing

@Suite(.enabled(if: FFmpegProgram.isThere)) struct FrameReaderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ file: String) throws -> VideoInput {
    try VideoInput(.file(file), ffmpeg: FFmpeg(), isInterrupted: { false })
  }

  private func frames(_ input: VideoInput) throws -> [VideoFrame] {
    let reader = try FrameReader(input)
    var frames: [VideoFrame] = []
    while let frame = try reader.next() { frames.append(frame) }
    return frames
  }

  /// Frames of one color, converted by ffmpeg to a format, a matrix and a range, have that color for the network.
  @Test(arguments: [
    "yuv420p tv bt709", "yuv420p tv smpte170m", "yuv420p pc bt470bg", "yuv420p pc bt709", "yuv420p10le tv bt2020nc",
    "yuv444p pc bt709", "yuv444p tv smpte170m", "yuv422p tv smpte170m", "yuv422p pc bt470bg", "yuv422p10le pc bt709",
    "gbrp pc gbr", "rgb24 pc gbr",
  ])
  func theNetworkSeesTheColorsOfTheVideo(form: String) throws {
    let words = form.split(separator: " ").map(String.init)
    let file = try folder.file("a.mkv")
    let conversion =
      words[2] == "gbr"
      ? "format=\(words[0])"
      : "scale=out_color_matrix=\(words[2]):out_range=\(words[1]):flags=accurate_rnd+full_chroma_int,format=\(words[0])"
    try FFmpegProgram.run(
      "-f", "lavfi", "-i", "color=c=0xC83C28:s=66x34:r=5:d=0.6,format=rgb24", "-vf", conversion, "-color_range",
      words[1], "-colorspace", words[2] == "gbr" ? "rgb" : words[2], "-c:v", words[0] == "rgb24" ? "png" : "ffv1",
      "file:\(file)")
    let input = try open(file)
    let found = try frames(input)
    #expect(found.count == 3)
    for var frame in found {
      let image = frame.image(input.stream.color)
      #expect(image.size == ImageSize(height: 34, width: 66))
      for (x, y) in [(0, 0), (65, 33), (30, 17)] {
        let color = image[x, y]
        let distance = max(
          abs(Int(color.red) - 200), abs(Int(color.green) - 60), abs(Int(color.blue) - 40))
        #expect(distance <= 3, "\(form): found \(color)")
      }
    }
  }

  @Test(arguments: ["gray", "gray10le"]) func grayHasItsLevels(format: String) throws {
    let file = try folder.file("a.mkv")
    try FFmpegProgram.run(
      "-f", "lavfi", "-i", "color=c=0x606060:s=31x17:r=5:d=0.4,format=rgb24", "-vf", "format=\(format)", "-c:v", "ffv1",
      "file:\(file)")
    let input = try open(file)
    var frame = try #require(try frames(input).first)
    let color = frame.image(input.stream.color)[30, 16]
    #expect(abs(Int(color.red) - 0x60) <= 1 && color.red == color.green && color.red == color.blue, "\(color)")
  }

  /// ffprobe tells the times that the container has.
  @Test(arguments: ["mkv", "mp4", "avi"]) func timesAreThoseOfTheContainer(container: String) throws {
    let file = try folder.file("a.\(container)")
    let times = container == "avi" ? "settb=1/10" : "settb=1/100,setpts=N*N+N"
    try FFmpegProgram.draw(
      file, seconds: 1.2, "-vf", times, "-fps_mode", "passthrough", "-enc_time_base",
      container == "avi" ? "1:10" : "1:100", "-c:v", "mpeg4")
    let expected = try FFmpegProgram.probe(file, "frame", "pts").compactMap { Int64($0) }
    let found = try frames(open(file)).map(\.time)
    #expect(found.count == 12)
    #expect(found == expected.map { $0 - expected[0] })
  }

  /// A phone that is held upright stores a video lying on its side.
  @Test(arguments: [(90, 34, 66), (180, 66, 34), (270, 34, 66)])
  func turnedVideosAreUpright(angle: Int, width: Int, height: Int) throws {
    let plain = try folder.file("plain.mp4")
    let file = try folder.file("turned.mp4")
    // The upper half is white.
    try FFmpegProgram.run(
      "-f", "lavfi", "-i", "color=black:s=66x34:r=5:d=0.4,drawbox=0:0:66:17:white:fill", "-c:v", "libx264", "-qp", "0",
      "-pix_fmt", "yuv420p", "-aspect", "66:17", "file:\(plain)")
    // The option is of version 6; the tag was of those before.
    let isSet = try? FFmpegProgram.run(
      "-display_rotation", "\(angle)", "-i", "file:\(plain)", "-c", "copy", "file:\(file)")
    if isSet == nil {
      try FFmpegProgram.run("-i", "file:\(plain)", "-c", "copy", "-metadata:s:v:0", "rotate=\(angle)", "file:\(file)")
    }
    let input = try open(file)
    #expect(input.stream.size == ImageSize(height: height, width: width))
    #expect(input.stream.sampleAspect.map { $0.value } == (angle == 180 ? 2 : 0.5))
    var frame = try #require(try frames(input).first)
    let image = frame.image(input.stream.color)
    let shown = try FFmpegProgram.run(
      "-i", "file:\(file)", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    let distance = zip(image.pixels, shown).map { abs(Int($0) - Int($1)) }.max() ?? 255
    #expect(shown.count == image.pixels.count && distance <= 2)
    let stored = try FFmpegProgram.run(
      "-i", "file:\(plain)", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    #expect(stored != shown)
  }

  @Test func whatIsNoVideoIsRefusedInOneLine() throws {
    let sound = try folder.file("sound.m4a")
    try FFmpegProgram.run("-f", "lavfi", "-i", "sine=d=0.3", "file:\(sound)")
    try folder.write("no video\nat all\n", to: "text.mp4")
    try folder.write("ffconcat version 1.0\nfile http://127.0.0.1:9/a.mp4\n", to: "list.mp4")
    try folder.write("ffconcat version 1.0\nfile sound.m4a\n", to: "own.mp4")
    let picture = try folder.file("picture.bmp")
    try FFmpegProgram.draw(picture, "-frames:v", "1")
    for (file, text) in [
      (sound, "it has sound and no video"),
      ("\(folder.path)/text.mp4", "neither an image (PNG, JPEG, TIFF, WebP or BMP) nor a video"),
      ("\(folder.path)/list.mp4", "neither an image (PNG, JPEG, TIFF, WebP or BMP) nor a video"),
      ("\(folder.path)/own.mp4", "it is a text of the kind concat"),
      (picture, "convert it to PNG or JPEG"),
    ] {
      let error = #expect(throws: VideoError.self) { try self.open(file) }
      #expect(error?.description.contains(text) ?? false, "\(error?.description ?? "")")
      #expect(error?.description.contains("\n") == false)
    }
  }

  @Test(arguments: ["mp4", "mkv", "avi"]) func aVideoThatIsCutOffGivesItsFramesAndAnError(container: String) throws {
    let whole = try folder.file("whole.\(container)")
    try FFmpegProgram.draw(whole, size: "320x240", seconds: 3, "-c:v", "mpeg4", "-b:v", "2M", "-movflags", "+faststart")
    let bytes = try Data(contentsOf: URL(filePath: whole))
    let file = try folder.file("cut.\(container)")
    try bytes.prefix(bytes.count * 6 / 10).write(to: URL(filePath: file))
    let reader = try FrameReader(open(file))
    var count = 0
    let error = #expect(throws: VideoError.self) { while try reader.next() != nil { count += 1 } }
    #expect((5...25).contains(count), "\(count)")
    #expect(error?.description.contains("it is cut off") ?? false, "\(error?.description ?? "")")
    #expect(try frames(open(whole)).count == 30)
  }
}
