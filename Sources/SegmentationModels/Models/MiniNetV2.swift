import Torch

/// MiniNet-v2: an efficient semantic segmentation convnet for real-time robotic applications (2020,
/// <https://ieeexplore.ieee.org/document/9023474>).
///
/// A feature extractor of depthwise separable convolutions, every second one with a dilated twin, stands beside a
/// shallow refinement branch that brings detail to the decoder. It takes images whose height and width are multiples of
/// 8.
public final class MiniNetV2: SegmentationModel {
  let d1_2: Sequential
  let ref: Sequential
  let m1_10: Sequential
  let d3: DownsamplerBlock
  let featureExtractor: Sequential
  let up1: DeconvBNAct
  let m26_29: Sequential
  let output: DeconvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func stem() -> Sequential { Sequential(DownsamplerBlock(ImageChannels.count, 16), DownsamplerBlock(16, 64)) }
    func modules(_ channels: Int, _ dilations: [Int]) -> Sequential {
      Sequential(dilations.map { MultiDilationModule(channels, dilation: $0) })
    }
    d1_2 = stem()
    ref = stem()
    m1_10 = modules(64, [Int](repeating: 1, count: 10))
    d3 = DownsamplerBlock(64, 128)
    featureExtractor = modules(128, [1, 2, 1, 4, 1, 8, 1, 16, 1, 1, 1, 2, 1, 4, 1, 8])
    up1 = DeconvBNAct(128, 64)
    m26_29 = modules(64, [1, 1, 1, 1])
    output = DeconvBNAct(64, classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let context = featureExtractor(d3(m1_10(d1_2(x))))
    let refined = m26_29(up1(context) + ref(x))
    return SegmentationOutput(logits: output(refined), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "mininetv2",
    title: "MiniNet: An Efficient Semantic Segmentation ConvNet for Real-Time Robotic Applications", year: 2020,
    paper: "https://ieeexplore.ieee.org/document/9023474", stride: 8)
}

extension MiniNetV2 {
  /// A depthwise separable convolution; with a dilation, a dilated depthwise one is added before the pointwise one.
  final class MultiDilationModule: Module, Layer {
    let dwConv: DWConvBNAct
    let pwConv: PWConvBNAct
    let ddwConv: DWConvBNAct?

    init(_ channels: Int, dilation: Int) {
      dwConv = DWConvBNAct(channels, channels)
      pwConv = PWConvBNAct(channels, channels)
      ddwConv = dilation > 1 ? DWConvBNAct(channels, channels, dilation: IntPair(dilation)) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let plain = dwConv(x)
      return pwConv(ddwConv.map { plain + $0(x) } ?? plain)
    }
  }
}
