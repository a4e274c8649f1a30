import Torch

/// Deep dual-resolution networks for real-time and accurate semantic segmentation of road scenes (2021,
/// <https://arxiv.org/abs/2101.06085>).
///
/// Two branches of residual blocks, one kept at 1/8 and one going down to 1/64, exchange features twice or three times.
/// Deep aggregation pyramid pooling (DAPPM) then widens the view of the deep one. The auxiliary head reads the
/// high-resolution branch after the first exchanges. It takes images of any size.
///
/// The auxiliary scores stay at 1/8.
public final class DDRNet: SegmentationModel {
  /// The width and depth, as the paper names them.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// DDRNet-23-slim, with half as many channels as DDRNet-23.
    case slim23 = "23slim"
    /// DDRNet-23.
    case standard23 = "23"
    /// DDRNet-39.
    case standard39 = "39"

    var width: Int { self == .slim23 ? 32 : 64 }

    /// Residual blocks in stage 2, stage 3 and each branch of stages 4 and 5; those after stage 4's first exchange.
    var blocks: (stage2: Int, stage3: Int, branch: Int, extra: Int) {
      self == .standard39 ? (3, 4, 3, 3) : (2, 2, 2, 0)
    }
  }

  let conv1: ConvBNAct
  let conv2: Stage
  let conv3: Stage
  let conv4: DualStage
  let conv5: ContextStage
  let segHead: SegmentationHead
  let auxHead: SegmentationHead?

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  ///   - heads: The heads that serve training alone.
  public init(_ variant: Variant = .slim23, classes: Int, heads: Heads = []) {
    let width = variant.width
    let blocks = variant.blocks
    conv1 = ConvBNAct(ImageChannels.count, width, stride: 2)
    conv2 = Stage(
      [ConvBNAct(width, width, stride: 2)] + (0..<blocks.stage2).map { _ in ResidualBlock(width, width) })
    conv3 = Stage(ResidualBlock.chain(width, 2 * width, stride: 2, count: blocks.stage3))
    conv4 = DualStage(high: 2 * width, blocks: blocks.branch, extra: blocks.extra)
    conv5 = ContextStage(high: 2 * width, low: 4 * width, blocks: blocks.branch)
    segHead = SegmentationHead(4 * width, classes: classes)
    auxHead = heads.contains(.auxiliary) ? SegmentationHead(2 * width, classes: classes) : nil
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let eighth = conv3(conv2(conv1(x)))
    let (low, high) = conv4(eighth)
    let logits = segHead(conv5(low: low, high: high))
    let auxiliary = heads ? auxHead.map { [$0(high)] } : nil
    return SegmentationOutput(logits: logits, resizedTo: x.spatialSize, auxiliary: auxiliary ?? [])
  }

  static let summary = NetworkSummary(
    family: "ddrnet",
    title: "Deep Dual-resolution Networks for Real-time and Accurate Semantic Segmentation of Road Scenes", year: 2021,
    paper: "https://arxiv.org/abs/2101.06085", heads: .auxiliary, defaultHeads: .auxiliary)
}

extension DDRNet {
  /// Blocks one after another.
  final class Stage: Module, Layer {
    let conv: Sequential

    init(_ layers: [any Layer]) { conv = Sequential(layers) }

    func callAsFunction(_ x: Tensor) -> Tensor { conv(x) }
  }

  /// Stage 4: both branches, then an exchange; in DDRNet-39 twice.
  final class DualStage: Module {
    let lowConv1, highConv1: Sequential
    let bilateralFusion1: BilateralFusion
    let lowConv2, highConv2: Sequential?
    let bilateralFusion2: BilateralFusion?

    init(high: Int, blocks: Int, extra: Int) {
      lowConv1 = Sequential(ResidualBlock.chain(high, 2 * high, stride: 2, count: blocks))
      highConv1 = Sequential(ResidualBlock.chain(high, high, stride: 1, count: blocks))
      bilateralFusion1 = BilateralFusion(low: 2 * high, high: high, stride: 2)
      guard extra > 0 else {
        (lowConv2, highConv2, bilateralFusion2) = (nil, nil, nil)
        return
      }
      lowConv2 = Sequential(ResidualBlock.chain(2 * high, 2 * high, stride: 1, count: extra))
      highConv2 = Sequential(ResidualBlock.chain(high, high, stride: 1, count: extra))
      bilateralFusion2 = BilateralFusion(low: 2 * high, high: high, stride: 2)
    }

    func callAsFunction(_ x: Tensor) -> (low: Tensor, high: Tensor) {
      let (low, high) = bilateralFusion1(low: lowConv1(x), high: highConv1(x))
      guard let lowConv2, let highConv2, let bilateralFusion2 else { return (low, high) }
      return bilateralFusion2(low: lowConv2(low), high: highConv2(high))
    }
  }

  /// Stage 5: both branches, an exchange, bottlenecks, and the deep branch's pooled context added to the other.
  final class ContextStage: Module {
    let lowConv1, highConv1: Sequential
    let bilateralFusion: BilateralFusion
    let lowConv2, highConv2: Sequential
    let dappm: DAPPM

