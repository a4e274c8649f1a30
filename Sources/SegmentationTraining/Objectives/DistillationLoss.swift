import Torch

/// How far a student's class scores are from a teacher's, both [N, C, H, W].
public enum DistillationLoss: String, Sendable, Codable, CaseIterable {
  /// Kullback–Leibler divergence of the softened probabilities, averaged over all elements, times temperature².
  case klDivergence = "kl_div"
  /// Mean squared difference of the scores.
  case meanSquaredError = "mse"

  public func callAsFunction(student: Tensor, teacher: Tensor, temperature: Double = 4) -> Tensor {
    let teacher = teacher.detached()
    switch self {
    case .klDivergence:
      return Torch.klDivergence(
        (student / temperature).logSoftmax(dimension: 1), (teacher / temperature).softmax(dimension: 1))
        * (temperature * temperature)
    case .meanSquaredError: return Torch.meanSquaredError(student, teacher)
    }
  }
}
