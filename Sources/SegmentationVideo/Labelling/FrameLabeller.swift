import SegmentationImage
import SegmentationInference
import Torch

/// Labels the frames of a video one after the other, and smooths the scores over time if that is wanted.
final class FrameLabeller {
  private let predictor: Predictor
  private let color: ColorDescription
  private let wantsConfidence: Bool
  private let average: ScoreAverage?
  private var meter = FlickerMeter()

  /// - Parameter smoothing: The share of the frames before in the scores, from 0 (none) to below 1.
  init(
    _ predictor: Predictor, color: ColorDescription, smoothing: Double, wantsConfidence: Bool
  ) throws(VideoError) {
    (self.predictor, self.color, self.wantsConfidence) = (predictor, color, wantsConfidence)
    average = smoothing > 0 ? try ScoreAverage(share: smoothing, threads: Libtorch.threads) : nil
  }

  /// Makes the engine ready for frames of a size, so that the first frame takes no longer than the others.
  /// - Throws: `TorchError`, `EngineError`.
  func prepare(_ size: ImageSize) throws {
    let black = Image(height: size.height, width: size.width)
    if average == nil {
      _ = try predictor.label(frame: black, wantsConfidence: wantsConfidence)
    } else {
      _ = try predictor.scores(ofFrame: black)
    }
  }

  /// - Throws: `TorchError`, `EngineError`, `VideoError`.
  func label(_ frame: VideoFrame, image: Image) throws -> SegmentedImage {
    guard let average else { return try predictor.label(frame: image, wantsConfidence: wantsConfidence) }
    let (raw, smoothed) = try average.add(predictor.scores(ofFrame: image), size: frame.size)
    meter.add(frame, raw: raw, smoothed: smoothed)
    return SegmentedImage(image: image, classes: smoothed, confidence: nil, palette: predictor.palette)
  }

  /// The shares of still pixels that changed their class, before and after smoothing; `nil` without smoothing, and if
  /// nothing was still.
  var flicker: (before: Double, after: Double)? { average == nil ? nil : meter.flicker }
}
