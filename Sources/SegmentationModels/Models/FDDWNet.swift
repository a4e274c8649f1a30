import Torch

/// FDDWNet: a lightweight convolutional neural network for real-time semantic segmentation (2019,
/// <https://arxiv.org/abs/1911.00632>).
///
/// In the residual units, 3x1 and 1x3 convolutions are depthwise and, deeper in the network, dilated up to 17. One skip
/// joins encoder and decoder. It takes images whose height and width are multiples of 8.
public final class FDDWNet: SegmentationModel {
  let layer1: DownsamplerBlock
  let layer2: DownsamplerBlock
  let layer3_7: Sequential
  let layer8: DownsamplerBlock
  let layer9_16: Sequential
  let layer17_24: Sequential
  let layer25: DeconvBNAct
  let layer26_27: Sequential
  let layer28: DeconvBNAct
  let layer29_30: Sequential
  let layer31: DeconvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func units(_ channels: Int, _ dilations: [Int]) -> Sequential {
      Sequential(dilations.map { FactorizedDepthwiseUnit(channels, dilation: IntPair($0)) })
    }
    layer1 = DownsamplerBlock(ImageChannels.count, 16)
    layer2 = DownsamplerBlock(16, 64)
    layer3_7 = units(64, [1, 1, 1, 1, 1])
    layer8 = DownsamplerBlock(64, 128)
    layer9_16 = units(128, [1, 2, 5, 9, 1, 2, 5, 9])
    layer17_24 = units(128, [2, 5, 9, 17, 2, 5, 9, 17])
    layer25 = DeconvBNAct(128, 64)
    layer26_27 = units(64, [1, 1])
    layer28 = DeconvBNAct(64, 16)
    layer29_30 = units(16, [1, 1])
    layer31 = DeconvBNAct(16, classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let quarter = layer3_7(layer2(layer1(x)))
    let context = layer17_24(layer9_16(layer8(quarter)))
    let decoded = layer26_27(layer25(context)) + quarter
    return SegmentationOutput(logits: layer31(layer29_30(layer28(decoded))))
  }

  static let summary = NetworkSummary(
    family: "fddwnet",
    title: "FDDWNet: A Lightweight Convolutional Neural Network for Real-time Semantic Segmentation", year: 2019,
    paper: "https://arxiv.org/abs/1911.00632", stride: 8)
}

extension FDDWNet {
  /// Twice a depthwise 3x1, a depthwise 1x3 and a pointwise convolution, the second time dilated; added to the input.
  final class FactorizedDepthwiseUnit: Module, Layer {
    let conv: Sequential

    init(_ channels: Int, dilation: IntPair) {
      func depthwise(_ kernel: IntPair, _ dilation: IntPair) -> DWConvBNAct {
        DWConvBNAct(channels, channels, kernel: kernel, dilation: dilation, activation: .none)
      }
      conv = Sequential(
        depthwise([3, 1], 1), depthwise([1, 3], 1), ConvBNAct(channels, channels, kernel: 1),
        depthwise([3, 1], dilation), depthwise([1, 3], dilation),
        ConvBNAct(channels, channels, kernel: 1, activation: .none))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { (conv(x) + x).relu() }
  }
}
