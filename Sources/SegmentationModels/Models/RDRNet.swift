import Torch

/// Reparameterizable dual-resolution network for real-time semantic segmentation (2024,
/// <https://arxiv.org/abs/2406.12496>).
///
/// Two branches, one of detail at 1/8 and one of meaning down to 1/64, exchange features twice. Their blocks train as
/// sums of paths that become single 3x3 convolutions afterwards (``DeployableNetwork``). The auxiliary head reads the
/// branch of detail after the first exchange. It takes images of any size.
///
/// Scores and auxiliary scores are resized to the size of the images without aligned corners, as in mmsegmentation,
/// whose names the weights have.
public final class RDRNet: SegmentationModel, DeployableNetwork {
  /// The size of the network, as the paper names it.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// RDRNet-S.
    case s
    /// RDRNet-S-Simple, with a narrower head.
    case simple = "s-simple"
    /// RDRNet-M, with twice as many channels.
    case m
    /// RDRNet-L, which is also deeper.
    case l

    var width: Int { self == .s || self == .simple ? 32 : 64 }
    /// Blocks that keep the size in stages 2 and 3, and in each branch of stages 4 and 5; bottlenecks of stage 6.
    var blocks: (second: Int, third: Int, semantic: Int, detail: Int, last: Int) {
      self == .l ? (6, 5, 7, 6, 2) : (4, 3, 5, 4, 1)
    }
    var headWidth: Int {
      switch self {
      case .simple: 64
      case .s, .m: 128
      case .l: 256
      }
    }
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
    let (width, blocks) = (variant.width, variant.blocks)
    let norm = NamedConv.Norm(momentum: 0.03, epsilon: 1e-3)
    func chain(_ inputs: Int, _ outputs: Int, _ count: Int, stride: Int = 1, open: Bool = false) -> [MergeableBlock] {
      MergeableBlock.chain(
        inputs, outputs, count: count, stride: stride, kind: .single, norm: norm, endsWithReLU: !open,
        deployed: deployed)
    }
    let stem =
      chain(ImageChannels.count, width, 1, stride: 2) + chain(width, width, 1 + blocks.second, stride: 2)
      + chain(width, 2 * width, 1 + blocks.third, stride: 2)
    let context = NamedPyramidContext(
      16 * width, width: 128, 4 * width, norm: norm,
      parallel: NamedPyramidContext.ParallelProcess(4 * 128, norm: norm, deployed: deployed))
    backbone = BilateralBackbone(
      width: width, stem: stem,
      semantic: [
        Sequential(chain(2 * width, 4 * width, 1 + blocks.semantic, stride: 2, open: true)),
        Sequential(chain(4 * width, 8 * width, 1 + blocks.semantic, stride: 2, open: true)),
        Sequential(Bottleneck.chain(8 * width, 8 * width, count: blocks.last, stride: 2, norm: norm)),
      ],
      detail: [
        Sequential(chain(2 * width, 2 * width, blocks.detail, open: true)),
        Sequential(chain(2 * width, 2 * width, blocks.detail, open: true)),
        Bottleneck.chain(2 * width, 2 * width, count: blocks.last, stride: 1, norm: norm),
      ], context: context, norm: norm, activatesInPlace: false)
    decodeHead = DecodeHead(
      4 * width, width: variant.headWidth, classes: classes, auxiliary: heads.contains(.auxiliary))
    super.init()
    initializeLikeItsAuthors()
  }

  /// A new network of the deployed form, with random weights.
  public func makeDeployed() -> RDRNet { RDRNet(variant, classes: classes, deployed: true) }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let (early, features) = backbone(x)
    func resized(_ scores: Tensor) -> Tensor { scores.upsampleBilinear2d(size: x.spatialSize, alignCorners: false) }
    var output = SegmentationOutput(logits: resized(decodeHead(features)))
    if heads, let scores = decodeHead.auxiliary(early) { output.auxiliary = [resized(scores)] }
    return output
  }

  static let summary = NetworkSummary(
    family: "rdrnet", title: "Reparameterizable Dual-Resolution Network for Real-time Semantic Segmentation",
    year: 2024,
    paper: "https://arxiv.org/abs/2406.12496", heads: .auxiliary, defaultHeads: .auxiliary)
}

extension RDRNet {
  /// A 3x3 convolution between two 1x1 ones, the last of which doubles the channels, added to the input.
  final class Bottleneck: Module, Layer {
    let conv1, conv2, conv3: NamedConv
    let downsample: Sequential?
    private let activates: Bool

    init(_ inputs: Int, _ width: Int, stride: Int, activates: Bool, norm: NamedConv.Norm) {
      conv1 = NamedConv(inputs, width, kernel: 1, norm: norm, order: .convReLU)
      conv2 = NamedConv(width, width, stride: stride, norm: norm, order: .convReLU)
      conv3 = NamedConv(width, 2 * width, kernel: 1, norm: norm)
      downsample =
        stride != 1 || inputs != 2 * width
        ? Sequential(
          Conv2d(inputs, 2 * width, kernel: 1, stride: IntPair(stride), bias: false), norm(2 * width)) : nil
      self.activates = activates
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let sum = conv3(conv2(conv1(x))) + (downsample?(x) ?? x)
      return activates ? sum.relu() : sum
    }

    /// Bottlenecks one after another. Only those between the first and the last one pass a ReLU.
    static func chain(_ inputs: Int, _ width: Int, count: Int, stride: Int, norm: NamedConv.Norm) -> Sequential {
      Sequential(
        (0..<count).map { index in
          Bottleneck(
            index == 0 ? inputs : 2 * width, width, stride: index == 0 ? stride : 1,
            activates: index > 0 && index < count - 1, norm: norm)
        })
    }
  }

  /// mmsegmentation's head of DDRNet.
  final class DecodeHead: Module, Layer {
    let convSeg: Conv2d
    let head: Sequential
    let auxHead: Sequential?
    let auxClsSeg: Conv2d?

    init(_ inputs: Int, width: Int, classes: Int, auxiliary: Bool) {
      func features(_ inputs: Int) -> Sequential {
        Sequential(
          NamedConv(inputs, width, order: .reluConv), BatchNorm2d(width), Activation(.relu, inPlace: true))
      }
      convSeg = Conv2d(width, classes, kernel: 1)
      head = features(inputs)
      auxHead = auxiliary ? features(inputs / 2) : nil
      auxClsSeg = auxiliary ? Conv2d(width, classes, kernel: 1) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convSeg(head(x)) }

    func auxiliary(_ x: Tensor) -> Tensor? {
      guard let auxHead, let auxClsSeg else { return nil }
      return auxClsSeg(auxHead(x))
    }
  }
}
