import Torch

/// ADSCNet: asymmetric depthwise separable convolution for semantic segmentation in real-time (2019,
/// <https://link.springer.com/article/10.1007/s10489-019-01587-1>).
///
/// A light encoder and decoder use depthwise 3x1 and 1x3 convolutions, each followed by a pointwise one. Between them,
/// densely connected dilated convolutions behind mean pooling gather context. It takes images whose height and width
/// are multiples of 8.
public final class ADSCNet: SegmentationModel {
  let conv0: ConvBNAct
  let conv1: ADSCModule
  let conv2_4: Sequential
  let conv5: ADSCModule
  let ddcc: DenseDilatedConnections
  let up1: Sequential
  let up2: Sequential
  let up3: Sequential

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    conv0 = ConvBNAct(ImageChannels.count, 32, stride: 2, activation: .relu6)
    conv1 = ADSCModule(32)
    conv2_4 = Sequential(ADSCModule(32), ADSCModule(32, stride: 2), ADSCModule(64))
    conv5 = ADSCModule(64, stride: 2)
    ddcc = DenseDilatedConnections(128, dilations: [3, 5, 9, 13])
    up1 = Sequential(DeconvBNAct(128, 64), ADSCModule(64))
    up2 = Sequential(ADSCModule(64), DeconvBNAct(64, 32))
    up3 = Sequential(ADSCModule(32), DeconvBNAct(32, classes))
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let half = conv1(conv0(x))
    let quarter = conv2_4(half)
    let context = ddcc(conv5(quarter))
    return SegmentationOutput(logits: up3(up2(up1(context) + quarter) + half))
  }

  static let summary = NetworkSummary(
    family: "adscnet",
    title: "ADSCNet: Asymmetric Depthwise Separable Convolution for Semantic Segmentation in Real-time", year: 2019,
    paper: "https://link.springer.com/article/10.1007/s10489-019-01587-1", stride: 8)
}

extension ADSCNet {
  /// 3x1 and 1x3 depthwise convolutions, each followed by a pointwise one. At stride 1 the input is added; at stride 2
  /// its means are joined, which doubles the channels. The first convolution takes the stride on both axes.
  final class ADSCModule: Module, Layer {
    let conv: Sequential
    let pool: AvgPool2d?

    init(_ channels: Int, stride: Int = 1, dilation: Int = 1) {
      let dilation = IntPair(dilation)
      func depthwise(_ kernel: IntPair, stride: Int) -> DWConvBNAct {
        DWConvBNAct(
          channels, channels, kernel: kernel, stride: IntPair(stride), dilation: dilation, activation: .relu6)
      }
      conv = Sequential(
        depthwise([3, 1], stride: stride),
        Conv2d(channels, channels, kernel: 1, bias: false),
        depthwise([1, 3], stride: 1),
        Conv2d(channels, channels, kernel: 1, bias: false))
      pool = stride == 2 ? AvgPool2d(3, stride: 2, padding: 1) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      if let pool { cat([conv(x), pool(x)]) } else { x + conv(x) }
    }
  }

  /// Dilated modules behind mean pooling of the dilation's size, each reading the input and all modules before it.
  final class DenseDilatedConnections: Module, Layer {
    let block1, block2, block3, block4: Sequential
    let convLast: Conv2d

    init(_ channels: Int, dilations: [Int]) {
      func block(_ index: Int) -> Sequential {
        let dilation = dilations[index]
        let pool = AvgPool2d(IntPair(dilation), stride: 1, padding: IntPair(dilation / 2))
        let module = ADSCModule(channels, dilation: dilation)
        guard index > 0 else { return Sequential(pool, module) }
        return Sequential(Conv2d((index + 1) * channels, channels, kernel: 1, bias: false), pool, module)
      }
      block1 = block(0)
      block2 = block(1)
      block3 = block(2)
      block4 = block(3)
      convLast = Conv2d(5 * channels, channels, kernel: 1, bias: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      var features = [x]
      for block in [block1, block2, block3, block4] { features.append(block(cat(features))) }
      return convLast(cat(features))
    }
  }
}
