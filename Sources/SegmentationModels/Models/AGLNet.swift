import Torch

/// AGLNet: towards real-time semantic segmentation of self-driving images via attention-guided lightweight network
/// (2020, <https://www.sciencedirect.com/science/article/abs/pii/S1568494620306207>).
///
/// The encoder is LEDNet's, of split-shuffle units, with a pyramid of factorized attention on top of it. The decoder's
/// deconvolutions are gated by spatial and channel attention. It takes images whose height and width are multiples of
/// 8.
///
/// The pyramid's 1x7, 1x5 and 1x3 convolutions stride on both axes.
public final class AGLNet: SegmentationModel {
  let layer1: DownsamplerBlock
  let layer2_4: Sequential
  let layer5: DownsamplerBlock
  let layer6_7: Sequential
  let layer8: DownsamplerBlock
  let layer9_16: Sequential
  let layer17: FactorizedAttentionPyramid
  let layer18: GuidedUpsampling
  let layer19: GuidedUpsampling
  let layer20: Conv2d

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func units(_ channels: Int, _ dilations: [Int]) -> Sequential {
      Sequential(dilations.map { SplitShuffleUnit(channels, dilation: $0) })
    }
    layer1 = DownsamplerBlock(ImageChannels.count, 32)
    layer2_4 = units(32, [1, 1, 1])
    layer5 = DownsamplerBlock(32, 64)
    layer6_7 = units(64, [1, 1])
    layer8 = DownsamplerBlock(64, 128)
    layer9_16 = units(128, [1, 2, 5, 9, 2, 5, 9, 17])
    layer17 = FactorizedAttentionPyramid(128)
    layer18 = GuidedUpsampling(128, 64)
    layer19 = GuidedUpsampling(64, 32)
    layer20 = Conv2d(32, classes, kernel: 1, bias: false)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let half = layer2_4(layer1(x))
    let quarter = layer6_7(layer5(half))
    let context = layer17(layer9_16(layer8(quarter)))
    let decoded = layer19(layer18(context, skip: quarter), skip: half)
    return SegmentationOutput(logits: layer20(decoded), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "aglnet",
    title: "AGLNet: Towards Real-time Semantic Segmentation of Self-driving Images via "
      + "Attention-guided Lightweight Network",
    year: 2020, paper: "https://www.sciencedirect.com/science/article/abs/pii/S1568494620306207", stride: 8)
}

extension AGLNet {
  /// The input through a convolution, weighted by a one-channel attention pyramid, plus its global mean.
  final class FactorizedAttentionPyramid: Module, Layer {
    let pfa: AttentionPyramid
    let conv: Conv2d
    let gp: Sequential

    init(_ channels: Int) {
      pfa = AttentionPyramid(channels)
      conv = Conv2d(1, channels, kernel: 1, bias: false)
      gp = Sequential(AdaptiveAvgPool2d(1), Conv2d(channels, channels, kernel: 1, bias: false))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x * conv(pfa(x)) + gp(x).resized(to: x.spatialSize) }
  }

  /// Three levels of one channel, each half the size of the one before, seen through 1xk and kx1 convolutions and
  /// summed from the coarsest up.
  final class AttentionPyramid: Module, Layer {
    let conv11, conv12, conv21, conv22, conv31, conv32: ConvBNAct

    init(_ channels: Int) {
      func across(_ inputs: Int, _ size: Int) -> ConvBNAct { ConvBNAct(inputs, 1, kernel: [1, size], stride: 2) }
      func down(_ size: Int) -> ConvBNAct { ConvBNAct(1, 1, kernel: [size, 1]) }
      conv11 = across(channels, 7)
      conv12 = down(7)
      conv21 = across(1, 5)
      conv22 = down(5)
      conv31 = across(1, 3)
      conv32 = down(3)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let first = conv11(x)
      let second = conv21(first)
      let third = conv31(second)
      let coarse = conv32(third).resized(to: second.spatialSize) + conv22(second)
      return (coarse.resized(to: first.spatialSize) + conv12(first)).resized(to: x.spatialSize)
    }
  }

  /// A deconvolution weighted by the skipped features, themselves gated in space, and by gates of its own channels.
  final class GuidedUpsampling: DeconvBNAct {
    let sab: SpatialGate
    let cab: ChannelGate

    init(_ inputs: Int, _ outputs: Int) {
      sab = SpatialGate(outputs)
      cab = ChannelGate(outputs)
      super.init(inputs, outputs)
    }

    func callAsFunction(_ x: Tensor, skip: Tensor) -> Tensor {
      let up = self(x)
      let gated = up * sab(skip)
      return cab(gated) * gated + up
    }
  }

  /// Weights each place by a sigmoid of its channels.
  final class SpatialGate: Module, Layer {
    let conv: Conv2d

    init(_ channels: Int) { conv = Conv2d(channels, 1, kernel: 1, bias: false) }

    func callAsFunction(_ x: Tensor) -> Tensor { x * conv(x).sigmoid() }
  }

  /// Weights each channel by a sigmoid of all channels' means.
  final class ChannelGate: Module, Layer {
    let conv: Conv2d

    init(_ channels: Int) { conv = Conv2d(channels, channels, kernel: 1, bias: false) }

    func callAsFunction(_ x: Tensor) -> Tensor { x * conv(x.adaptiveAvgPool2d(1)).sigmoid() }
  }
}
