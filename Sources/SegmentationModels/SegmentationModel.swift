import Torch

/// The result of a segmentation network.
public struct SegmentationOutput {
  /// The class scores, wanted at the input's size.
  public var scores: ClassScores
  /// The class scores of auxiliary heads at their own, lower resolutions; empty unless they were asked for.
  public var auxiliary: [Tensor] = []
  /// The boundary scores [N, 1, H / 8, W / 8] of a detail or boundary head, if there is one and it was asked for.
  public var detail: Tensor?
  /// The maps by which training aligns the network with a larger one; `nil` unless the network has them and training heads
  /// were asked for.
  public var alignment: AlignmentMaps<Tensor>?

  /// - Parameters:
  ///   - logits: Class scores [N, classes, h, w].
  ///   - size: The size that they are wanted at; `nil` means the size that they have.
  ///   - alignCorners: Whether resizing them keeps the centers of the corner pixels in the corners.
  public init(
    logits: Tensor, resizedTo size: ImageSize? = nil, alignCorners: Bool = true, auxiliary: [Tensor] = [],
    detail: Tensor? = nil, alignment: AlignmentMaps<Tensor>? = nil
  ) {
    scores = ClassScores(logits, size: size, alignCorners: alignCorners)
    self.auxiliary = auxiliary
    self.detail = detail
    self.alignment = alignment
  }

  /// The class scores at the input's size: [N, classes, H, W].
  public var logits: Tensor { scores.full }
}

/// Heads that serve training alone.
public struct Heads: OptionSet, Sendable, Hashable {
  /// The heads as bits of a number.
  public let rawValue: Int
  /// Makes a set of heads from bits of a number.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Class scores from features in the middle of the network.
  public static let auxiliary = Heads(rawValue: 1)
  /// Boundaries, learned from the labels' edges.
  public static let detail = Heads(rawValue: 2)
}

/// A segmentation network: it takes images [N, C, H, W] and gives class scores at the same size.
///
/// The networks of the catalogue are subclasses, and so is a network of your own, which overrides `forward` and sets `name`
/// and, if it does not take images of all sizes, `sizes` in its initializer.
open class SegmentationModel: Module {
  /// The network's name in messages, tables and checkpoints. Unless it is set, it is the name of the type.
  public var name: String {
    get { givenName ?? String(describing: type(of: self)) }
    set { givenName = newValue }
  }
  private var givenName: String?
  /// The sizes of images that `forward` takes; `logits` takes all sizes.
  public var sizes = SizeRule()
  /// The number of channels of the images that `forward` takes.
  public var imageChannels = ImageChannels.count
  /// Whether the network has one score for two classes: pixels whose score is above 0 belong to the second class.
  /// `logits`, `scores` and `classes` then speak of two classes.
  public var hasSingleScore = false

  /// Computes the scores, and those of the training heads if `heads` is true. Networks override this.
  open func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    fatalError("\(type(of: self)) does not override forward")
  }

  /// The weights [1, 3, 1, 1] that join the edges of the labels at three scales into the target of a detail head; `nil` for
  /// networks without such a head.
  open var detailScaleWeights: Tensor? { nil }

  /// Whether there is a head that learns boundaries as PIDNet's does, whose scores are the output's `detail`.
  open var hasBoundaryHead: Bool { false }

  /// The channels of the maps in the output's `alignment`; `nil` for networks that have none.
  public var alignmentChannels: AlignmentMaps<Int>? { nil }

  /// Beginnings of the names, in published checkpoints, of parts that only training used. They are left out.
  open var trainingParts: [String] { [] }

  /// The word for `pretrainable`, the part that takes published weights of a classification network, in messages.
  open var pretrainableTitle: String { "backbone" }

  /// Runs the network. Training heads take part while training, unless the caller decides otherwise.
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
