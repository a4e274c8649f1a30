import Torch

/// LEDNet: a lightweight encoder-decoder network for real-time semantic segmentation (2019,
/// <https://arxiv.org/abs/1905.02423>).
///
/// The encoder consists of split-shuffle units, and the whole decoder is an attention pyramid over its output. It takes
/// images of any size.
///
/// All convolutions of the pyramid are 3x3 and end in a ReLU, also the one on the global mean.
public final class LEDNet: SegmentationModel {
  let encoder: Sequential
  let apn: AttentionPyramidNetwork

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func units(_ channels: Int, _ dilations: [Int]) -> [any Layer] {
      dilations.map { SplitShuffleUnit(channels, dilation: $0) }
    }
    encoder = Sequential(
      [DownsamplerBlock(ImageChannels.count, 32)] + units(32, [1, 1, 1])
        + [DownsamplerBlock(32, 64)] + units(64, [1, 1])
        + [DownsamplerBlock(64, 128)] + units(128, [1, 2, 5, 9, 2, 5, 9, 17]))
    apn = AttentionPyramidNetwork(128, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    SegmentationOutput(logits: apn(encoder(x)), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "lednet",
    title: "LEDNet: A Lightweight Encoder-Decoder Network for Real-Time Semantic Segmentation", year: 2019,
    paper: "https://arxiv.org/abs/1905.02423")
}

extension LEDNet {
  /// Class scores of the features (middle) weighted by a three-level pyramid's (left), plus those of the global mean
  /// (right).
  final class AttentionPyramidNetwork: Module, Layer {
    let leftConv1_1, leftConv1_2, leftConv2_1, leftConv2_2: ConvBNAct
    let leftConv3: Sequential
    let midBranch: ConvBNAct
    let rightBranch: Sequential

    init(_ channels: Int, classes: Int) {
      leftConv1_1 = ConvBNAct(channels, channels, stride: 2)
      leftConv1_2 = ConvBNAct(channels, classes)
      leftConv2_1 = ConvBNAct(channels, channels, stride: 2)
      leftConv2_2 = ConvBNAct(channels, classes)
      leftConv3 = Sequential(ConvBNAct(channels, channels, stride: 2), ConvBNAct(channels, classes))
      midBranch = ConvBNAct(channels, classes)
      rightBranch = Sequential(AdaptiveAvgPool2d(1), ConvBNAct(channels, classes))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let level1 = leftConv1_1(x)
      let level2 = leftConv2_1(level1)
      let pyramid2 = leftConv2_2(level2) + leftConv3(level2).resized(to: level2.spatialSize)
      let pyramid1 = leftConv1_2(level1) + pyramid2.resized(to: level1.spatialSize)
      return pyramid1.resized(to: x.spatialSize) * midBranch(x) + rightBranch(x).resized(to: x.spatialSize)
    }
  }
}
