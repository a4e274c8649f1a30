import SegmentationImage

/// An engine that several tasks may call. It serves one call after the other.
public actor InferenceService {
  private let engine: InferenceEngine

  /// Takes over an engine, which nobody else may use any more.
  public init(_ engine: sending InferenceEngine) { self.engine = engine }

  /// The best class of each pixel of an image, which must have the engine's size.
  /// - Throws: `EngineError.size` for an image of another size, `EngineError` or `TorchError` if a kernel or libtorch
  ///   fails.
  public func classes(of image: Image) throws -> Mask { try engine.classes(of: image) }
}
