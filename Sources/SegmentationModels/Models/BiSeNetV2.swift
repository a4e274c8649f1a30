import Torch

/// BiSeNet V2: bilateral network with guided aggregation for real-time semantic segmentation (2020,
/// <https://arxiv.org/abs/2004.02147>).
///
/// A wide, shallow branch keeps detail at 1/8, and a narrow, deep one gathers meaning down to 1/32. Each gates the
/// other at the place where they meet. Auxiliary heads read the four stages of the deep branch while training. It takes
/// images whose height and width are multiples of 32.
///
/// The auxiliary scores stay at their stages' resolutions.
public final class BiSeNetV2: SegmentationModel {
  let detailBranch: Sequential
  let semanticBranch: SemanticBranch
  let bgaLayer: GuidedAggregation
  let segHead: SegmentationHead

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - classes: The number of scores for each pixel.
  ///   - heads: The heads that serve training alone.
  public init(classes: Int, heads: Heads = []) {
    detailBranch = Sequential(
      ConvBNAct(ImageChannels.count, 64, stride: 2), ConvBNAct(64, 64),
      ConvBNAct(64, 64, stride: 2), ConvBNAct(64, 64), ConvBNAct(64, 128),
      ConvBNAct(128, 128, stride: 2), ConvBNAct(128, 128), ConvBNAct(128, 128))
    semanticBranch = SemanticBranch(auxiliaryClasses: heads.contains(.auxiliary) ? classes : nil)
    bgaLayer = GuidedAggregation(128)
    segHead = SegmentationHead(128, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let detail = detailBranch(x)
    let (semantic, auxiliary) = semanticBranch(x, heads: heads)
    let logits = segHead(bgaLayer(detail: detail, semantic: semantic))
    return SegmentationOutput(logits: logits, resizedTo: x.spatialSize, auxiliary: auxiliary)
  }

  static let summary = NetworkSummary(
    family: "bisenetv2",
    title: "BiSeNet V2: Bilateral Network with Guided Aggregation for Real-time Semantic Segmentation", year: 2020,
    paper: "https://arxiv.org/abs/2004.02147", heads: .auxiliary, defaultHeads: .auxiliary, stride: 32)
}

extension BiSeNetV2 {
  final class SemanticBranch: Module {
    let stage1to2: Stem
    let stage3: Sequential
    let stage4: Sequential
    let stage5_1to4: Sequential
    let stage5_5: ContextEmbedding
    let segHead2, segHead3, segHead4, segHead5: SegmentationHead?

    init(auxiliaryClasses: Int?) {
      stage1to2 = Stem(16)
      stage3 = Sequential(StridedGatherExpansion(16, 32), GatherExpansion(32))
      stage4 = Sequential(StridedGatherExpansion(32, 64), GatherExpansion(64))
      stage5_1to4 = Sequential(
        StridedGatherExpansion(64, 128), GatherExpansion(128), GatherExpansion(128), GatherExpansion(128))
      stage5_5 = ContextEmbedding(128)
      func head(_ inputs: Int) -> SegmentationHead? { auxiliaryClasses.map { SegmentationHead(inputs, classes: $0) } }
      segHead2 = head(16)
      segHead3 = head(32)
      segHead4 = head(64)
      segHead5 = head(128)
    }

    func callAsFunction(_ x: Tensor, heads: Bool) -> (features: Tensor, auxiliary: [Tensor]) {
      let quarter = stage1to2(x)
      let eighth = stage3(quarter)
      let sixteenth = stage4(eighth)
      let features = stage5_1to4(sixteenth)
      guard heads, let segHead2, let segHead3, let segHead4, let segHead5 else { return (stage5_5(features), []) }
      let auxiliary = [segHead2(quarter), segHead3(eighth), segHead4(sixteenth), segHead5(features)]
      return (stage5_5(features), auxiliary)
    }
  }

  /// To a quarter of the size in two ways, convolution and max pooling, joined.
  final class Stem: Module, Layer {
    let convInit: ConvBNAct
    let leftBranch: Sequential
    let convLast: ConvBNAct

    init(_ channels: Int) {
      convInit = ConvBNAct(ImageChannels.count, channels, stride: 2)
      leftBranch = Sequential(
        ConvBNAct(channels, channels / 2, kernel: 1), ConvBNAct(channels / 2, channels, stride: 2))
      convLast = ConvBNAct(2 * channels, channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let half = convInit(x)
      return convLast(cat([leftBranch(half), half.maxPool2d(kernel: 3, stride: 2, padding: 1)]))
    }
  }

  /// Gather-and-expansion layer: a 3x3 convolution gathers, a depthwise one works in a wider space.
  final class GatherExpansion: Module, Layer {
    let leftBranch: Sequential

    init(_ channels: Int, expansion: Int = 6) {
      let width = channels * expansion
      leftBranch = Sequential(
        ConvBNAct(channels, channels), DWConvBNAct(channels, width, activation: .none),
        PWConvBNAct(width, channels, activation: .none))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { (x + leftBranch(x)).relu() }
  }

  /// Gather-and-expansion layer that halves the size: a second depthwise convolution, and one beside it.
  final class StridedGatherExpansion: Module, Layer {
    let rightBranch: Sequential
    let leftBranch: Sequential

    init(_ inputs: Int, _ outputs: Int, expansion: Int = 6) {
      let width = inputs * expansion
      rightBranch = Sequential(
        DWConvBNAct(inputs, inputs, stride: 2, activation: .none), PWConvBNAct(inputs, outputs, activation: .none))
      leftBranch = Sequential(
        ConvBNAct(inputs, inputs),
        DWConvBNAct(inputs, width, stride: 2, activation: .none), DWConvBNAct(width, width, activation: .none),
        PWConvBNAct(width, outputs, activation: .none))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { (rightBranch(x) + leftBranch(x)).relu() }
  }

  /// Adds the image's mean features everywhere.
  final class ContextEmbedding: Module, Layer {
    let pool: Sequential
    let convMid: ConvBNAct
    let convLast: Conv2d

    init(_ channels: Int) {
      pool = Sequential(AdaptiveAvgPool2d(1), BatchNorm2d(channels))
      convMid = ConvBNAct(channels, channels, kernel: 1)
      convLast = Conv2d(channels, channels, kernel: 3, padding: 1, bias: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convLast(convMid(pool(x)) + x) }
  }

  /// Bilateral guided aggregation: each branch weighted by a sigmoid of the other, at both resolutions.
  final class GuidedAggregation: Module {
    let detailHigh, detailLow, semanticHigh, semanticLow: Sequential
    let convLast: ConvBNAct

    init(_ channels: Int) {
      func pointwise() -> Conv2d { Conv2d(channels, channels, kernel: 1, bias: false) }
      detailHigh = Sequential(DWConvBNAct(channels, channels), pointwise())
      detailLow = Sequential(DWConvBNAct(channels, channels, stride: 2), AvgPool2d(3, stride: 2, padding: 1))
      semanticHigh = Sequential(ConvBNAct(channels, channels), Upsample(scale: 4), Activation(.sigmoid))
      semanticLow = Sequential(DWConvBNAct(channels, channels), pointwise(), Activation(.sigmoid))
      convLast = ConvBNAct(channels, channels)
    }

    func callAsFunction(detail: Tensor, semantic: Tensor) -> Tensor {
      let high = detailHigh(detail) * semanticHigh(semantic)
      let low = detailLow(detail) * semanticLow(semantic)
      return convLast(high + low.resized(to: high.spatialSize))
    }
  }
}
