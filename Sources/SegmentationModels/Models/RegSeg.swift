import Torch

/// RegSeg: rethinking dilated convolution for real-time semantic segmentation (2021, <https://arxiv.org/abs/2111.09957>).
///
/// The blocks are like RegNet's. Their grouped convolution is split in two halves with different dilations, the larger
/// of which grow along the network. A light decoder adds two finer levels. It takes images whose height and width are
/// multiples of 32.
///
/// The deepest stage ends at 1/32 instead of 1/16, because its last block strides.
public final class RegSeg: SegmentationModel {
  let convInit: ConvBNAct
  let stageD4: DilatedBlock
  let stageD8: Sequential
  let stageD16: Sequential
  let decoder: Decoder

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    let dilations: [(Int, Int)] = [
      (1, 1), (1, 2), (1, 2), (1, 3), (2, 3), (2, 7), (2, 3), (2, 6), (2, 5), (2, 9), (2, 11), (4, 7),
    ]
    convInit = ConvBNAct(ImageChannels.count, 32, stride: 2)
    stageD4 = DilatedBlock(halving: 32, 48)
    stageD8 = Sequential(
      DilatedBlock(halving: 48, 128), DilatedBlock(128, dilations: (1, 1)), DilatedBlock(128, dilations: (1, 1)))
    stageD16 = Sequential(
      [DilatedBlock(halving: 128, 256)] + dilations.map { DilatedBlock(256, dilations: $0) }
        + [DilatedBlock(halving: 256, 320)])
    decoder = Decoder(classes, d16: 320, d8: 128, d4: 48)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let d4 = stageD4(convInit(x))
    let d8 = stageD8(d4)
    return SegmentationOutput(logits: decoder(stageD16(d8), d8, d4), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "regseg", title: "Rethinking Dilated Convolution for Real-time Semantic Segmentation", year: 2021,
    paper: "https://arxiv.org/abs/2111.09957", stride: 32)
}

extension RegSeg {
  /// Adds 1/8 to 1/16 (here 1/32), joins 1/4, and classifies.
  final class Decoder: Module {
    let convD16: ConvBNAct
    let convD8Stage1: ConvBNAct
    let convD4Stage1: ConvBNAct
    let convD8Stage2: ConvBNAct
    let convD4Stage2: Sequential

    init(_ classes: Int, d16: Int, d8: Int, d4: Int) {
      convD16 = ConvBNAct(d16, 128, kernel: 1)
      convD8Stage1 = ConvBNAct(d8, 128, kernel: 1)
      convD4Stage1 = ConvBNAct(d4, 8, kernel: 1)
      convD8Stage2 = ConvBNAct(128, 64)
      convD4Stage2 = Sequential(ConvBNAct(64 + 8, 64), Conv2d(64, classes, kernel: 1, bias: false))
    }

    func callAsFunction(_ d16: Tensor, _ d8: Tensor, _ d4: Tensor) -> Tensor {
      let eighth = convD8Stage2(convD8Stage1(d8) + convD16(d16).resized(to: d8.spatialSize))
      return convD4Stage2(cat([convD4Stage1(d4), eighth.resized(to: d4.spatialSize)]))
    }
  }

  /// RegSeg's block: pointwise, grouped 3x3 (two dilated halves, or one that halves the size), channel weights,
  /// pointwise; plus the input (pooled and filtered if the size halves). Groups have 16 channels.
  final class DilatedBlock: Module, Layer {
    let conv1: ConvBNAct
    let convLeft: ConvBNAct
    let convRight: ConvBNAct?
    let convSkip: Sequential?
    let conv2: Sequential

    /// A block at stride 1 with a dilation for each half of the channels.
    init(_ channels: Int, dilations: (Int, Int)) {
      func half(_ dilation: Int) -> ConvBNAct {
        ConvBNAct(channels / 2, channels / 2, dilation: IntPair(dilation), groups: channels / 2 / 16)
      }
      conv1 = ConvBNAct(channels, channels, kernel: 1)
      convLeft = half(dilations.0)
      convRight = half(dilations.1)
      convSkip = nil
      conv2 = Self.last(channels)
    }

    /// A block at stride 2.
    init(halving inputs: Int, _ outputs: Int) {
      conv1 = ConvBNAct(inputs, outputs, kernel: 1)
      convLeft = ConvBNAct(outputs, outputs, stride: 2, groups: outputs / 16)
      convRight = nil
      convSkip = Sequential(AvgPool2d(2), ConvBNAct(inputs, outputs, kernel: 1, activation: .none))
      conv2 = Self.last(outputs)
    }

    private static func last(_ channels: Int) -> Sequential {
      Sequential(SqueezeExcitation(channels), ConvBNAct(channels, channels, kernel: 1, activation: .none))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let wide = conv1(x)
      guard let convRight else { return (conv2(convLeft(wide)) + (convSkip?(x) ?? x)).relu() }
      let halves = wide.chunk(2)
      return (conv2(cat([convLeft(halves[0]), convRight(halves[1])])) + x).relu()
    }
  }

  /// Weights channels by their means, through two linear layers and a sigmoid.
  final class SqueezeExcitation: Module, Layer {
    let seBlock: Sequential

    init(_ channels: Int, reduction: Int = 4) {
      seBlock = Sequential(
        Linear(channels, channels / reduction), Activation(.relu, inPlace: true),
        Linear(channels / reduction, channels), Activation(.sigmoid))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { seBlock(x.mean([2, 3])).unsqueeze(-1).unsqueeze(-1) * x }
  }
}
