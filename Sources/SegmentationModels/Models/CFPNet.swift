import Torch

/// CFPNet: channel-wise feature pyramid for real-time semantic segmentation (2021, <https://arxiv.org/abs/2103.12212>).
///
/// Each module has four parallel channels. Each channel is a chain of factorized convolutions whose steps are all kept,
/// so that one module sees many scales. The image itself is joined in at each resolution. It takes images whose height
/// and width are multiples of 8.
public final class CFPNet: SegmentationModel {
  let convInit: Sequential
  let downsample1: DownsamplerBlock
  let cfp1: Sequential
  let downsample2: DownsamplerBlock
  let cfp2: Sequential
  let segHead: ConvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func modules(_ channels: Int, _ dilations: [Int]) -> Sequential {
      Sequential(dilations.map { FeaturePyramidModule(channels, dilation: $0) })
    }
    convInit = Sequential(
      ConvBNAct(ImageChannels.count, 32, stride: 2, activation: .prelu), ConvBNAct(32, 32, activation: .prelu),
      ConvBNAct(32, 32, activation: .prelu))
    downsample1 = DownsamplerBlock(32 + ImageChannels.count, 64, activation: .prelu)
    cfp1 = modules(64, [2, 2])
    downsample2 = DownsamplerBlock(64 + ImageChannels.count, 128, activation: .prelu)
    cfp2 = modules(128, [4, 4, 8, 8, 16, 16])
    segHead = ConvBNAct(128 + ImageChannels.count, classes, kernel: 1, activation: .prelu)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let half = cat([convInit(x), x.resized(by: 1 / 2)])
    let quarter = cat([cfp1(downsample1(half)), x.resized(by: 1 / 4)])
    let eighth = cat([cfp2(downsample2(quarter)), x.resized(by: 1 / 8)])
    return SegmentationOutput(logits: segHead(eighth), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "cfpnet", title: "CFPNet: Channel-wise Feature Pyramid for Real-Time Semantic Segmentation", year: 2021,
    paper: "https://arxiv.org/abs/2103.12212", stride: 8)
}

extension CFPNet {
  /// Four feature pyramid channels on a quarter of the channels, dilated by up to `dilation`, summed cumulatively,
  /// joined, mixed and added to the input.
  final class FeaturePyramidModule: Module, Layer {
    let convInit: ConvBNAct
    let layers: [FeaturePyramidChannel]
    let convLast: ConvBNAct

    init(_ channels: Int, dilation: Int) {
      convInit = ConvBNAct(channels, channels / 4, kernel: 1, activation: .prelu)
      layers = [1, max(1, dilation / 4), dilation / 2, dilation].map {
        FeaturePyramidChannel(channels / 4, dilation: IntPair($0))
      }
      convLast = ConvBNAct(channels, channels, kernel: 1, activation: .prelu)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let reduced = convInit(x)
      return convLast(cat(cumulativeSums(layers.map { $0(reduced) }))) + x
    }
  }

  /// Three factorized convolutions in a row, the output of each kept: a quarter, a quarter and a half of the channels.
  final class FeaturePyramidChannel: Module, Layer {
    let block1, block2, block3: Sequential

    init(_ channels: Int, dilation: IntPair) {
      func block(_ inputs: Int, _ outputs: Int) -> Sequential {
        Sequential(
          ConvBNAct(inputs, outputs, kernel: [3, 1], dilation: dilation, activation: .prelu),
          ConvBNAct(outputs, outputs, kernel: [1, 3], dilation: dilation, activation: .prelu))
      }
      block1 = block(channels, channels / 4)
      block2 = block(channels / 4, channels / 4)
      block3 = block(channels / 4, channels / 2)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let first = block1(x)
      let second = block2(first)
      return cat([first, second, block3(second)])
    }
  }
}
