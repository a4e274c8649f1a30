import SegmentationImage

/// An engine that several tasks may ask; it serves one after the other.
public actor InferenceService {
  private let engine: InferenceEngine

  public init(_ engine: sending InferenceEngine) { self.engine = engine }

  /// The best class of each pixel of an image of the engine's size.
  /// - Throws: `EngineError`.
  public func classes(of image: Image) throws -> Mask { try engine.classes(of: image) }
}