    init(high: Int, low: Int, blocks: Int) {
      lowConv1 = Sequential(ResidualBlock.chain(low, 2 * low, stride: 2, count: blocks))
      highConv1 = Sequential(ResidualBlock.chain(high, high, stride: 1, count: blocks))
      bilateralFusion = BilateralFusion(low: 2 * low, high: high, stride: 4)
      lowConv2 = Sequential(ResidualBottleneck(2 * low, 4 * low, stride: 2))
      highConv2 = Sequential(ResidualBottleneck(high, 2 * high, stride: 1))
      dappm = DAPPM(4 * low, 2 * high)
    }

    func callAsFunction(low: Tensor, high: Tensor) -> Tensor {
      let (low, high) = bilateralFusion(low: lowConv1(low), high: highConv1(high))
      let context = dappm(lowConv2(low)).resized(to: high.spatialSize)
      return highConv2(high) + context
    }
  }

  /// Each branch gets the other's features, brought to its resolution.
  final class BilateralFusion: Module {
    let convLow: ConvBNAct
    let convHigh: ConvBNAct

    /// - Parameter stride: How many times smaller the low-resolution branch is.
    init(low: Int, high: Int, stride: Int) {
      convLow = ConvBNAct(low, high, kernel: 1, activation: .none)
      convHigh = ConvBNAct(high, low, stride: IntPair(stride), activation: .none)
    }

    func callAsFunction(low: Tensor, high: Tensor) -> (low: Tensor, high: Tensor) {
      let upward = convLow(low).resized(to: high.spatialSize)
      return ((low + convHigh(high)).relu(), (high + upward).relu())
    }
  }

  /// Two 3x3 convolutions, added to the input.
  final class ResidualBlock: Module, Layer {
    let conv1: ConvBNAct
    let conv2: ConvBNAct
    let convDown: ConvBNAct?

    init(_ inputs: Int, _ outputs: Int, stride: Int = 1) {
      conv1 = ConvBNAct(inputs, outputs, stride: IntPair(stride))
      conv2 = ConvBNAct(outputs, outputs, activation: .none)
      let changes = stride != 1 || inputs != outputs
      convDown =
        changes ? ConvBNAct(inputs, outputs, kernel: 1, stride: IntPair(stride), activation: .none) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor { (conv2(conv1(x)) + (convDown?(x) ?? x)).relu() }

    /// `count` blocks, of which the first changes channels and size.
    static func chain(_ inputs: Int, _ outputs: Int, stride: Int, count: Int) -> [ResidualBlock] {
      (0..<count).map { $0 == 0 ? ResidualBlock(inputs, outputs, stride: stride) : ResidualBlock(outputs, outputs) }
    }
  }

  /// A 3x3 convolution between two 1x1 ones, added to the projected input.
  final class ResidualBottleneck: Module, Layer {
    let conv1, conv2, conv3: ConvBNAct
    let convDown: ConvBNAct

    init(_ inputs: Int, _ outputs: Int, stride: Int) {
      conv1 = ConvBNAct(inputs, inputs, kernel: 1)
      conv2 = ConvBNAct(inputs, inputs, stride: IntPair(stride))
      conv3 = ConvBNAct(inputs, outputs, kernel: 1, activation: .none)
      convDown = ConvBNAct(inputs, outputs, kernel: 1, stride: IntPair(stride), activation: .none)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { (conv3(conv2(conv1(x))) + convDown(x)).relu() }
  }

  /// Deep aggregation pyramid pooling: means over ever larger windows, each added to the scale below before its 3x3
  /// convolution, all joined.
  final class DAPPM: Module, Layer {
    let conv0: ConvBNAct
    let conv1: ConvBNAct
    let pool2: Sequential
    let conv2: ConvBNAct
    let pool3: Sequential
    let conv3: ConvBNAct
    let pool4: Sequential
    let conv4: ConvBNAct
    let pool5: Sequential
    let conv5: ConvBNAct
    let convLast: ConvBNAct

    init(_ inputs: Int, _ outputs: Int) {
      func pool(_ layer: any Layer) -> Sequential {
        Sequential(layer, Conv2d(inputs, outputs, kernel: 1, bias: false))
      }
      conv0 = ConvBNAct(inputs, outputs, kernel: 1)
      conv1 = ConvBNAct(inputs, outputs, kernel: 1)
      pool2 = pool(AvgPool2d(5, stride: 2, padding: 2))
      conv2 = ConvBNAct(outputs, outputs)
      pool3 = pool(AvgPool2d(9, stride: 4, padding: 4))
      conv3 = ConvBNAct(outputs, outputs)
      pool4 = pool(AvgPool2d(17, stride: 8, padding: 8))
      conv4 = ConvBNAct(outputs, outputs)
      pool5 = pool(AdaptiveAvgPool2d(1))
      conv5 = ConvBNAct(outputs, outputs)
      convLast = ConvBNAct(5 * outputs, outputs, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      var scales = [conv1(x)]
      for (pool, conv) in [(pool2, conv2), (pool3, conv3), (pool4, conv4), (pool5, conv5)] {
        scales.append(conv(scales[scales.count - 1] + pool(x).resized(to: x.spatialSize)))
      }
      return convLast(cat(scales)) + conv0(x)
    }
  }
}
