import Torch

/// How far a student's maps are from a teacher's, both [N, C, H, W]. No gradient reaches the teacher.
public enum DistillationLoss: String, Sendable, Codable, CaseIterable {
  /// The Kullback–Leibler divergence of the teacher's class probabilities from the student's, both softened by the
  /// temperature, times temperature².
  ///
  /// Hinton et al. 2015, https://arxiv.org/abs/1503.02531
  case klDivergence = "kl_div"
  /// The mean squared difference.
  case meanSquaredError = "mse"
  /// Channel-wise distillation: each channel becomes a distribution over the pixels, softened by the temperature, and
  /// their Kullback–Leibler divergences are averaged over images and channels, times temperature².
  ///
  /// Shu et al. 2021, https://arxiv.org/abs/2011.13256
  case channelWise = "cwd"

  /// How the divergence of class probabilities is averaged.
  public enum Reduction: String, Sendable, Codable, CaseIterable {
    /// All scores of all pixels, as in the PyTorch reference (PyTorch's `reduction="mean"`).
    case elements
    /// The pixels: the mean of their divergences.
    case pixels
    /// The images: the sum of their pixels' divergences (PyTorch's `reduction="batchmean"`).
    case batch
  }

  /// - Parameters:
  ///   - counted: 1 for each pixel that counts and 0 for the others, float32 [N, 1, H, W]; none: all count.
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

  /// p (log p - log q), element by element.
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
