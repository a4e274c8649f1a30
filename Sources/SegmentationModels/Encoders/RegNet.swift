import Foundation
import Torch

/// RegNet: designing network design spaces (2020, <https://arxiv.org/abs/2003.13678>), as timm builds it: bottlenecks with
/// grouped convolutions whose widths grow by a simple rule, in RegNetY with channel gates.
public final class RegNet: Module, FeatureEncoder {
  /// The arithmetic for an image of 224x224 in ten millions, by segmentation_models.pytorch's name.
  public enum Variant: String, Sendable, CaseIterable {
    case x002 = "timm-regnetx_002"
    case x004 = "timm-regnetx_004"
    case x006 = "timm-regnetx_006"
    case x008 = "timm-regnetx_008"
    case x016 = "timm-regnetx_016"
    case x032 = "timm-regnetx_032"
    case x040 = "timm-regnetx_040"
    case x064 = "timm-regnetx_064"
    case x080 = "timm-regnetx_080"
    case x120 = "timm-regnetx_120"
    case x160 = "timm-regnetx_160"
    case x320 = "timm-regnetx_320"
    case y002 = "timm-regnety_002"
    case y004 = "timm-regnety_004"
    case y006 = "timm-regnety_006"
    case y008 = "timm-regnety_008"
    case y016 = "timm-regnety_016"
    case y032 = "timm-regnety_032"
    case y040 = "timm-regnety_040"
    case y064 = "timm-regnety_064"
    case y080 = "timm-regnety_080"
    case y120 = "timm-regnety_120"
    case y160 = "timm-regnety_160"
    case y320 = "timm-regnety_320"

    var isGated: Bool { rawValue.contains("regnety") }

    var shape: Shape {
      switch self {
      case .x002: Shape(width: 24, slope: 36.44, factor: 2.49, groupWidth: 8, depth: 13)
      case .x004: Shape(width: 24, slope: 24.48, factor: 2.54, groupWidth: 16, depth: 22)
      case .x006: Shape(width: 48, slope: 36.97, factor: 2.24, groupWidth: 24, depth: 16)
      case .x008: Shape(width: 56, slope: 35.73, factor: 2.28, groupWidth: 16, depth: 16)
      case .x016: Shape(width: 80, slope: 34.01, factor: 2.25, groupWidth: 24, depth: 18)
      case .x032: Shape(width: 88, slope: 26.31, factor: 2.25, groupWidth: 48, depth: 25)
      case .x040: Shape(width: 96, slope: 38.65, factor: 2.43, groupWidth: 40, depth: 23)
      case .x064: Shape(width: 184, slope: 60.83, factor: 2.07, groupWidth: 56, depth: 17)
      case .x080: Shape(width: 80, slope: 49.56, factor: 2.88, groupWidth: 120, depth: 23)
      case .x120, .y120: Shape(width: 168, slope: 73.36, factor: 2.37, groupWidth: 112, depth: 19)
      case .x160: Shape(width: 216, slope: 55.59, factor: 2.1, groupWidth: 128, depth: 22)
      case .x320: Shape(width: 320, slope: 69.86, factor: 2.0, groupWidth: 168, depth: 23)
      case .y002: Shape(width: 24, slope: 36.44, factor: 2.49, groupWidth: 8, depth: 13)
      case .y004: Shape(width: 48, slope: 27.89, factor: 2.09, groupWidth: 8, depth: 16)
      case .y006: Shape(width: 48, slope: 32.54, factor: 2.32, groupWidth: 16, depth: 15)
      case .y008: Shape(width: 56, slope: 38.84, factor: 2.4, groupWidth: 16, depth: 14)
      case .y016: Shape(width: 48, slope: 20.71, factor: 2.65, groupWidth: 24, depth: 27)
      case .y032: Shape(width: 80, slope: 42.63, factor: 2.66, groupWidth: 24, depth: 21)
      case .y040: Shape(width: 96, slope: 31.41, factor: 2.24, groupWidth: 64, depth: 22)
      case .y064: Shape(width: 112, slope: 33.22, factor: 2.27, groupWidth: 72, depth: 25)
      case .y080: Shape(width: 192, slope: 76.82, factor: 2.19, groupWidth: 56, depth: 17)
      case .y160: Shape(width: 200, slope: 106.23, factor: 2.48, groupWidth: 112, depth: 18)
      case .y320: Shape(width: 232, slope: 115.89, factor: 2.53, groupWidth: 232, depth: 20)
      }
    }
  }

  /// The rule by which widths grow.
  struct Shape {
    /// The first width.
    let width: Int
    /// The growth from block to block before rounding.
    let slope: Double
    /// The widths are rounded to powers of this number, times the first width.
    let factor: Double
    /// The channels of each group.
    let groupWidth: Int
    /// The number of blocks.
    let depth: Int

