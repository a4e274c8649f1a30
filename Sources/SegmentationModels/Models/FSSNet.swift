import Torch

/// Fast semantic segmentation for scene perception (2018, <https://ieeexplore.ieee.org/document/8392426>).
///
/// A small encoder and decoder use factorized convolutions at a quarter of the size and dilated ones at an eighth. The
/// decoder adds the encoder's features, enlarged, to a transposed convolution of its own. It takes images whose height
/// and width are multiples of 8.
///
/// The network ends in batch normalization and an activation, which the paper does not ask for.
public final class FSSNet: SegmentationModel {
  let initBlock: DownsamplerBlock
  let down1: Downsampling
  let factorized: Sequential
  let down2: Downsampling
  let dilated: Sequential
  let up2: Upsampling
  let bottleneck2: Sequential
  let up1: Upsampling
  let bottleneck1: Sequential
  let fullConv: DeconvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    initBlock = DownsamplerBlock(ImageChannels.count, 16, activation: .prelu)
    down1 = Downsampling(16, 64)
    factorized = Sequential((0..<4).map { _ in FactorizedBlock(64) })
    down2 = Downsampling(64, 128)
    dilated = Sequential([2, 5, 9, 2, 5, 9].map { DilatedBlock(128, dilation: $0) })
    up2 = Upsampling(128, 64)
    bottleneck2 = Sequential((0..<2).map { _ in DilatedBlock(64, dilation: 1) })
    up1 = Upsampling(64, 16)
    bottleneck1 = Sequential((0..<2).map { _ in DilatedBlock(16, dilation: 1) })
    fullConv = DeconvBNAct(16, classes, activation: .prelu)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let quarter = down1(initBlock(x))
    let eighth = down2(factorized(quarter))
    let decoded = bottleneck2(up2(dilated(eighth), skip: eighth))
    return SegmentationOutput(logits: fullConv(bottleneck1(up1(decoded, skip: quarter))))
  }

  static let summary = NetworkSummary(
    family: "fssnet", title: "Fast Semantic Segmentation for Scene Perception", year: 2018,
    paper: "https://ieeexplore.ieee.org/document/8392426", stride: 8)
}

extension FSSNet {
  /// Halves the size: three convolutions beside max pooling.
  final class Downsampling: Module, Layer {
    let conv: Sequential
    let pool: Sequential
    let act = Activation(.prelu)

    init(_ inputs: Int, _ outputs: Int) {
      let width = outputs / 4
      conv = Sequential(
        ConvBNAct(inputs, width, kernel: 2, stride: 2, activation: .prelu),
        ConvBNAct(width, width, activation: .prelu),
        ConvBNAct(width, outputs, kernel: 1, activation: .none))
      pool = Sequential(
        MaxPool2d(3, stride: 2, padding: 1), ConvBNAct(inputs, outputs, kernel: 1, activation: .none))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { act(conv(x) + pool(x)) }
  }

  /// A residual bottleneck whose 3x3 convolution is a 1x3 and a 3x1 one.
  final class FactorizedBlock: Module, Layer {
    let conv: Sequential
    let act = Activation(.prelu)

    init(_ channels: Int) {
      let width = channels / 4
      conv = Sequential(
        ConvBNAct(channels, width, kernel: 1, activation: .prelu),
        ConvBNAct(width, width, kernel: [1, 3], activation: .none),
        ConvBNAct(width, width, kernel: [3, 1], activation: .prelu),
        ConvBNAct(width, channels, kernel: 1, activation: .none))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { act(conv(x) + x) }
  }

  /// A residual bottleneck whose 3x3 convolution is dilated.
  final class DilatedBlock: Module, Layer {
    let conv: Sequential
    let act = Activation(.prelu)

    init(_ channels: Int, dilation: Int) {
      let width = channels / 4
      conv = Sequential(
        ConvBNAct(channels, width, kernel: 1, activation: .prelu),
        ConvBNAct(width, width, dilation: IntPair(dilation), activation: .prelu),
        ConvBNAct(width, channels, kernel: 1, activation: .none))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { act(conv(x) + x) }
  }

  /// Doubles the size: a transposed convolution beside bilinear resizing of the sum with the encoder's features.
  final class Upsampling: Module {
    let deconv: Sequential
    let conv: ConvBNAct
    let act = Activation(.prelu)

    init(_ inputs: Int, _ outputs: Int) {
      let width = inputs / 4
      deconv = Sequential(
        ConvBNAct(inputs, width, kernel: 1, activation: .prelu),
        DeconvBNAct(width, width, activation: .prelu),
        ConvBNAct(width, outputs, kernel: 1, activation: .none))
      conv = ConvBNAct(inputs, outputs, kernel: 1, activation: .none)
    }

    func callAsFunction(_ x: Tensor, skip: Tensor) -> Tensor {
      act(conv(x + skip).resized(by: 2) + deconv(x))
    }
  }
}
