import Torch

/// ESNet: an efficient symmetric network for real-time semantic segmentation (2019, <https://arxiv.org/abs/1906.09826>).
///
/// Encoder and decoder mirror each other in factorized units with kernels of 3 and 5. The deepest stage runs three
/// dilations side by side. It takes images whose height and width are multiples of 8. (The original accepts others and
/// gives a larger map.)
public final class ESNet: SegmentationModel {
  let block1Down: DownsamplerBlock
  let block1: Sequential
  let block2Down: DownsamplerBlock
  let block2: Sequential
  let block3Down: DownsamplerBlock
  let block3: Sequential
  let block4Up: DeconvBNAct
  let block4: Sequential
  let block5Up: DeconvBNAct
  let block5: Sequential
  let fullConv: DeconvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func units(_ channels: Int, size: Int, count: Int) -> Sequential {
      Sequential((0..<count).map { _ in FactorizedUnit(channels, size: size) })
    }
    block1Down = DownsamplerBlock(ImageChannels.count, 16)
    block1 = units(16, size: 3, count: 3)
    block2Down = DownsamplerBlock(16, 64)
    block2 = units(64, size: 5, count: 2)
    block3Down = DownsamplerBlock(64, 128)
    block3 = Sequential((0..<3).map { _ in ParallelFactorizedUnit(128, dilations: [2, 5, 9]) })
    block4Up = DeconvBNAct(128, 64)
    block4 = units(64, size: 5, count: 2)
    block5Up = DeconvBNAct(64, 16)
    block5 = units(16, size: 3, count: 2)
    fullConv = DeconvBNAct(16, classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let encoded = block3(block3Down(block2(block2Down(block1(block1Down(x))))))
    return SegmentationOutput(logits: fullConv(block5(block5Up(block4(block4Up(encoded))))))
  }

  static let summary = NetworkSummary(
    family: "esnet", title: "ESNet: An Efficient Symmetric Network for Real-time Semantic Segmentation", year: 2019,
    paper: "https://arxiv.org/abs/1906.09826", stride: 8)
}

extension ESNet {
  /// Two pairs of kx1 and 1xk convolutions, added to the input.
  final class FactorizedUnit: Module, Layer {
    let conv: Sequential

    init(_ channels: Int, size: Int) {
      func vertical() -> Conv2d { Conv2d(channels, channels, kernel: [size, 1], padding: .centered, bias: false) }
      func horizontal(_ activation: Activation.Kind) -> ConvBNAct {
        ConvBNAct(channels, channels, kernel: [1, size], activation: activation)
      }
      conv = Sequential(
        vertical(), Activation(.relu, inPlace: true), horizontal(.relu),
        vertical(), Activation(.relu, inPlace: true), horizontal(.none))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { (conv(x) + x).relu() }
  }

  /// A pair of 3x1 and 1x3 convolutions, then three dilated pairs side by side, all added to the input.
  final class ParallelFactorizedUnit: Module, Layer {
    let conv0, convLeft, convMid, convRight: Sequential

    init(_ channels: Int, dilations: [Int]) {
      func pair(_ dilation: IntPair, _ activation: Activation.Kind) -> Sequential {
        Sequential(
          Conv2d(channels, channels, kernel: [3, 1], padding: .centered, dilation: dilation, bias: false),
          Activation(.relu, inPlace: true),
          ConvBNAct(channels, channels, kernel: [1, 3], dilation: dilation, activation: activation))
      }
      conv0 = pair(1, .relu)
      convLeft = pair(IntPair(dilations[0]), .none)
      convMid = pair(IntPair(dilations[1]), .none)
      convRight = pair(IntPair(dilations[2]), .none)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let first = conv0(x)
      return (convLeft(first) + convMid(first) + convRight(first) + x).relu()
    }
  }
}
