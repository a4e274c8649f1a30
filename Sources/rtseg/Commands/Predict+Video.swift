import ArgumentParser
import Foundation
import SegmentationInference
import SegmentationTraining
import SegmentationVideo
import Torch

extension Predict {
  /// Labels a video until it ends, or until Ctrl-C.
  func labelVideo(_ source: VideoSource, on device: Device) throws {
    try refuseImageOptions(source)
    InterruptFlag.install()
    defer { InterruptFlag.uninstall() }
    var options = VideoJob.Options()
    options.products = try products(isVideo: true)
    options.alpha = files.alpha ?? options.alpha
    options.smoothing = video.smoothing ?? 0
    options.encoder = video.videoEncoder
    let job = try interruptible {
      try VideoJob(
        source, output: files.output, options: options,
        otherInputs: [files.checkpoint] + [files.dataset].compactMap { $0 } + calibration.imageFiles(),
        isInterrupted: { InterruptFlag.isRaised })
    }
    let predictor = try makePredictor(on: device)
    let pipeline = VideoPipeline(job)
    do {
      let summary = try pipeline.run(
        predictor, note: { Terminal.report($0) },
        progress: { Terminal.showProgress($0.progress(duration: job.input.duration)) })
      tell(summary, predictor)
      if let code = InterruptFlag.exitCode { throw ExitCode(code) }
    } catch let early as VideoPipeline.EarlyEnd {
      tell(early.summary, predictor)
      throw early.reason
    } catch is OutputClosed {
      throw ExitCode(128 + SIGPIPE)
    }
  }

  /// An error that an interruption caused is none.
  private func interruptible<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch {
      if let code = InterruptFlag.exitCode { throw ExitCode(code) }
      throw error
    }
  }

  private func tell(_ summary: VideoSummary, _ predictor: Predictor) {
    Terminal.clearProgress()
    if let damage = summary.damage { Terminal.report("\(files.input): ffmpeg tells of damage: \(damage)") }
    let engine = "\(predictor.lastEngine.rawValue), \(predictor.precision.rawValue)"
    let how = predictor.inference.isPlain ? engine : "\(engine); \(predictor.inference)"
    let lines = [
      summary.line(engine: how, output: files.output == "-" ? "standard output" : files.output.printable()),
      summary.flickerLine,
    ]
    // Standard output may be the video.
    for line in lines.compactMap({ $0 }) {
      if files.output == "-" { Terminal.report(line) } else { print(line) }
    }
  }

  /// Refuses options that have no effect on a video.
  private func refuseImageOptions(_ source: VideoSource) throws {
    let name = files.input
    try refuseOption(files.recursive, "--recursive is for a folder of images, and \(name) is a video")
    try refuseOption(files.failFast, "--fail-fast is for images, and \(name) is a video")
    try refuseOption(
      files.exifOrientation != .apply, "--exif-orientation is for images; videos are turned as they say themselves")
    try refuseOption(batchSize != 1, "--batch-size is for images: the frames of a video are labelled one by one")
    let inference = try inferenceFlags.inference()
    try refuseOption(
      (video.smoothing ?? 0) > 0 && !inference.isPlain,
      "--smoothing averages the scores of whole frames: leave --tile, --scale, --flip and --tta out")
  }
}
