import SegmentationImage
import SegmentationModels
import Torch

/// Labels images with a network: any size in, a class for each pixel out.
public struct Predictor {
  public let model: SegmentationModel
  public let device: Device
  let normalization: Normalization
  let precision: DType?

  /// - Parameters:
  ///   - precision: Mixed precision; none: float32.
  public init(
    model: SegmentationModel, normalization: Normalization = Normalization(), device: Device = .cpu,
    precision: DType? = nil
  ) {
    self.model = model
    self.normalization = normalization
    self.device = device
    self.precision = precision
    model.eval()
  }

  /// Labels an image at its own size.
  /// - Throws: `TorchError`, for an image too large for the memory, say.
  public func predict(_ image: Image) throws -> Prediction {
    try catchingTorchErrors {
      withoutGradients {
        let logits = autocast(precision, device: device) {
          model.logits(normalization.tensor(image).to(device: device))
        }
        return Prediction(logits: logits)
      }
    }
  }
}

extension Normalization {
  /// The normalized image as [1, 3, H, W] on the CPU, channels last.
  func tensor(_ image: Image) -> Tensor {
    let tensor = Tensor.empty([1, image.height, image.width, 3], device: .cpu)
    tensor.withUnsafeMutableBytes { bytes in
      image.pixels.withUnsafeBufferPointer { pixels in
        writeInterleaved(
          pixels.baseAddress!, count: image.height * image.width,
          to: bytes.baseAddress!.assumingMemoryBound(to: Float.self))
      }
    }
    return tensor.permute([0, 3, 1, 2])
  }
}

/// What a network says of one image.
public struct Prediction {
  /// Class scores [1, classes, H, W].
  public let logits: Tensor

  /// The best class of each pixel.
  public var classes: Mask { mask(logits.argmax(dimension: 1).to(dtype: .uint8)) }

  /// The best class's probability of each pixel, 255 for certainty.
  public var confidence: Mask {
    let probability = logits.to(dtype: .float32).softmax(dimension: 1).max([1])
    return mask((probability * 255).round().to(dtype: .uint8))
  }

  private func mask(_ values: Tensor) -> Mask {
    let size = logits.spatialSize
    return Mask(height: size.height, width: size.width, values: values.elements())
  }
}
