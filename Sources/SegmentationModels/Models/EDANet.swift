import Torch

/// EDANet: efficient dense modules of asymmetric convolution for real-time semantic segmentation (2018,
/// <https://arxiv.org/abs/1809.06323>).
///
/// Densely connected modules of 3x1 and 1x3 convolutions add forty channels each and dilate more and more. It takes
/// images whose height and width are multiples of 4.
public final class EDANet: SegmentationModel {
  let stage1: PoolDownsampling
  let stage2D: PoolDownsampling
  let stage2: DenseBlock
  let stage3D: ConvBNAct
  let stage3: DenseBlock
  let project: Conv2d

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    let growth = 40
    stage1 = PoolDownsampling(ImageChannels.count, 15)
    stage2D = PoolDownsampling(15, 60)
    stage2 = DenseBlock(60, growth: growth, dilations: [1, 1, 1, 2, 2])
    stage3D = ConvBNAct(260, 130, stride: 2)
    stage3 = DenseBlock(130, growth: growth, dilations: [2, 2, 4, 4, 8, 8, 16, 16])
    project = Conv2d(450, classes, kernel: 1, bias: false)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let quarter = stage2(stage2D(stage1(x)))
    return SegmentationOutput(logits: project(stage3(stage3D(quarter))), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "edanet",
    title: "Efficient Dense Modules of Asymmetric Convolution for Real-Time Semantic Segmentation", year: 2018,
    paper: "https://arxiv.org/abs/1809.06323", stride: 4)
}

extension EDANet {
  /// A strided convolution beside 2x2 max pooling, joined before normalization.
  final class PoolDownsampling: Module, Layer {
    let conv: Conv2d
    let bnAct: BNAct

    init(_ inputs: Int, _ outputs: Int) {
      conv = Conv2d(inputs, max(1, outputs - inputs), kernel: 3, stride: 2, padding: 1, bias: false)
      bnAct = BNAct(outputs)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { bnAct(cat([conv(x), x.maxPool2d(kernel: 2)])) }
  }

  /// Modules in a row, each of which adds `growth` channels.
  final class DenseBlock: Module, Layer {
    let layers: Sequential

    init(_ inputs: Int, growth: Int, dilations: [Int]) {
      layers = Sequential(
        dilations.enumerated().map { index, dilation in
          DenseModule(inputs + index * growth, growth: growth, dilation: IntPair(dilation))
        })
    }

    func callAsFunction(_ x: Tensor) -> Tensor { layers(x) }
  }

  /// A pointwise and two asymmetric convolutions, the second dilated; their output is joined to the input.
  final class DenseModule: Module, Layer {
    let conv: Sequential

    init(_ inputs: Int, growth: Int, dilation: IntPair) {
      func vertical(_ dilation: IntPair) -> Conv2d {
        Conv2d(growth, growth, kernel: [3, 1], padding: .centered, dilation: dilation, bias: false)
      }
      conv = Sequential(
        ConvBNAct(inputs, growth, kernel: 1),
        vertical(1), ConvBNAct(growth, growth, kernel: [1, 3]),
        vertical(dilation), ConvBNAct(growth, growth, kernel: [1, 3], dilation: dilation))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { cat([conv(x), x]) }
  }
}
