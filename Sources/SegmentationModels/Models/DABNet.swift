import Torch

/// DABNet: depth-wise asymmetric bottleneck for real-time semantic segmentation (2019,
/// <https://arxiv.org/abs/1907.11357>).
///
/// The bottlenecks have a plain and a dilated branch of 3x1 and 1x3 depthwise convolutions. The image, averaged down,
/// is joined in at each resolution. It takes images of any size.
public final class DABNet: SegmentationModel {
  let layer1, layer2, layer3: ConvBNAct
  let layer4: DownsamplerBlock
  let layer5_7: Sequential
  let layer8: ConvBNAct
  let layer9_10: Sequential
  let layer11_12: Sequential
  let layer13_14: Sequential
  let layer15: Conv2d

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func modules(_ channels: Int, dilation: IntPair, count: Int) -> Sequential {
      Sequential((0..<count).map { _ in DABModule(channels, dilation: dilation) })
    }
    layer1 = ConvBNAct(ImageChannels.count, 32, stride: 2, activation: .prelu)
    layer2 = ConvBNAct(32, 32, activation: .prelu)
    layer3 = ConvBNAct(32, 32, activation: .prelu)
    layer4 = DownsamplerBlock(32 + ImageChannels.count, 64, activation: .prelu)
    layer5_7 = modules(64, dilation: 2, count: 3)
    layer8 = ConvBNAct(128 + ImageChannels.count, 128, stride: 2, activation: .prelu)
    layer9_10 = modules(128, dilation: 4, count: 2)
    layer11_12 = modules(128, dilation: 8, count: 2)
    layer13_14 = modules(128, dilation: 16, count: 2)
    layer15 = Conv2d(256 + ImageChannels.count, classes, kernel: 1, bias: false)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    func halved(_ x: Tensor) -> Tensor { x.avgPool2d(kernel: 3, stride: 2, padding: 1) }
    let image2 = halved(x)
    let image4 = halved(image2)
    let image8 = halved(image4)

    let quarter = layer4(cat([layer3(layer2(layer1(x))), image2]))
    let eighth = layer8(cat([layer5_7(quarter), quarter, image4]))
    let context = layer13_14(layer11_12(layer9_10(eighth)))
    return SegmentationOutput(logits: layer15(cat([context, eighth, image8])), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "dabnet", title: "DABNet: Depth-wise Asymmetric Bottleneck for Real-time Semantic Segmentation", year: 2019,
    paper: "https://arxiv.org/abs/1907.11357")
}

extension DABNet {
  /// Half the channels through a 3x3 convolution, then a plain and a dilated depthwise branch, added, widened and added
  /// to the input.
  final class DABModule: Module, Layer {
    let initConv: ConvBNAct
    let leftBranch: Sequential
    let rightBranch: Sequential
    let lastConv: ConvBNAct

    init(_ channels: Int, dilation: IntPair) {
      let half = channels / 2
      func branch(_ dilation: IntPair) -> Sequential {
        Sequential(
          DWConvBNAct(half, half, kernel: [3, 1], dilation: dilation, activation: .prelu),
          DWConvBNAct(half, half, kernel: [1, 3], dilation: dilation, activation: .prelu))
      }
      initConv = ConvBNAct(channels, half, activation: .prelu)
      leftBranch = branch(1)
      rightBranch = branch(dilation)
      lastConv = ConvBNAct(half, channels, kernel: 1, activation: .prelu)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let reduced = initConv(x)
      return lastConv(leftBranch(reduced) + rightBranch(reduced)) + x
    }
  }
}
