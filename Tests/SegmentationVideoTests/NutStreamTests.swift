import Foundation
import SegmentationVideo
import TestSupport
import Testing

@Suite(.enabled(if: FFmpegProgram.isThere)) struct NutStreamTests {
  /// ffmpeg reads the times and the pixels that were written.
  @Test(arguments: [(NutStream.Layout.rgb, 3, "rgb24"), (.gray, 1, "gray"), (.full, 3, "yuv444p")])
  func ffmpegReadsWhatIsWritten(layout: NutStream.Layout, channels: Int, format: String) throws {
    let folder = try TemporaryFolder()
    let (width, height) = (200, 150)
    var bytes: [UInt8] = []
    var stream = NutStream(
      layout: layout, width: width, height: height, timeBase: VideoStream.Ratio(1, 90000),
      sampleAspect: VideoStream.Ratio(4, 3)
    ) { bytes += $0 }
    let times: [Int64] = [0, 1, 3003, 3004, 900_000, 8_000_000_000]
    let frames = times.indices.map { number in
      (0..<width * height * channels).map { UInt8(truncatingIfNeeded: $0 * (number + 1) >> 4) }
    }
    for (time, frame) in zip(times, frames) { try stream.add(frame, time: time) }
    let file = try folder.file("a.nut")
    try Data(bytes).write(to: URL(filePath: file))
    #expect(try FFmpegProgram.probe(file, "packet", "pts") == times.map(String.init))
    #expect(
      try FFmpegProgram.probe(file, "stream", "width,height,sample_aspect_ratio,pix_fmt,time_base")
        == ["200,150,4:3,\(format),1/90000"])
    let read = try FFmpegProgram.run(
      "-i", file, "-f", "rawvideo", "-pix_fmt", format, "-fps_mode", "passthrough", "-")
    #expect(Array(read) == frames.flatMap { $0 })
  }

  @Test func numbersHaveSevenBitsPerByte() {
    #expect(NutStream.number(0) == [0])
    #expect(NutStream.number(127) == [127])
    #expect(NutStream.number(128) == [0x81, 0])
    #expect(NutStream.number(16384) == [0x81, 0x80, 0])
  }

  /// The check value of CRC-32 with this polynomial, from zero and without a last step, is in the catalogue of CRC
  /// algorithms as that of CRC-32/CKSUM turned over.
  @Test func theChecksumIsThatOfTheFormat() {
    #expect(NutStream.checksum(Array("123456789".utf8)) == [0x89, 0xA1, 0x89, 0x7F])
  }
}
