import Torch

/// GPU-efficient networks: neural architecture design for GPU-efficient networks (2020, <https://arxiv.org/abs/2006.14090>), as
/// timm builds them: plain residual blocks at first, then bottlenecks, at last inverted ones.
public final class GERNet: Module, FeatureEncoder {
  /// The size of the network, by segmentation_models.pytorch's name.
  public enum Variant: String, Sendable, CaseIterable {
    case small = "timm-gernet_s"
    case medium = "timm-gernet_m"
    case large = "timm-gernet_l"

    var stem: Int { self == .small ? 13 : 32 }
    var blocks: [Int] {
      switch self {
      case .small: [1, 3, 7, 2, 1]
      case .medium: [1, 2, 6, 4, 1]
      case .large: [1, 2, 6, 5, 4]
      }
    }
    var channels: [Int] { self == .small ? [48, 48, 384, 560, 256] : [128, 192, 640, 640, 640] }
    /// The channels of the last convolution.
    var last: Int { self == .small ? 1920 : 2560 }
  }

  let model: Network
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    model = Network(variant, options)
    featureChannels = [options.inputChannels, variant.stem] + variant.channels[..<3] + [variant.last]
    super.init()
    visit { _, module in
      switch module {
      case let conv as Conv2d: conv.weight.initializeKaimingNormalFanOut(groups: conv.groups)
      case let block as PlainBlock: block.conv2_kxk.bn.weight.initializeZero()
      case let block as Bottleneck: block.conv3_1x1.bn.weight.initializeZero()
      default: break
      }
    }
  }

  /// The spelling of timm's files, in which the stages' names have a point.
  public var pretrainedNames: PretrainedNames {
    PretrainedNames(within: self) { "model.\($0)".replacing("model.stages.", with: "model.stages_") }
  }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps = [images, model.stem(images)]
    for stage in [model.stages_0, model.stages_1, model.stages_2].prefix(depth - 1) {
      if let stage { maps.append(stage(maps[maps.count - 1])) }
    }
    if depth == 5, let first = model.stages_3, let second = model.stages_4, let last = model.finalConv {
      maps.append(last(second(first(maps[4]))))
    }
    return maps
  }

  final class Network: Module {
    let stem: TimmConv
    let stages_0: Sequential
    let stages_1, stages_2, stages_3, stages_4: Sequential?
    let finalConv: TimmConv?

    init(_ variant: Variant, _ options: EncoderOptions) {
      stem = TimmConv(options.inputChannels, variant.stem, kernel: 3, stride: 2)
      func stage(_ index: Int) -> Sequential {
        let outputs = variant.channels[index]
        let inputs = index == 0 ? variant.stem : variant.channels[index - 1]
        // The last two stages have the same size.
        let scale = min(32, 4 << index)
        return Sequential(
          (0..<variant.blocks[index]).map { block -> any Layer in
            let (inputs, isFirst) = (block == 0 ? inputs : outputs, block == 0)
            let stride = isFirst && index < 4 ? options.stride(at: scale) : 1
            let dilation = options.dilation(at: scale)
            let dilations = [isFirst ? options.firstDilation(at: scale) : dilation, dilation]
            return index < 2
              ? PlainBlock(inputs, outputs, stride: stride)
              : Bottleneck(
                inputs, outputs, width: index == 2 ? outputs / 4 : 3 * outputs, stride: stride, dilations: dilations,
                isDepthwise: index > 2)
          })
      }
      stages_0 = stage(0)
      stages_1 = options.depth > 2 ? stage(1) : nil
      stages_2 = options.depth > 3 ? stage(2) : nil
      stages_3 = options.depth > 4 ? stage(3) : nil
      stages_4 = options.depth > 4 ? stage(4) : nil
      finalConv = options.depth > 4 ? TimmConv(variant.channels[4], variant.last) : nil
    }
  }

  /// Two 3x3 convolutions, added to the input.
  final class PlainBlock: Module, Layer {
    let shortcut: TimmConv?
    let conv1_kxk: TimmConv
    let conv2_kxk: TimmConv

    init(_ inputs: Int, _ outputs: Int, stride: Int) {
      shortcut = stride != 1 || inputs != outputs ? TimmConv(inputs, outputs, stride: stride, activates: false) : nil
      conv1_kxk = TimmConv(inputs, outputs, kernel: 3, stride: stride)
      conv2_kxk = TimmConv(outputs, outputs, kernel: 3, activates: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { (conv2_kxk(conv1_kxk(x)) + (shortcut?(x) ?? x)).relu() }
  }

  /// A 3x3 convolution between two 1x1 ones, added to the input.
  final class Bottleneck: Module, Layer {
    let shortcut: TimmConv?
    let conv1_1x1: TimmConv
    let conv2_kxk: TimmConv
    let conv3_1x1: TimmConv

    /// - Parameter dilations: That of this block and that of those after it. If they differ, the shortcut has a convolution.
    init(_ inputs: Int, _ outputs: Int, width: Int, stride: Int, dilations: [Int], isDepthwise: Bool) {
      let changes = stride != 1 || inputs != outputs || dilations[0] != dilations[1]
      shortcut = changes ? TimmConv(inputs, outputs, stride: stride, activates: false) : nil
      conv1_1x1 = TimmConv(inputs, width)
      conv2_kxk = TimmConv(
        width, width, kernel: 3, stride: stride, dilation: dilations[0], groups: isDepthwise ? width : 1)
      conv3_1x1 = TimmConv(width, outputs, activates: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      (conv3_1x1(conv2_kxk(conv1_1x1(x))) + (shortcut?(x) ?? x)).relu()
    }
  }
}
