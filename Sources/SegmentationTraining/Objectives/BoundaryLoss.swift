import SegmentationModels
import Torch

/// The boundary loss (Kervadec et al. 2018, https://arxiv.org/abs/1812.07032): the mean, over labelled pixels and
/// classes, of each probability times the pixel's signed distance, in pixels, to the class's boundary. The distance is
/// negative inside the class, so the loss may be negative too.
///
/// Ignored pixels do not count, and they are no boundary: a distance goes to the nearest labelled pixel on the other
/// side. An image that shows fewer than two classes, and a class that an image does not show, have no boundary and add
/// 0. A network with one score has the boundary of class 1.
public struct BoundaryLoss: PixelLoss {
  /// Creates the loss.
  public init() {}

  /// The loss of scores [N, C, H, W] against labels [N, H, W].
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
