import Torch

/// Golden cudgel network for real-time semantic segmentation (2025, <https://arxiv.org/abs/2503.03325>).
///
/// Two branches, one of detail at 1/8 and one of meaning down to 1/64, exchange features twice. All of their blocks are
/// sums of paths, most of two convolutions each, that become single 3x3 convolutions after training
/// (``DeployableNetwork``). The auxiliary head reads the branch of detail after the first exchange. It takes images of any
/// size.
///
/// The authors' code activates in place, so that the exchanges add to what has passed ReLU. Scores and auxiliary scores
/// are resized to the size of the images without aligned corners, as in mmsegmentation, whose names the weights have.
public final class GCNet: SegmentationModel, DeployableNetwork {
  /// The size of the network, as the paper names it.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// GCNet-S.
    case s
    /// GCNet-M, with twice as many channels.
    case m
    /// GCNet-L, which is also deeper.
    case l

    var width: Int { self == .s ? 32 : 64 }
    /// Blocks in stages 2 and 3, and in each branch of stages 4 and 5; blocks of stage 6.
    var blocks: (second: Int, third: Int, semantic: Int, detail: Int, last: Int) {
      self == .l ? (5, 5, 5, 5, 3) : (4, 4, 5, 4, 2)
    }
    var headWidth: Int { self == .s ? 64 : self == .m ? 128 : 256 }
  }

  let backbone: BilateralBackbone
  let decodeHead: DecodeHead
  private let variant: Variant
  private let classes: Int
  /// Whether blocks of several paths are one convolution each.
  public let isDeployed: Bool

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  ///   - heads: The heads that serve training alone.
  ///   - deployed: Whether it has the form that serves running alone.
  public init(_ variant: Variant = .s, classes: Int, heads: Heads = [], deployed: Bool = false) {
    (self.variant, self.classes, isDeployed) = (variant, classes, deployed)
    let (width, blocks, norm) = (variant.width, variant.blocks, NamedConv.Norm())
    func chain(_ inputs: Int, _ outputs: Int, _ count: Int, stride: Int = 1, open: Bool = false) -> [MergeableBlock] {
      MergeableBlock.chain(
        inputs, outputs, count: count, stride: stride, kind: .double, norm: norm, endsWithReLU: !open,
        deployed: deployed)
    }
    let stem: [any Layer] =
      [
        NamedConv(ImageChannels.count, width, stride: 2, norm: norm, order: .convReLU),
        NamedConv(width, width, stride: 2, norm: norm, order: .convReLU),
      ] + chain(width, width, blocks.second) + chain(width, 2 * width, blocks.third, stride: 2)
    backbone = BilateralBackbone(
      width: width, stem: stem,
      semantic: [
        Sequential(chain(2 * width, 4 * width, blocks.semantic, stride: 2, open: true)),
        Sequential(chain(4 * width, 8 * width, blocks.semantic, stride: 2, open: true)),
        Sequential(chain(8 * width, 16 * width, blocks.last, stride: 2, open: true)),
      ],
      detail: [
        Sequential(chain(2 * width, 2 * width, blocks.detail, open: true)),
        Sequential(chain(2 * width, 2 * width, blocks.detail, open: true)),
        Sequential(chain(2 * width, 4 * width, blocks.last, open: true)),
      ], context: NamedPyramidContext(16 * width, width: 128, 4 * width, norm: norm), norm: norm,
      activatesInPlace: true)
    decodeHead = DecodeHead(
      4 * width, width: variant.headWidth, classes: classes, auxiliary: heads.contains(.auxiliary))
    super.init()
    initializeLikeItsAuthors()
  }

  /// A new network of the deployed form, with random weights.
  public func makeDeployed() -> GCNet { GCNet(variant, classes: classes, deployed: true) }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let (early, features) = backbone(x)
    func resized(_ scores: Tensor) -> Tensor { scores.upsampleBilinear2d(size: x.spatialSize, alignCorners: false) }
    var output = SegmentationOutput(logits: resized(decodeHead(features)))
    if heads, let scores = decodeHead.auxiliary(early) { output.auxiliary = [resized(scores)] }
    return output
  }

  static let summary = NetworkSummary(
    family: "gcnet", title: "Golden Cudgel Network for Real-Time Semantic Segmentation", year: 2025,
    paper: "https://arxiv.org/abs/2503.03325", heads: .auxiliary, defaultHeads: .auxiliary)
}

extension GCNet {
  /// The scores of normalized features.
  final class DecodeHead: Module, Layer {
    let convSeg: Conv2d
    let head: Sequential
    let auxHeadC4: Sequential?
    let auxClsSegC4: Conv2d?

    init(_ inputs: Int, width: Int, classes: Int, auxiliary: Bool) {
      func features(_ inputs: Int) -> Sequential {
        Sequential(
          BatchNorm2d(inputs), Activation(.relu, inPlace: true), NamedConv(inputs, width, order: .convReLU))
      }
      convSeg = Conv2d(width, classes, kernel: 1)
      head = features(inputs)
      auxHeadC4 = auxiliary ? features(inputs / 2) : nil
      auxClsSegC4 = auxiliary ? Conv2d(width, classes, kernel: 1) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convSeg(head(x)) }

    func auxiliary(_ x: Tensor) -> Tensor? {
      guard let auxHeadC4, let auxClsSegC4 else { return nil }
      return auxClsSegC4(auxHeadC4(x))
    }
  }
}