    struct Stage {
      let blocks: Int
      let outputs: Int
      let groupWidth: Int
    }

    /// The four stages: blocks of one width.
    var stages: [Stage] {
      let first = Double(width)
      let widths = (0..<depth).map { block in
        let exponent = (log((Double(block) * slope + first) / first) / log(factor)).roundedToEven
        return Int((first * pow(factor, exponent) / 8).roundedToEven) * 8
      }
      return Set(widths).sorted().map { width in
        let group = min(groupWidth, width)
        return Stage(
          blocks: widths.count { $0 == width }, outputs: Int((Double(width) / Double(group)).roundedToEven) * group,
          groupWidth: group)
      }
    }
  }

  let model: Network
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let stages = variant.shape.stages
    model = Network(stages, isGated: variant.isGated, options)
    featureChannels = [options.inputChannels, 32] + stages.map(\.outputs)
    super.init()
    visit { _, module in
      switch module {
      case let conv as Conv2d:
        conv.weight.initializeKaimingNormalFanOut(groups: conv.groups)
        conv.bias?.initializeZero()
      case let block as Block: block.conv3.bn.weight.initializeZero()
      default: break
      }
    }
  }

  /// The spelling of timm's files.
  public var pretrainedNames: PretrainedNames { .timm(self) }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps = [images, model.stem(images)]
    for stage in [model.s1, model.s2, model.s3, model.s4].prefix(depth - 1) {
      if let stage { maps.append(stage(maps[maps.count - 1])) }
    }
    return maps
  }

  final class Network: Module {
    let stem: TimmConv
    let s1: Stage
    let s2, s3, s4: Stage?

    init(_ stages: [Shape.Stage], isGated: Bool, _ options: EncoderOptions) {
      stem = TimmConv(options.inputChannels, 32, kernel: 3, stride: 2)
      func stage(_ index: Int) -> Stage {
        Stage(
          index == 0 ? 32 : stages[index - 1].outputs, stages[index], scale: 4 << index, isGated: isGated, options)
      }
      s1 = stage(0)
      s2 = options.depth > 2 ? stage(1) : nil
      s3 = options.depth > 3 ? stage(2) : nil
      s4 = options.depth > 4 ? stage(3) : nil
    }
  }

  /// Blocks of one width. Keys: "b1", "b2", ...
  final class Stage: Module {
    private let blocks: [Block]

    init(_ inputs: Int, _ shape: Shape.Stage, scale: Int, isGated: Bool, _ options: EncoderOptions) {
      blocks = (0..<shape.blocks).map { index in
        Block(
          index == 0 ? inputs : shape.outputs, shape.outputs, stride: index == 0 ? options.stride(at: scale) : 1,
          dilation: index == 0 ? options.firstDilation(at: scale) : options.dilation(at: scale),
          groupWidth: shape.groupWidth, isGated: isGated)
      }
    }

    override var children: [(name: String, module: Module)] { blocks.enumerated().map { ("b\($0 + 1)", $1) } }

    func callAsFunction(_ x: Tensor) -> Tensor { blocks.reduce(x) { $1($0) } }
  }

  /// A grouped 3x3 convolution between two 1x1 ones, perhaps a gate, added to the input.
  final class Block: Module {
    let conv1: TimmConv
    let conv2: TimmConv
    let se: Gate?
    let conv3: TimmConv
    let downsample: TimmConv?

    init(_ inputs: Int, _ outputs: Int, stride: Int, dilation: Int, groupWidth: Int, isGated: Bool) {
      conv1 = TimmConv(inputs, outputs)
      conv2 = TimmConv(
        outputs, outputs, kernel: 3, stride: stride, dilation: dilation, groups: outputs / groupWidth)
      se = isGated ? Gate(outputs, reduced: Int((Double(inputs) / 4).roundedToEven)) : nil
      conv3 = TimmConv(outputs, outputs, activates: false)
      downsample =
        stride != 1 || inputs != outputs ? TimmConv(inputs, outputs, stride: stride, activates: false) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let filtered = conv2(conv1(x))
      return (conv3(se?(filtered) ?? filtered) + (downsample?(x) ?? x)).relu()
    }
  }

  /// Multiplies each channel by a number between 0 and 1 found from all channels' means.
  final class Gate: Module {
    let fc1: Conv2d
    let fc2: Conv2d

    init(_ channels: Int, reduced: Int) {
      fc1 = Conv2d(channels, reduced, kernel: 1)
      fc2 = Conv2d(reduced, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x * fc2(fc1(x.mean([2, 3], keep: true)).relu()).sigmoid() }
  }
}

extension Double {
  /// The nearest integer, of two equally near ones the even one.
  fileprivate var roundedToEven: Double { rounded(.toNearestOrEven) }
}
