import SegmentationModels
import Torch

/// What training minimizes: a number from a network's output and the labels.
///
/// Objectives that add something (auxiliary heads, details, a teacher) wrap another.
public protocol Objective {
  /// - Parameter labels: int64 [N, H, W], 255 where a pixel is not labelled.
  func loss(output: SegmentationOutput, labels: Tensor) -> Loss
}

/// A loss and the named terms it is the sum of, each of rank 0. Terms are for reports and carry no gradient.
public struct Loss {
  public var total: Tensor
  public var terms: [(name: String, value: Tensor)]

  public init(_ total: Tensor, name: String) {
    self.total = total
    terms = [(name, total.detached())]
  }

  /// Adds a term.
  public mutating func add(_ term: Tensor, name: String) {
    total = total + term
    terms.append((name, term.detached()))
  }
}

/// The label of pixels that do not count.
public let ignoredLabel = 255

/// A loss of class scores against labels of their full size [N, H, W].
public protocol PixelLoss {
  /// - Parameter scores: In float32; one for each class, or one for two classes: 0 and 1.
  /// - Returns: A number, of rank 0; 0 if no pixel is labelled.
  func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor
}

extension PixelLoss {
  /// The loss of scores [N, C, H, W] against labels [N, H, W].
  public func callAsFunction(_ logits: Tensor, _ labels: Tensor) -> Tensor { self(ClassScores(logits).float32, labels) }
}

/// The losses of the main scores alone, each a term.
public struct MainObjective: Objective {
  let losses: WeightedLosses

  public init(_ losses: WeightedLosses) { self.losses = losses }

  public init(_ loss: any PixelLoss, name: String) { self.init(WeightedLosses([(name, loss, 1)])) }

  public func loss(output: SegmentationOutput, labels: Tensor) -> Loss {
    let parts = losses.parts(output.scores.float32, labels)
    var loss = Loss(parts[0].value, name: parts[0].name)
    for part in parts.dropFirst() { loss.add(part.value, name: part.name) }
    return loss
  }
}
