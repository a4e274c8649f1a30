import SegmentationModels
import Torch

/// How probabilities and labels overlap, class by class: what Dice and Tversky losses are made of. Ignored pixels count
/// nowhere.
struct ClassOverlap {
  /// Sums over the pixels, [groups, channels]: one group, or one for each image.
  let hits: Tensor
  /// Probability given to a class outside it.
  let falsePositives: Tensor
  /// Probability that a class's own pixels lack.
  let falseNegatives: Tensor
  /// 1 for those that the mean is over, 0 for others.
  private let counted: Tensor

  init(_ scores: ClassScores, _ labels: Tensor, classes: AveragedClasses, perImage: Bool) {
    let labels = Labels(labels)
    let valid = labels.mask.to(dtype: .float32).unsqueeze(1)
    let truth = labels.oneHot(channels: scores.coarse.size(1))
    let probabilities = scores.full.probabilities * valid
    let dimensions = perImage ? [2, 3] : [0, 2, 3]
    func total(_ x: Tensor) -> Tensor {
      let sums = x.sum(dimensions)
      return perImage ? sums : sums.unsqueeze(0)
    }
    let size = total(truth)
    hits = total(probabilities * truth)
    falsePositives = total(probabilities) - hits
    falseNegatives = size - hits
    counted =
      switch classes {
      case .present: (size .> 0).to(dtype: .float32)
      case .all: (total(valid) .> 0).to(dtype: .float32).expand(size.shape)
      }
  }

  /// The mean of one number for each group and class; 0 if nothing counts.
  func mean(_ values: Tensor, classWeights: Tensor?) -> Tensor {
    let weights = classWeights.map { counted * $0 } ?? counted
    return (values * weights).sum() / weights.sum().nonzero
  }
}
