import SegmentationInference

/// Labels videos with a network. The programs `ffmpeg` and `ffprobe` decode and encode.
///
/// ```swift
/// let predictor = try Predictor(ProgramFile(contentsOf: URL(filePath: "street.rtseg")))
/// let summary = try VideoLabeller().label("drive.mp4", to: "labelled.mp4", with: predictor)
/// print(summary.frames, summary.rate)
/// ```
public struct VideoLabeller: Sendable {
  /// The picture that a labelled video shows.
  public enum Product: String, Sendable, CaseIterable {
    /// The frames with the classes' colors over them.
    case overlay
    /// The classes' colors.
    case color
    /// The class numbers as levels of gray, without loss.
    case ids
    /// The probability of each pixel's class as gray.
    case probability
  }

  /// The pictures that the result shows. A folder may show several.
  public var products = [Product.overlay]
  /// How strongly colors cover frames in overlays, from 0 to 1.
  public var alpha = 0.3
  /// The share of the frames before in the scores of each frame, from 0 (none) to below 1.
  public var smoothing = 0.0
  /// The name of ffmpeg's encoder for a video file; `nil` for a choice by the file's name.
  public var encoder: String?

  /// Makes a labeller that draws overlays.
  public init() {}

  /// Labels a video to its end.
  /// - Parameters:
  ///   - input: The path of a video or of a camera, the address of a stream, or `-` for standard input.
  ///   - output: The path of a video file, or of a folder for PNG files of the frames, or `-` for raw frames in the
  ///     container NUT on standard output.
  ///   - isInterrupted: Ends the work early if it returns true. What was labelled until then is written and plays.
  ///   - note: Receives lines on what is otherwise than one might expect.
  ///   - progress: Receives how far the work is, after each frame.
  /// - Returns: How it went.
  /// - Throws: `VideoError`, `FileError`, `EngineError` or `TorchError`. If a video ends before it should, what was labelled
  ///   until then is written, too.
  public func label(
    _ input: String, to output: String, with predictor: Predictor,
    isInterrupted: @escaping @Sendable () -> Bool = { false }, note: @escaping @Sendable (String) -> Void = { _ in },
    progress: @escaping @Sendable (VideoSummary) -> Void = { _ in }
  ) throws -> VideoSummary {
    guard case .video(let source) = try PredictionInput(input) else {
      throw VideoError("\(input): no video; Predictor.label(contentsOf:) labels images")
    }
    var options = VideoJob.Options()
    options.products = products.compactMap { PredictionProduct(rawValue: $0.rawValue) }
    (options.alpha, options.smoothing, options.encoder) = (alpha, smoothing, encoder)
    let job = try VideoJob(source, output: output, options: options, isInterrupted: isInterrupted)
    do {
      return try VideoPipeline(job).run(predictor, note: note, progress: progress)
    } catch let early as VideoPipeline.EarlyEnd {
      throw early.reason
    }
  }
}
