import SegmentationImage
import SegmentationModels
import Torch

/// Frames of a video, which all have one size. The results are those of `label(_:)`, but where a program resizes frames it
/// does so without storing what it resizes, which is several times as fast: classes can differ where rounding decides.
extension Predictor {
  /// Refuses networks that take other images than 8-bit RGB, which frames are.
  /// - Throws: `EngineError.program`.
  package func requireFrames() throws(EngineError) {
    guard !normalization.isRGB else { return }
    throw .program(
      "the network takes images of \(normalization.channels) channels of type \(normalization.type), and the frames of "
        + "videos are 8-bit RGB")
  }

  /// Labels a frame as `inference` says.
  /// - Throws: `TorchError`, `EngineError`.
  package func label(frame: Image, wantsConfidence: Bool = false) throws -> SegmentedImage {
    guard !wantsConfidence, let engine = try resizingEngine(for: frame.size) else {
      return try label(frame, wantsConfidence: wantsConfidence)
    }
    return SegmentedImage(
      image: frame, classes: try engine.classes(of: frame), confidence: nil, palette: palette)
  }

  /// The scores of a frame at the size that the network computes them in.
  /// - Throws: `TorchError`, `EngineError`: the frame is too large for the memory, for example.
  package func scores(ofFrame frame: Image) throws -> ScoreMap {
    guard fitting(frame.size, count: 1).isPlain else {
      throw EngineError.program(
        "a frame of \(frame.size) pixels needs more memory than there is to be labelled as a whole")
    }
    if let engine = try resizingEngine(for: frame.size) { return try engine.scores(of: frame) }
    let input = try normalization.tensor(frame)
    return try catchingTorchErrors {
      try withoutGradients {
        let found = try self.scores(input.to(device: device)).to(dtype: .float32, device: .cpu)
        return ScoreMap(
          size: found.spatialSize, classes: found.size(1),
          values: found.permute([0, 2, 3, 1]).contiguous().elements())
      }
    }
  }

  /// The engine that resizes frames; `nil` if none is needed: there is an engine for their size, or they are not labelled
  /// as a whole.
  private func resizingEngine(for size: ImageSize) throws(EngineError) -> ResizingEngine? {
    guard let program, !program.sizes.contains(size), inference.isPlain else { return nil }
    let nearest = program.nearest(to: size)
    if let known = knownResizingEngine, known.size == nearest { return known }
    let engine = try ResizingEngine(program, size: nearest)
    knownResizingEngine = engine
    return engine
  }
}
