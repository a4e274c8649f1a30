import Torch

/// The expected calibration error (Guo et al. 2017): how far the probabilities of the predicted classes are from the
/// share of right predictions. Lower is better.
///
/// Pixels are sorted into 15 bins by the probability of their predicted class. For each bin, the mean probability is
/// compared with the share of right predictions; the differences are averaged, weighted by the bins' numbers of pixels.
/// As in torchmetrics, a bin contains its lower limit, and pixels with a probability of exactly 1 have a bin of their
/// own.
public final class CalibrationError: Metric {
  /// The metric's name in configurations.
  public static let name = "calibration_error"
  /// The metric needs the probability of each pixel's class.
  public static let needsConfidence = true
  /// The expected calibration error; it is not computed by class.
  public static let scores = [ScoreKind("calibration_error", "calibration error", lowerIsBetter: true)]

  private static let bins = 15

  /// The number of pixels, of right pixels, and the sum of probabilities of each bin.
  public var sums: [String: Tensor]

  /// Begins with no pixels.
  public init(classes: Int, device: Device = .cpu) {
    // Sums of many small numbers need 64 bits, which not all accelerators have.
    func zeros(_ dtype: DType) -> Tensor { .zeros([Self.bins + 1], dtype: dtype, device: .cpu) }
    sums = ["pixels": zeros(.int64), "right": zeros(.int64), "confidence": zeros(.float64)]
  }

  /// Adds a batch, which must come with probabilities.
  public func update(predictions: Predictions, labels: Tensor) {
    guard let confidence = predictions.confidence else { preconditionFailure("calibration needs probabilities") }
    withoutGradients {
      let isLabelled = labels .!= Double(ignoredLabel)
      let sure = confidence.masked(by: isLabelled).to(device: .cpu).to(dtype: .float64)
      let isRight = (labels .== predictions.classes).masked(by: isLabelled).to(device: .cpu)
      let bin = (sure * Double(Self.bins)).floor().clamp(min: 0, max: Double(Self.bins)).to(dtype: .int64)
      sums["pixels"]!.addInPlace(bin.bincount(minimumLength: Self.bins + 1))
      sums["right"]!.addInPlace(bin.masked(by: isRight).bincount(minimumLength: Self.bins + 1))
      let totals = (0...Self.bins).map { sure.masked(by: bin .== Double($0)).sum() }
      sums["confidence"]!.addInPlace(stack(totals))
    }
  }

  /// The calibration error; `nil` if no pixel was added.
  public func results(_ absentClasses: AbsentClasses) -> [MetricResult] {
    let (pixels, right): ([Int64], [Int64]) = (sums["pixels"]!.elements(), sums["right"]!.elements())
    let confidence: [Double] = sums["confidence"]!.elements()
    let total = pixels.reduce(0, +)
    guard total > 0 else { return [MetricResult(value: nil)] }
    let gaps = zip(right, confidence).map { abs(Double($0) - $1) }
    return [MetricResult(value: gaps.reduce(0, +) / Double(total))]
  }
}
