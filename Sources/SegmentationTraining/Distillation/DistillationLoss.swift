import Torch

/// The difference between a student's maps and a teacher's, both [N, C, H, W]. No gradient reaches the teacher.
public enum DistillationLoss: String, Sendable, Codable, CaseIterable {
  /// The Kullback–Leibler divergence of the teacher's class probabilities from the student's, both softened by the
  /// temperature, times temperature².
  ///
  /// Hinton et al. 2015, https://arxiv.org/abs/1503.02531
  case klDivergence = "kl_div"
  /// The mean squared difference.
  case meanSquaredError = "mse"
  /// Channel-wise distillation: each channel becomes a distribution over the pixels, softened by the temperature. The
  /// Kullback–Leibler divergences of these distributions are averaged over images and channels and multiplied by
  /// temperature².
  ///
  /// Shu et al. 2021, https://arxiv.org/abs/2011.13256
  case channelWise = "cwd"

  /// The number that the sum of the divergences of class probabilities is divided by.
  public enum Reduction: String, Sendable, Codable, CaseIterable {
    /// The sum is divided by the number of all scores of all pixels, as in the PyTorch reference (PyTorch's
    /// `reduction="mean"`).
    case elements
    /// The sum is divided by the number of pixels, which gives the mean of their divergences.
    case pixels
    /// The sum is divided by the number of images (PyTorch's `reduction="batchmean"`).
    case batch
  }

  /// Computes the loss.
  /// - Parameters:
  ///   - student: The student's maps [N, C, H, W].
  ///   - teacher: The teacher's maps, of the same shape.
  ///   - temperature: The divisor of all scores before probabilities are made of them; mean squared error ignores it.
  ///   - reduction: The divisor for `klDivergence`; the other losses ignore it.
  ///   - counted: A mask, float32 [N, 1, H, W], that is 1 for each pixel that counts and 0 for the others; `nil` if all
  ///     count.
  /// - Returns: A number, of rank 0; 0 if no pixel counts.
  public func callAsFunction(
    student: Tensor, teacher: Tensor, temperature: Double = 4, reduction: Reduction = .elements, counted: Tensor? = nil
  ) -> Tensor {
    let teacher = teacher.detached()
    switch self {
    case .klDivergence:
      let student = student.size(1) == 1 ? Self.twoScores(student) : student
      let teacher = teacher.size(1) == 1 ? Self.twoScores(teacher) : teacher
      let divergence = Self.divergence(
        (student / temperature).logSoftmax(dimension: 1), (teacher / temperature).logSoftmax(dimension: 1))
      let sum = Self.sum(divergence, counted)
      let pixels = Self.pixels(counted, like: student)
      let count =
        switch reduction {
        case .elements: pixels * Double(student.size(1))
        case .pixels: pixels
        case .batch: Tensor.full([], Double(student.size(0)), device: student.device)
        }
      return sum / count * (temperature * temperature)
    case .meanSquaredError:
      let difference = student - teacher
      return Self.sum(difference * difference, counted)
        / (Self.pixels(counted, like: student) * Double(student.size(1)))
    case .channelWise:
      let divergence = Self.divergence(
        Self.logDistribution(student / temperature, counted), Self.logDistribution(teacher / temperature, counted))
      let channels = student.size(0) * student.size(1)
      return Self.sum(divergence.reshape(student.shape), counted) * (temperature * temperature / Double(channels))
    }
  }

  /// Computes p (log p - log q) for each element, with p of the teacher and q of the student.
  private static func divergence(_ logStudent: Tensor, _ logTeacher: Tensor) -> Tensor {
    logTeacher.exp() * (logTeacher - logStudent)
  }

  private static func sum(_ values: Tensor, _ counted: Tensor?) -> Tensor {
    (counted.map { values * $0 } ?? values).sum()
  }

  /// The number of pixels that count, at least 1.
  private static func pixels(_ counted: Tensor?, like maps: Tensor) -> Tensor {
    let size = maps.spatialSize
    return (counted?.sum()).map { SharedBatch.divisor($0).nonzero }
      ?? .full([], Double(maps.size(0) * size.height * size.width), device: maps.device)
  }

  /// The logarithm of each channel's softmax over the pixels that count: [N, C, H W].
  private static func logDistribution(_ maps: Tensor, _ counted: Tensor?) -> Tensor {
    // An unlabelled pixel gets a score so low that it has no share.
    let scores = counted.map { maps - (1 - $0) * 1e9 } ?? maps
    return scores.flatten(from: 2).logSoftmax(dimension: 2)
  }

  /// The two class scores, 0 and x, whose softmax is the sigmoid of a single score x.
  private static func twoScores(_ score: Tensor) -> Tensor { cat([score * 0, score]) }
}
