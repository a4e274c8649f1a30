import SegmentationModels
import Torch

/// The overlap of probabilities and labels by class, from which Dice and Tversky losses are computed. Ignored pixels do
/// not count.
struct ClassOverlap {
  /// The probability that pixels of a class give to it, summed over pixels: [groups, channels] with one group for the
  /// batch or one per image.
  let hits: Tensor
  /// The probability that pixels of other classes give to a class, in the same shape.
  let falsePositives: Tensor
  /// The probability that a class's own pixels do not give to it, in the same shape.
  let falseNegatives: Tensor
  /// A mask that is 1 for groups and classes that the mean covers and 0 for others.
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

  /// The mean of values that have one number for each group and class; 0 if nothing counts.
  func mean(_ values: Tensor, classWeights: Tensor?) -> Tensor {
    let weights = classWeights.map { counted * $0 } ?? counted
    return (values * weights).sum() / weights.sum().nonzero
  }
}
