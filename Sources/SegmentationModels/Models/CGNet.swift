import Torch

/// CGNet: a light-weight context guided network for semantic segmentation (2018, <https://arxiv.org/abs/1811.08201>).
///
/// Each block joins a local and a dilated depthwise convolution and weights the channels by their global means, so that
/// context guides all stages. It takes images whose height and width are multiples of 8.
///
/// The two linear layers of the channel weights follow each other without an activation, and the counts of blocks
/// include the downsampling one.
public final class CGNet: SegmentationModel {
  /// Blocks of stages 2 and 3, M and N in the paper.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// 3 blocks in stage 2 and 15 in stage 3.
    case m3n15 = ""
    /// 3 blocks in stage 2 and 21 in stage 3.
    case m3n21

    var blocks: (stage2: Int, stage3: Int) { self == .m3n15 ? (3, 15) : (3, 21) }
  }

  let stage1: Stem
  let stage2Down: ContextGuidedBlock
  let stage2: Sequential
  let stage3Down: ContextGuidedBlock
  let stage3: Sequential
  let segHead: Conv2d

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .m3n15, classes: Int) {
    func blocks(_ inputs: Int, _ outputs: Int, dilation: Int, count: Int) -> Sequential {
      Sequential(
        (0..<count).map { ContextGuidedBlock($0 == 0 ? inputs : outputs, outputs, dilation: dilation) })
    }
    stage1 = Stem(32)
    stage2Down = ContextGuidedBlock(64, 64, stride: 2, dilation: 2)
    stage2 = blocks(64 + ImageChannels.count, 64, dilation: 2, count: variant.blocks.stage2 - 1)
    stage3Down = ContextGuidedBlock(128, 128, stride: 2, dilation: 4)
    stage3 = blocks(128 + ImageChannels.count, 128, dilation: 4, count: variant.blocks.stage3 - 1)
    segHead = Conv2d(256, classes, kernel: 1, bias: false)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let half = stage1(x)
    let quarter = stage2Down(half)
    let guided = stage2(cat([quarter, x.resized(by: 1 / 4)]))
    let eighth = stage3Down(cat([guided, quarter]))
    let context = stage3(cat([eighth, x.resized(by: 1 / 8)]))
    return SegmentationOutput(logits: segHead(cat([context, eighth])), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "cgnet", title: "CGNet: A Light-weight Context Guided Network for Semantic Segmentation", year: 2018,
    paper: "https://arxiv.org/abs/1811.08201", stride: 8)
}

extension CGNet {
  /// Three convolutions at half size; the first one's output is joined to the last one's.
  final class Stem: Module, Layer {
    let conv0, conv1, conv2: ConvBNAct

    init(_ channels: Int) {
      conv0 = ConvBNAct(ImageChannels.count, channels, stride: 2, activation: .prelu)
      conv1 = ConvBNAct(channels, channels, activation: .prelu)
      conv2 = ConvBNAct(channels, channels, activation: .prelu)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let first = conv0(x)
      return cat([conv2(conv1(first)), first])
    }
  }

  /// Local (`loc`) and surrounding (`sur`) features, joined (`joi`), their channels weighted by global (`glo`) means;
  /// the input is added if size and channels stay.
  final class ContextGuidedBlock: Module, Layer {
    let conv: Conv2d
    let loc: Conv2d
    let sur: Conv2d
    let joi: BNAct
    let glo: Sequential
    let addsInput: Bool

    init(_ inputs: Int, _ outputs: Int, stride: Int = 1, dilation: Int) {
      let half = outputs / 2
      func depthwise(_ dilation: IntPair) -> Conv2d {
        Conv2d(
          half, half, kernel: 3, stride: IntPair(stride), padding: .centered, dilation: dilation, groups: half,
          bias: false)
      }
      conv = Conv2d(inputs, half, kernel: 1, bias: false)
      loc = depthwise(1)
      sur = depthwise(IntPair(dilation))
      joi = BNAct(outputs, activation: .prelu)
      glo = Sequential(Linear(outputs, outputs / 8), Linear(outputs / 8, outputs))
      addsInput = stride == 1 && inputs == outputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let reduced = conv(x)
      let joined = joi(cat([loc(reduced), sur(reduced)]))
      let weights = glo(joined.mean([2, 3])).sigmoid().unsqueeze(-1).unsqueeze(-1)
      return addsInput ? joined * weights + x : joined * weights
    }
  }
}
