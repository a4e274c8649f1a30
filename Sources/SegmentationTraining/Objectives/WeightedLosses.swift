import SegmentationModels
import Torch

/// A sum of losses, each multiplied by a coefficient. All of them read the same scores, which are resized only once.
public struct WeightedLosses: PixelLoss {
  private let parts: [(name: String, loss: any PixelLoss, coefficient: Double)]

  /// Creates the sum.
  /// - Parameter parts: One or more losses. A loss that occurs again is reported with a number: `dice`, `dice2`.
  public init(_ parts: [(name: String, loss: any PixelLoss, coefficient: Double)]) {
    precondition(!parts.isEmpty, "a sum of losses needs one")
    var occurrences: [String: Int] = [:]
    self.parts = parts.map { part in
      let count = occurrences[part.name, default: 0] + 1
      occurrences[part.name] = count
      return (count == 1 ? part.name : "\(part.name)\(count)", part.loss, part.coefficient)
    }
  }

  /// The summand of each loss.
  public func parts(_ scores: ClassScores, _ labels: Tensor) -> [(name: String, value: Tensor)] {
    parts.map { part in
      let value = part.loss(scores, labels)
      return (part.name, part.coefficient == 1 ? value : value * part.coefficient)
    }
  }

  /// The sum.
  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let values = parts(scores, labels).map(\.value)
    return values.dropFirst().reduce(values[0]) { $0 + $1 }
  }
}
