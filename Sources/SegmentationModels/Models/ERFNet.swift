import Torch

/// ERFNet: efficient residual factorized ConvNet for real-time semantic segmentation (2017,
/// <https://ieeexplore.ieee.org/document/8063438>).
///
/// Between ENet's downsamplers and transposed convolutions stand residual blocks whose 3x3 convolutions are factorized
/// into 3x1 and 1x3 ones, dilated in the deepest stage. It takes images whose height and width are multiples of 8.
///
/// The blocks have no dropout, and their sum comes before the last normalization. The network ends in normalization and
/// a ReLU.
public final class ERFNet: SegmentationModel {
  let layer1: DownsamplerBlock
  let layer2: DownsamplerBlock
  let layer3_7: Sequential
  let layer8: DownsamplerBlock
  let layer9_16: Sequential
  let layer17: DeconvBNAct
  let layer18_19: Sequential
  let layer20: DeconvBNAct
  let layer21_22: Sequential
  let layer23: DeconvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func blocks(_ channels: Int, dilations: [Int]) -> Sequential {
      Sequential(dilations.map { NonBottleneck1D(channels, dilation: $0) })
    }
    layer1 = DownsamplerBlock(ImageChannels.count, 16)
    layer2 = DownsamplerBlock(16, 64)
    layer3_7 = blocks(64, dilations: [1, 1, 1, 1, 1])
    layer8 = DownsamplerBlock(64, 128)
    layer9_16 = blocks(128, dilations: [2, 4, 8, 16, 2, 4, 8, 16])
    layer17 = DeconvBNAct(128, 64)
    layer18_19 = blocks(64, dilations: [1, 1])
    layer20 = DeconvBNAct(64, 16)
    layer21_22 = blocks(16, dilations: [1, 1])
    layer23 = DeconvBNAct(16, classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let encoded = layer9_16(layer8(layer3_7(layer2(layer1(x)))))
    return SegmentationOutput(logits: layer23(layer21_22(layer20(layer18_19(layer17(encoded))))))
  }

  static let summary = NetworkSummary(
    family: "erfnet",
    title: "ERFNet: Efficient Residual Factorized ConvNet for Real-Time Semantic Segmentation", year: 2017,
    paper: "https://ieeexplore.ieee.org/document/8063438", stride: 8)

  /// Two pairs of 3x1 and 1x3 convolutions, the second dilated, added to the input.
  final class NonBottleneck1D: Module, Layer {
    let conv: Sequential
    let bnAct: BNAct

    init(_ channels: Int, dilation: Int) {
      let dilation = IntPair(dilation)
      conv = Sequential(
        ConvBNAct(channels, channels, kernel: [3, 1]),
        ConvBNAct(channels, channels, kernel: [1, 3]),
        ConvBNAct(channels, channels, kernel: [3, 1], dilation: dilation),
        Conv2d(channels, channels, kernel: [1, 3], padding: .centered, dilation: dilation, bias: false))
      bnAct = BNAct(channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { bnAct(conv(x) + x) }
  }
}
