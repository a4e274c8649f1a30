import Torch

/// What a segmentation network returns.
public struct SegmentationOutput {
  /// Class scores, wanted at the input's size.
  public var scores: ClassScores
  /// Class scores of auxiliary heads at their own, lower resolutions; empty unless asked for.
  public var auxiliary: [Tensor] = []
  /// Boundary scores [N, 1, H / 8, W / 8] of a detail head, where there is one and it was asked for.
  public var detail: Tensor?

  /// - Parameters:
  ///   - logits: Class scores [N, classes, h, w].
  ///   - size: The size that they are wanted at; none: the size that they have.
  public init(logits: Tensor, resizedTo size: ImageSize? = nil, auxiliary: [Tensor] = [], detail: Tensor? = nil) {
    scores = ClassScores(logits, size: size)
    self.auxiliary = auxiliary
    self.detail = detail
  }

  /// Class scores [N, classes, H, W], at the input's size.
  public var logits: Tensor { scores.full }
}

/// Heads that serve training alone.
public struct Heads: OptionSet, Sendable, Hashable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Class scores from intermediate features.
  public static let auxiliary = Heads(rawValue: 1)
  /// Boundaries, learned from the labels' edges.
  public static let detail = Heads(rawValue: 2)
}

/// A network of the catalogue: an image [N, 3, H, W] in, class scores at the same size out.
open class SegmentationModel: Module {
  /// The sizes of images that it takes; `logits` takes all.
  public internal(set) var sizes = SizeRule()
  /// Whether the network has one score for two classes: the second class is where the score is above 0. `logits`, `scores`
  /// and `classes` then speak of two classes.
  public var hasSingleScore = false

  /// Computes the scores, and the training heads' with `heads`. Networks override this.
  open func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    fatalError("\(type(of: self)) does not override forward")
  }

  /// Runs the network; training heads take part while training, unless said otherwise.
  public func callAsFunction(_ x: Tensor, heads: Bool? = nil) -> SegmentationOutput {
    forward(x, heads: heads ?? isTraining)
  }
}

extension Tensor {
  /// Bilinear resizing with aligned corners, as nearly all of these networks do it.
  func resized(to size: ImageSize) -> Tensor { upsampleBilinear2d(size: size, alignCorners: true) }

  /// Bilinear resizing with aligned corners by a factor.
  func resized(by scale: Double) -> Tensor { upsampleBilinear2d(scale: scale, alignCorners: true) }
}
