import SegmentationModels
import Torch

/// The quantity that training minimizes, computed from a network's output and the labels.
///
/// An objective that adds a term (for auxiliary heads or details) wraps another objective.
public protocol Objective {
  /// Computes the loss of a batch.
  /// - Parameters:
  ///   - output: The network's scores, with those of its heads.
  ///   - labels: The labels, int64 [N, H, W]; 255 for pixels that are not labelled.
  func loss(output: SegmentationOutput, labels: Tensor) -> Loss
}

/// A loss and the named terms whose sum it is, each of rank 0. Terms are for reports and carry no gradient.
public struct Loss {
  /// The sum of all terms, of rank 0, with its gradient.
  public var total: Tensor
  /// The terms, in the order in which they were added.
  public var terms: [(name: String, value: Tensor)]

  /// Creates a loss of one term.
  public init(_ total: Tensor, name: String) {
    self.total = total
    terms = [(name, total.detached())]
  }

  /// Adds a term to the sum.
  public mutating func add(_ term: Tensor, name: String) {
    total = total + term
    terms.append((name, term.detached()))
  }
}

/// The label of pixels that do not count (255).
public let ignoredLabel = 255

/// A loss of class scores against labels [N, H, W].
public protocol PixelLoss {
  /// Computes the loss.
  /// - Parameters:
  ///   - scores: The scores in float32: one per class, or a single one for the classes 0 and 1.
  ///   - labels: The labels, int64 [N, H, W], which may be larger than the scores; 255 for pixels that are not
  ///     labelled.
  /// - Returns: A number, of rank 0; 0 if no pixel is labelled.
  func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor
}

extension PixelLoss {
  /// The loss of scores [N, C, H, W] against labels [N, H, W].
  public func callAsFunction(_ logits: Tensor, _ labels: Tensor) -> Tensor { self(ClassScores(logits).float32, labels) }
}

/// The objective that consists of the losses of the network's main scores; each loss is a term.
public struct MainObjective: Objective {
  let losses: WeightedLosses

  /// Creates an objective from a weighted sum of losses.
  public init(_ losses: WeightedLosses) { self.losses = losses }

  /// Creates an objective from a single loss.
  public init(_ loss: any PixelLoss, name: String) { self.init(WeightedLosses([(name, loss, 1)])) }

  /// The sum of the losses, with a term for each.
  public func loss(output: SegmentationOutput, labels: Tensor) -> Loss {
    let parts = losses.parts(output.scores.float32, labels)
    var loss = Loss(parts[0].value, name: parts[0].name)
    for part in parts.dropFirst() { loss.add(part.value, name: part.name) }
    return loss
  }
}
