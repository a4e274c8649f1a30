import Torch

/// FPENet: feature pyramid encoding network for real-time semantic segmentation (2019,
/// <https://arxiv.org/abs/1909.08599>).
///
/// The depthwise convolution of each inverted bottleneck is split over four dilations and summed hierarchically. The
/// decoder weights fine features by coarse channels, and coarse features by fine places. It takes images whose height
/// and width are multiples of 8.
public final class FPENet: SegmentationModel {
  let stage1: Sequential
  let stage2_0: FeaturePyramidEncoding
  let stage2: Sequential
  let stage3_0: FeaturePyramidEncoding
  let stage3: Sequential
  let decoder2: MutualEmbedding
  let decoder1: MutualEmbedding
  let final: ConvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func blocks(_ channels: Int, count: Int) -> Sequential {
      Sequential((0..<count).map { _ in FeaturePyramidEncoding(channels, channels) })
    }
    stage1 = Sequential(ConvBNAct(ImageChannels.count, 16, stride: 2), FeaturePyramidEncoding(16, 16, expansion: 1))
    stage2_0 = FeaturePyramidEncoding(16, 32, stride: 2)
    stage2 = blocks(32, count: 2)
    stage3_0 = FeaturePyramidEncoding(32, 64, stride: 2)
    stage3 = blocks(64, count: 8)
    decoder2 = MutualEmbedding(low: 32, high: 64, 64)
    decoder1 = MutualEmbedding(low: 16, high: 64, 32)
    final = ConvBNAct(32, classes, kernel: 1)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let half = stage1(x)
    let quarter = stage2(stage2_0(half))
    let eighth = stage3(stage3_0(quarter))
    let decoded = decoder1(low: half, high: decoder2(low: quarter, high: eighth))
    return SegmentationOutput(logits: final(decoded), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "fpenet", title: "Feature Pyramid Encoding Network for Real-time Semantic Segmentation", year: 2019,
    paper: "https://arxiv.org/abs/1909.08599", stride: 8)
}

extension FPENet {
  /// Widens, splits the channels over depthwise convolutions with dilations 1, 2, 4, 8, sums them hierarchically and
  /// narrows; the input is added if size and channels stay.
  final class FeaturePyramidEncoding: Module, Layer {
    let convInit: ConvBNAct
    let layers: [DWConvBNAct]
    let convLast: ConvBNAct
    let addsInput: Bool

    init(_ inputs: Int, _ outputs: Int, expansion: Int = 4, stride: Int = 1) {
      let branches = 4
      let width = outputs * expansion
      convInit = ConvBNAct(inputs, width, kernel: 1)
      layers = (0..<branches).map { index in
        DWConvBNAct(
          width / branches, width / branches, stride: IntPair(stride), dilation: IntPair(1 << index))
      }
      convLast = ConvBNAct(width, outputs, kernel: 1)
      addsInput = stride == 1 && inputs == outputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let parts = convInit(x).chunk(layers.count)
      let features = convLast(cat(cumulativeSums(zip(layers, parts).map { layer, part in layer(part) })))
      return addsInput ? features + x : features
    }
  }

  /// Fine (`low`) features weighted by the coarse ones' channels, plus coarse (`high`) features weighted by the fine
  /// ones' places.
  final class MutualEmbedding: Module {
    let convLow: ConvBNAct
    let convHigh: ConvBNAct
    let sa: SpatialAttention
    let ca: Sequential

    init(low: Int, high: Int, _ outputs: Int) {
      convLow = ConvBNAct(low, outputs, kernel: 1)
      convHigh = ConvBNAct(high, outputs, kernel: 1)
      sa = SpatialAttention()
      ca = Sequential(AdaptiveAvgPool2d(1), ConvBNAct(outputs, outputs, kernel: 1))
    }

    func callAsFunction(low: Tensor, high: Tensor) -> Tensor {
      let fine = convLow(low)
      let coarse = convHigh(high)
      return fine * ca(coarse) + coarse.resized(by: 2) * sa(fine)
    }

    /// The channels' mean through a 1x1 convolution.
    final class SpatialAttention: Module, Layer {
      let conv = ConvBNAct(1, 1, kernel: 1)

      func callAsFunction(_ x: Tensor) -> Tensor { conv(x.mean([1], keep: true)) }
    }
  }
}
