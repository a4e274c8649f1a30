import Torch

/// DSNet: a novel way to use atrous convolutions in semantic segmentation (2024, <https://arxiv.org/abs/2406.03702>).
///
/// Two branches stay at 1/8. One sees far by dilated convolutions in place of smaller maps, the other one keeps detail, and
/// three fusions weigh them by attention over several scales. The decoder joins features at 1/4. It takes images whose
/// height and width are multiples of 8.
///
/// Two auxiliary heads read the branch of detail after the first and second fusion. All scores have the size of the images.
public final class DSNet: SegmentationModel {
  /// The size of the network.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// DSNet with a head of 128 channels, which the authors use for Cityscapes.
    case head128
    /// DSNet with a head of 64 channels, for BDD10K.
    case head64
    /// DSNet with a head of 256 channels, for ADE20K.
    case head256
    /// DSNet-Base, with twice as many channels.
    case base

    var width: Int { self == .base ? 64 : 32 }
    var headWidth: Int {
      switch self {
      case .head64: 64
      case .head128: 128
      case .head256, .base: 256
      }
    }
  }

  let conv1: DualResolutionStem
  let layer1, layer2, layer3, layer4, layer5: Sequential
  let compression3, compression4, compression5: ConvBNAct
  let layer3_, layer4_, layer5_: Sequential
  let aff1, aff2, aff3: AttentionFusion
  let spp: SerialPyramid
  let layer1_a: Sequential
  let up8: ConvBNAct
  let lastlayer: Head
  let segheadP, segheadD: NormalizedHead?

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  ///   - heads: The heads that serve training alone.
  public init(_ variant: Variant = .head128, classes: Int, heads: Heads = []) {
    let width = variant.width
    conv1 = DualResolutionStem(width)
    layer1 = ResNet.Block.chain(width, width, count: 2)
    layer2 = ResNet.Block.chain(width, 2 * width, count: 2, stride: 2)
    layer3 = Sequential(
      DilatedBlock(2 * width, 2 * width, 4 * width, dilation: 2),
      DilatedBlock(4 * width, 4 * width, 4 * width, dilation: 2),
      DilatedBlock(4 * width, 4 * width, 4 * width, dilation: 3))
    layer4 = Sequential(
      [DilatedBlock(4 * width, 4 * width, 8 * width, dilation: 3)]
        + (0..<(variant == .base ? 2 : 1)).map { _ in DilatedBlock(8 * width, 8 * width, 8 * width, dilation: 5) })
    layer5 = ResNet.Block.chain(8 * width, 8 * width, count: 1, expansion: 2, dilation: 5)
    func compression(_ inputs: Int) -> ConvBNAct { ConvBNAct(inputs, 4 * width, kernel: 1, activation: .none) }
    compression3 = compression(4 * width)
    compression4 = compression(8 * width)
    compression5 = compression(8 * width)
    let blocks = variant == .base ? 3 : 2
    layer3_ = ResNet.Block.chain(2 * width, 4 * width, count: blocks)
    layer4_ = ResNet.Block.chain(4 * width, 4 * width, count: blocks)
    layer5_ = ResNet.Block.chain(4 * width, 4 * width, count: 1, expansion: 2)
    aff1 = AttentionFusion(4 * width)
    aff2 = AttentionFusion(4 * width)
    aff3 = AttentionFusion(4 * width)
    let context = variant == .head256 ? 8 * width : 4 * width
    let quarter = variant == .head256 ? 2 * width : width
    spp = SerialPyramid(4 * width, context)
    layer1_a = ResNet.Block.chain(width, quarter, count: 1)
    up8 = ConvBNAct(context, variant.headWidth, activation: .none)
    lastlayer = Head(variant.headWidth + quarter, width: variant.headWidth, classes: classes)
    let hasHeads = heads.contains(.auxiliary)
    segheadP = hasHeads ? NormalizedHead(4 * width, width: 4 * width, classes: classes) : nil
    segheadD = hasHeads ? NormalizedHead(4 * width, width: width, classes: classes) : nil
    super.init()
    initializeConvolutionsLikeTorchvision()
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    func resized(_ scores: Tensor) -> Tensor { scores.upsampleBilinear2d(size: x.spatialSize, alignCorners: false) }
    let quarter = layer1(conv1(x))
    let eighth = layer2(quarter.relu()).relu()
    var context = layer3(eighth)
    let first = aff1(layer3_(eighth), compression3(context))
    context = layer4(context)
    let second = aff2(layer4_(first.relu()), compression4(context))
    context = layer5(context).relu()
    let third = aff3(layer5_(second.relu()), compression5(context)).relu()
    let raised = up8(spp(third)).upsampleBilinear2d(scale: 2, alignCorners: false)
    var output = SegmentationOutput(logits: resized(lastlayer(cat([raised, layer1_a(quarter)]))))
    if heads, let segheadP, let segheadD {
      output.auxiliary = [resized(segheadP(first)), resized(segheadD(second))]
    }
    return output
  }

  static let summary = NetworkSummary(
    family: "dsnet", title: "DSNet: A Novel Way to Use Atrous Convolutions in Semantic Segmentation", year: 2024,
    paper: "https://arxiv.org/abs/2406.03702", heads: .auxiliary, defaultHeads: .auxiliary, stride: 8)
}

