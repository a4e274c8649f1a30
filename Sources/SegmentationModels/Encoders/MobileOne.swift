import Torch

/// MobileOne (2022, <https://arxiv.org/abs/2206.04040>): plain depthwise and pointwise convolutions, trained as sums of
/// several branches that could be one convolution.
public final class MobileOne: Module, FeatureEncoder {
  /// The size of the network, by segmentation_models.pytorch's name.
  public enum Variant: String, Sendable, CaseIterable {
    case s0 = "mobileone_s0"
    case s1 = "mobileone_s1"
    case s2 = "mobileone_s2"
    case s3 = "mobileone_s3"
    case s4 = "mobileone_s4"

    /// Channels of the four stages.
    var channels: [Int] {
      switch self {
      case .s0: [48, 128, 256, 1024]
      case .s1: [96, 192, 512, 1280]
      case .s2: [96, 256, 640, 2048]
      case .s3: [128, 320, 768, 2048]
      case .s4: [192, 448, 896, 2048]
      }
    }

    /// Convolutions that are added up in each block.
    var branches: Int { self == .s0 ? 4 : 1 }
    /// How many pairs of blocks at the end of each stage have channel gates.
    var gated: [Int] { self == .s4 ? [0, 0, 5, 1] : [0, 0, 0, 0] }
  }

  let stage0: Block
  let stage1, stage2, stage3, stage4: Sequential
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let channels = variant.channels
    let stem = min(64, channels[0])
    stage0 = Block(options.inputChannels, stem, kernel: 3, stride: 2)
    func stage(_ index: Int, blocks: Int) -> Sequential {
      let scale = 4 << index
      var layers: [any Layer] = []
      for block in 0..<blocks {
        let inputs = block > 0 ? channels[index] : index > 0 ? channels[index - 1] : stem
        let isGated = block >= blocks - variant.gated[index]
        layers += [
          Block(
            inputs, inputs, kernel: 3, stride: block == 0 ? 2 : 1,
            dilation: scale > options.outputStride ? options.dilation(at: scale) : nil, groups: inputs,
            branches: variant.branches, isGated: isGated),
          Block(inputs, channels[index], kernel: 1, branches: variant.branches, isGated: isGated),
        ]
      }
      return Sequential(layers)
    }
    stage1 = stage(0, blocks: 2)
    stage2 = stage(1, blocks: 8)
    stage3 = stage(2, blocks: 10)
    stage4 = stage(3, blocks: 1)
    featureChannels = [options.inputChannels, stem] + channels
  }

  /// The spelling of the authors' files before their branches are merged.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "linear.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps = [images, stage0(images)]
    for stage in [stage1, stage2, stage3, stage4].prefix(depth - 1) { maps.append(stage(maps[maps.count - 1])) }
    return maps
  }

  /// The sum of normalized 3x3 convolutions, of a normalized 1x1 one, and of the normalized input if sizes allow.
  final class Block: Module, Layer {
    let se: Gate?
    let rbrSkip: BatchNorm2d?
    let rbrConv: [Branch]
    let rbrScale: Branch?

    /// - Parameter dilation: The dilation that replaces the stride.
    init(
      _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, dilation: Int? = nil, groups: Int = 1,
      branches: Int = 1, isGated: Bool = false
    ) {
      func branch(_ kernel: Int) -> Branch {
        Branch(
          inputs, outputs, kernel: kernel, stride: dilation == nil ? stride : 1, dilation: dilation ?? 1,
          groups: groups)
      }
      se = isGated ? Gate(outputs) : nil
      rbrSkip = inputs == outputs && stride == 1 ? BatchNorm2d(inputs) : nil
      rbrConv = (0..<branches).map { _ in branch(kernel) }
      rbrScale = kernel > 1 ? branch(1) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let parts = [rbrScale?(x), rbrSkip?(x)].compactMap { $0 } + rbrConv.map { $0(x) }
      let sum = parts.dropFirst().reduce(parts[0], +)
      return (se?(sum) ?? sum).relu()
    }
  }

  final class Branch: Module {
    let conv: Conv2d
    let bn: BatchNorm2d

    init(_ inputs: Int, _ outputs: Int, kernel: Int, stride: Int, dilation: Int, groups: Int) {
      conv = Conv2d(
        inputs, outputs, kernel: IntPair(kernel), stride: IntPair(stride), padding: .centered,
        dilation: IntPair(dilation), groups: groups, bias: false)
      bn = BatchNorm2d(outputs)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { bn(conv(x)) }
  }

  /// Multiplies each channel by a number between 0 and 1 found from all channels' means.
  final class Gate: Module {
    let reduce: Conv2d
    let expand: Conv2d

    init(_ channels: Int) {
      reduce = Conv2d(channels, channels / 16, kernel: 1)
      expand = Conv2d(channels / 16, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x * expand(reduce(x.adaptiveAvgPool2d(1)).relu()).sigmoid() }
  }
}
