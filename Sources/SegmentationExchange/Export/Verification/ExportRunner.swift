import Basics
import Files
import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

/// Runs an exported file and the network itself on images.
struct ExportRunner {
  let network: ExportedNetwork
  let options: ExportOptions

  /// The input that the exported file takes, for one image of its size: the image as often as the batch asks for.
  func input(_ image: Image) throws -> Tensor {
    try catchingTorchErrors {
      let pixels = Tensor(image.pixels, shape: [1, image.height, image.width, 3])
      let input: Tensor
      switch options.input {
      case .uint8: input = pixels
      case .float32 where options.normalizes: input = pixels.to(dtype: .float32).permute([0, 3, 1, 2])
      case .float32: input = try network.normalization.tensor(image)
      }
      return cat([Tensor](repeating: input, count: options.batch), dimension: 0).contiguous()
    }
  }

  /// The result of the network itself, computed by libtorch in float32.
  func expected(_ image: Image) throws -> Tensor {
    let input = try network.normalization.tensor(image)
    return try catchingTorchErrors {
      withoutGradients {
        let batch = cat([Tensor](repeating: input, count: options.batch), dimension: 0)
        let scores = network.model.logits(batch)
        switch options.output {
        case .logits: return scores
        case .probabilities: return scores.softmax(dimension: 1)
        case .classes: return scores.argmax(dimension: 1)
        }
      }
    }
  }
}