extension DSNet {
  /// Multi-scale fusion atrous convolutional block: three dilated convolutions one after another, whose results are joined,
  /// beside a 1x1 convolution.
  final class DilatedBlock: Module, Layer {
    let convList: [NamedConv]
    let process1, process2: ConvBNAct

    init(_ inputs: Int, _ width: Int, _ outputs: Int, dilation: Int) {
      convList = (0..<3).map { NamedConv($0 == 0 ? inputs : width, width, dilation: dilation, order: .convReLU) }
      process1 = ConvBNAct(inputs, outputs, kernel: 1)
      process2 = ConvBNAct(3 * width, outputs, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { process2(cat(DSNet.serial(x, convList))) + process1(x) }
  }

  /// Serial-parallel atrous spatial pyramid pooling: four ever more dilated convolutions one after another and the image's
  /// mean, joined, beside a 1x1 convolution.
  final class SerialPyramid: Module, Layer {
    let convList: [NamedConv]
    let pooling: Sequential
    let process1, process2, process3: ConvBNAct

    init(_ inputs: Int, _ outputs: Int) {
      convList = [6, 12, 18, 24].enumerated().map { index, dilation in
        NamedConv(index == 0 ? inputs : outputs, outputs, dilation: dilation, order: .convReLU)
      }
      pooling = Sequential([AdaptiveAvgPool2d(1)] + ConvBNAct(inputs, outputs, kernel: 1).layers)
      process1 = ConvBNAct(inputs, outputs, kernel: 1)
      process2 = ConvBNAct(5 * outputs, outputs, kernel: 1)
      process3 = ConvBNAct(outputs, outputs, bias: true)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let mean = pooling(x).upsampleBilinear2d(size: x.spatialSize, alignCorners: false)
      return process3(process2(cat(DSNet.serial(x, convList) + [mean])) + process1(x))
    }
  }

  /// The result of each of several layers that run one after another.
  static func serial(_ x: Tensor, _ layers: [any Layer]) -> [Tensor] {
    layers.reduce(into: []) { results, layer in results.append(layer(results.last ?? x)) }
  }

  /// Multi-scale attention fusion: a share for each channel and place, from the sum of both maps and from its means over
  /// 16x16, 8x8, 4x4 cells and the whole image, tells how much of which map counts.
  final class AttentionFusion: Module {
    let localAtt, context1, context2, context3, globalAtt: Sequential

    init(_ channels: Int) {
      func attention(_ cells: IntPair?) -> Sequential {
        Sequential(
          (cells.map { [AdaptiveAvgPool2d($0)] as [any Layer] } ?? [])
            + ConvBNAct(channels, channels / 4, kernel: 1, bias: true).layers
            + ConvBNAct(channels / 4, channels, kernel: 1, bias: true, activation: .none).layers)
      }
      localAtt = attention(nil)
      context1 = attention(4)
      context2 = attention(8)
      context3 = attention(16)
      globalAtt = attention(1)
    }

    func callAsFunction(_ detail: Tensor, _ context: Tensor) -> Tensor {
      let both = detail + context
      let cells = [context1, context2, context3].map { $0(both).upsampleNearest2d(size: both.spatialSize) }
      let share = cells.reduce(localAtt(both) + globalAtt(both), +).sigmoid()
      return 2 * detail * share + 2 * context * (1 - share)
    }
  }

  /// Scores from features that pass ReLU and no normalization first.
  final class Head: Module, Layer {
    let conv1: Conv2d
    let bn2: BatchNorm2d
    let conv2: Conv2d

    init(_ inputs: Int, width: Int, classes: Int) {
      conv1 = Conv2d(inputs, width, kernel: 3, padding: 1, bias: false)
      bn2 = BatchNorm2d(width)
      conv2 = Conv2d(width, classes, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv2(bn2.relu(conv1(x.relu()))) }
  }
}
