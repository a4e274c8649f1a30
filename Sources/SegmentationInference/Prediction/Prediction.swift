import SegmentationImage
import Torch

/// A network's scores of one image.
public struct Prediction {
  /// Class scores [1, classes, H, W].
  public let logits: Tensor

  /// The probability of each class at each pixel, float32 [1, classes, H, W].
  /// - Throws: `TorchError` if the memory does not suffice.
  public var probabilities: Tensor {
    get throws { try catchingTorchErrors { logits.to(dtype: .float32).softmax(dimension: 1) } }
  }

  /// The best class of each pixel.
  /// - Throws: `TorchError` if the memory does not suffice.
  public var classes: Mask {
    get throws { try mask { $0.argmax(dimension: 1) } }
  }

  /// The best class's probability of each pixel, 255 for certainty.
  /// - Throws: `TorchError` if the memory does not suffice.
  public var confidence: Mask {
    get throws { try mask { ($0.to(dtype: .float32).softmax(dimension: 1).max([1]) * 255).round() } }
  }

  private func mask(_ value: (Tensor) -> Tensor) throws -> Mask {
    let size = logits.spatialSize
    let values = try catchingTorchErrors { value(logits).to(dtype: .uint8, device: .cpu).contiguous() }
    return Mask(height: size.height, width: size.width, values: values.elements())
  }
}
