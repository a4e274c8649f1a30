import Basics
import Files
import SegmentationModels
import SegmentationWeights

/// These options let the network learn from a larger, trained one: the teacher.
public struct DistillationOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The name of the teacher (`rtseg models` lists networks), such as `smp-deeplabv3p-resnet101`. If this is null,
  /// the network learns from the labels alone.
  public var teacher: String?
  /// The teacher's weights: a file, an address or a name such as `ddrnet-23slim@cityscapes`.
  public var checkpoint: String?
  /// The loss that measures the difference from the teacher.
  public var kind = DistillationLoss.klDivergence
  /// The maps that the loss compares.
  public var compare = Comparison.logits
  /// Scores are divided by this number before they become probabilities. Larger numbers make the teacher's second and
  /// third choices count more.
  public var temperature = 4.0
  /// The loss is multiplied by this number before it is added to the loss of the labels.
  public var coefficient = 1.0
  /// The way in which the Kullback–Leibler divergence is averaged.
  public var reduction = DistillationLoss.Reduction.elements
  /// Whether pixels without a label count too, as in the PyTorch reference.
  public var unlabelledPixels = false

  /// The maps that the loss compares.
  public enum Comparison: String, Codable, Sendable, CaseIterable {
    /// The class scores are compared.
    case logits
    /// The inputs of the two classifiers are compared. A 1x1 convolution, which is trained too, gives the student's
    /// as many channels as the teacher's have.
    case features
    /// SCTNet's authors train it so, with a SegFormer as its teacher (`smp-segformer-mit_b2`, for example) and `kind: cwd`. The
    /// maps at 1/16 and 1/32 of the size are compared, and the features and scores that the teacher's own decoder makes of
    /// the joined maps of both. Three 1x1 convolutions, which are trained too, give the student's maps the teacher's
    /// channels. The scores' difference counts once and the others five times each: with `coefficient: 3` these are the
    /// authors' weights 3, 15, 15 and 15.
    ///
    /// Xu et al. 2023, https://arxiv.org/abs/2312.17071
    case alignment
  }

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(
      (teacher == nil) == (checkpoint == nil), teacher == nil ? "teacher" : "checkpoint",
      "distillation.teacher and distillation.checkpoint together", found: "only one of them")
    if let teacher {
      let architecture: Architecture
      do { architecture = try Architecture(name: teacher) } catch { throw InvalidOption("teacher", "\(error)") }
      if compare == .alignment {
        var isSegFormer = false
        if case .smp(.segformer, _, depth: 5) = architecture { isSegFormer = true }
        try require(
          isSegFormer, "teacher", "smp-segformer-ENCODER, such as smp-segformer-mit_b2, since compare is alignment",
          found: teacher)
      }
    }
    if let checkpoint {
      let source: WeightsSource
      do { source = try WeightsSource(checkpoint) } catch { throw InvalidOption("checkpoint", "\(error)") }
      if case .file(let path) = source {
        try require(
          FileSystem.kind(of: path) == .file, "checkpoint", "the file of the teacher's weights",
          found: "no file at \(path.printable(limit: 200))")
      }
    }
    try require(
      compare != .alignment || kind == .channelWise, "kind", "cwd, since compare is alignment", found: kind.rawValue)
    try require(
      compare == .logits || kind != .klDivergence, "compare",
      "logits, since kind is kl_div; features are for cwd and mse",
      found: compare.rawValue)
    try require(temperature > 0 && temperature <= 1000, "temperature", "above 0, at most 1000", found: temperature)
    try require(coefficient, in: 0...OptionLimits.factor, "coefficient")
  }
}
