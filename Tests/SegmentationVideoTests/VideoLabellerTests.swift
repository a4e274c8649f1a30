import Foundation
import SegmentationInference
import SegmentationModels
import SegmentationVideo
import Synchronization
import TestSupport
import Testing

@Suite(.enabled(if: FFmpegProgram.isThere)) struct VideoLabellerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func predictor() throws -> Predictor {
    try Predictor(model: Architecture(name: "fssnet").makeModel(classes: 3))
  }

  @Test func aVideoIsLabelledToItsEnd() throws {
    let (input, output) = (try folder.file("a.mkv"), try folder.file("out.mkv"))
    try FFmpegProgram.draw(input, seconds: 1.5, "-c:v", "mpeg4")
    let summary = try VideoLabeller().label(input, to: output, with: predictor())
    #expect(summary.frames == 15 && summary.dropped == 0 && !summary.isInterrupted)
    #expect(abs(summary.videoSeconds - 1.5) < 1e-6 && summary.rate > 0)
    #expect(try FFmpegProgram.probe(output, "packet", "pts").count == 15)
  }

  @Test func anInterruptionLeavesTheFramesUntilThen() throws {
    let (input, output) = (try folder.file("a.mkv"), try folder.file("out.mkv"))
    try FFmpegProgram.draw(input, seconds: 20, "-c:v", "mpeg4")
    let count = Atomic(0)
    let summary = try VideoLabeller().label(
      input, to: output, with: predictor(), isInterrupted: { count.load(ordering: .relaxed) >= 5 },
      progress: { count.store($0.frames, ordering: .relaxed) })
    #expect(summary.isInterrupted && (5..<200).contains(summary.frames), "\(summary.frames)")
    #expect(try FFmpegProgram.probe(output, "packet", "pts").count == summary.frames)
    #expect(try folder.files == ["a.mkv", "out.mkv"])
  }

  @Test func imagesAndBadOptionsAreRefused() throws {
    let predictor = try predictor()
    #expect(throws: VideoError.self) { try VideoLabeller().label("nothing.png", to: "out.mkv", with: predictor) }
    var labeller = VideoLabeller()
    labeller.smoothing = 1
    let input = try folder.file("a.mkv")
    try FFmpegProgram.draw(input, seconds: 0.2, "-c:v", "mpeg4")
    #expect(throws: VideoError.self) { try labeller.label(input, to: folder.file("out.mkv"), with: predictor) }
    #expect(try folder.files == ["a.mkv"])
  }
}
