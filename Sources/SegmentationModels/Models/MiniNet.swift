import Torch

/// MiniNet: enhancing V-SLAM keyframe selection with an efficient convnet for semantic analysis (2019,
/// <https://ieeexplore.ieee.org/document/8793923>).
///
/// Four convolutions lead to 1/16. A dilated branch and a deeper one then run side by side. All convolutions are
/// depthwise or pointwise, with SELU. It takes images whose height and width are multiples of 64.
///
/// The deepest stage has 386 channels, although 384 may have been meant.
public final class MiniNet: SegmentationModel {
  let down1, down2, down3, down4: DSConvBNAct
  let branch1: Sequential
  let branch2Down: DSConvBNAct
  let branch2: Sequential
  let branch2Up: DeconvBNAct
  let up4: Sequential
  let up3, up2, up1: DeconvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func down(_ inputs: Int, _ outputs: Int) -> DSConvBNAct {
      DSConvBNAct(inputs, outputs, stride: 2, activation: .selu)
    }
    func up(_ inputs: Int, _ outputs: Int) -> DeconvBNAct { DeconvBNAct(inputs, outputs, activation: .selu) }
    down1 = down(ImageChannels.count, 12)
    down2 = down(12, 24)
    down3 = down(24, 48)
    down4 = down(48, 96)
    branch1 = Sequential([1, 2, 4, 8].map { SeparableUnit(96, dilation: $0) })
    branch2Down = down(96, 192)
    branch2 = Sequential(
      SeparableUnit(192), down(192, 386), SeparableUnit(386), SeparableUnit(386), up(386, 192), SeparableUnit(192))
    branch2Up = up(384, 96)
    up4 = Sequential(up(288, 96), SeparableUnit(96), Conv2d(96, 48, kernel: 1, bias: false))
    up3 = up(96, 24)
    up2 = up(48, 12)
    up1 = up(24, classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let half = down1(x)
    let quarter = down2(half)
    let eighth = down3(quarter)
    let sixteenth = down4(eighth)
    let deep = branch2Down(sixteenth)
    let context = branch2Up(cat([branch2(deep), deep]))
    let decoded8 = up4(cat([branch1(sixteenth), context, sixteenth]))
    let decoded4 = up3(cat([decoded8, eighth]))
    let decoded2 = up2(cat([decoded4, quarter]))
    return SegmentationOutput(logits: up1(cat([decoded2, half])))
  }

  static let summary = NetworkSummary(
    family: "mininet",
    title: "Enhancing V-SLAM Keyframe Selection with an Efficient ConvNet for Semantic Analysis", year: 2019,
    paper: "https://ieeexplore.ieee.org/document/8793923", stride: 64)
}

extension MiniNet {
  /// Two pairs of depthwise 1x3 and 3x1 convolutions, dilated, with dropout, added to the input.
  final class SeparableUnit: Module, Layer {
    let conv1: Sequential
    let conv2: Sequential
    let dropout = Dropout(0.25)

    init(_ channels: Int, dilation: Int = 1) {
      func conv(_ kernel: IntPair) -> Conv2d {
        Conv2d(
          channels, channels, kernel: kernel, padding: .centered, dilation: IntPair(dilation), groups: channels,
          bias: false)
      }
      conv1 = Sequential(conv([1, 3]), Activation(.selu), conv([3, 1]), Activation(.selu))
      conv2 = Sequential(conv([3, 1]), Activation(.selu), conv([1, 3]))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let first = conv1(x)
      return (dropout(conv2(first) + first) + x).selu()
    }
  }
}
