import SegmentationModels
import Torch

/// The mean over labelled pixels and classes of each probability times the signed distance, in pixels, to its class's
/// boundary: negative inside the class, positive outside, so that the loss itself may be negative.
///
/// https://arxiv.org/abs/1812.07032. Ignored pixels do not count, and they are no boundary: distances go to the nearest
/// labelled pixel on the other side. Images that show fewer than two classes, and classes that an image does not show,
/// have no boundary and add 0. One score stands for class 1.
public struct BoundaryLoss: PixelLoss {
  public init() {}

  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let scores = scores.full
    let channels = scores.size(1)
    let distances = withoutGradients {
      let maps = BoundaryDistances.maps(of: labels, classes: max(2, channels))
      return (channels == 1 ? maps.slice(1..<2, dimension: 1) : maps).to(device: scores.device)
    }
    return (scores.probabilities * distances).sum() / (Labels(labels).count * Double(channels))
  }
}
