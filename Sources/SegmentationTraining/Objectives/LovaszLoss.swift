import SegmentationModels
import Torch

/// The Lovász extension of the Jaccard loss 1 - IoU: Lovász-softmax for several classes, the Lovász hinge for one score.
///
/// https://arxiv.org/abs/1705.08790. The mean covers the classes that have labelled pixels. With `.all` it covers the
/// others too; their loss is the largest probability that a labelled pixel gives them. A network with one score has
/// only class 1, which always counts.
public struct LovaszLoss: PixelLoss {
  let classes: AveragedClasses
  let perImage: Bool

  /// Creates the loss.
  /// - Parameters:
  ///   - classes: The classes that the mean covers.
  ///   - perImage: Whether the loss is the mean of the losses of the single images that have a labelled pixel.
  public init(classes: AveragedClasses = .present, perImage: Bool = false) {
    self.classes = classes
    self.perImage = perImage
  }

  /// The loss of scores [N, C, H, W] against labels [N, H, W].
  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let scores = scores.full
    let hinge = scores.size(1) == 1
    let values = hinge ? scores : scores.softmax(dimension: 1)
    let groups = perImage ? (0..<labels.size(0)).map { $0..<$0 + 1 } : [0..<labels.size(0)]
    let losses = groups.compactMap { images -> Tensor? in
      let values = values.slice(images, dimension: 0)
      let ids = labels.slice(images, dimension: 0).flatten()
      return hinge ? hingeLoss(values.flatten(), ids) : softmaxLoss(values, ids)
    }
    // Without a labelled pixel the loss is a 0 that still belongs to the graph of the gradients.
    guard let first = losses.first else { return (values * 0).sum() }
    return losses.dropFirst().reduce(first) { $0 + $1 } / Double(losses.count)
  }

  /// The Lovász-softmax loss; `nil` if no pixel is labelled.
  private func softmaxLoss(_ probabilities: Tensor, _ ids: Tensor) -> Tensor? {
    let labelled = ids .!= Double(ignoredLabel)
    let counts = ids.bincount(minimumLength: ignoredLabel + 1).elements(Int.self)
    guard counts.prefix(ignoredLabel).contains(where: { $0 > 0 }) else { return nil }
    let valid = labelled.to(dtype: .float32)
    let losses = (0..<probabilities.size(1)).compactMap { index -> Tensor? in
      if classes == .present, counts[index] == 0 { return nil }
      let truth = (ids .== Double(index)).to(dtype: .float32)
      // An error of 0 comes last, where it changes nothing, so ignored pixels need not be taken out.
      let errors = (truth - probabilities.select(index, dimension: 1).flatten()).abs() * valid
      return counts[index] == 0 ? errors.max() : extended(errors, truth)
    }
    return losses.dropFirst().reduce(losses[0]) { $0 + $1 } / Double(losses.count)
  }

  private func hingeLoss(_ scores: Tensor, _ ids: Tensor) -> Tensor? {
    let labelled = ids .!= Double(ignoredLabel)
    guard labelled.any().itemInt != 0 else { return nil }
    let truth = (ids .== 1).to(dtype: .float32)
    let margins = (1 - scores * (truth * 2 - 1)).relu()
    let errors = margins * labelled.to(dtype: .float32)
    return truth.sum().itemInt == 0 ? errors.max() : extended(errors, truth)
  }

  /// The sum of the errors, none of which is negative, each times the slope of the Jaccard loss at its place in their
  /// order.
  private func extended(_ errors: Tensor, _ truth: Tensor) -> Tensor {
    let (sorted, order) = errors.sorted(descending: true)
    let slopes = withoutGradients {
      let inside = truth.gather(order)
      let insideSoFar = inside.to(dtype: .int64).cumulativeSum()
      let total = insideSoFar.select(insideSoFar.count - 1, dimension: 0)
      let intersection = (total - insideSoFar).to(dtype: .float32)
      // The union consists of the class and of all pixels so far that are outside it.
      let union = (total + Tensor.range(insideSoFar.count, device: errors.device) + 1 - insideSoFar).to(dtype: .float32)
      // A pixel of the class leaves the intersection; another pixel joins the union.
      return `where`(inside .> 0, union.reciprocal(), intersection / (union * (union - 1)).nonzero)
    }
    return (sorted * slopes).sum()
  }
}
