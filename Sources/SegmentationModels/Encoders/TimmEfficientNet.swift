import Torch

/// EfficientNet (2019, <https://arxiv.org/abs/1905.11946>) with timm's key names and symmetric padding; see `EfficientNet`.
/// EfficientNet-Lite has no channel gates.
public final class TimmEfficientNet: Module, FeatureEncoder {
  /// The size of the network, by segmentation_models.pytorch's name.
  public enum Variant: String, Sendable, CaseIterable {
    case b0 = "timm-efficientnet-b0"
    case b1 = "timm-efficientnet-b1"
    case b2 = "timm-efficientnet-b2"
    case b3 = "timm-efficientnet-b3"
    case b4 = "timm-efficientnet-b4"
    case b5 = "timm-efficientnet-b5"
    case b6 = "timm-efficientnet-b6"
    case b7 = "timm-efficientnet-b7"
    case b8 = "timm-efficientnet-b8"
    case l2 = "timm-efficientnet-l2"
    case lite0 = "timm-tf_efficientnet_lite0"
    case lite1 = "timm-tf_efficientnet_lite1"
    case lite2 = "timm-tf_efficientnet_lite2"
    case lite3 = "timm-tf_efficientnet_lite3"
    case lite4 = "timm-tf_efficientnet_lite4"

    var scale: EfficientNetScale {
      switch self {
      case .l2: .l2
      case .lite0: .lite[0]
      case .lite1: .lite[1]
      case .lite2: .lite[2]
      case .lite3: .lite[3]
      case .lite4: .lite[4]
      default: .all[Self.allCases.firstIndex(of: self)!]
      }
    }

    /// Whether it has ReLU6 for an activation, and no gates.
    var isLite: Bool { scale.keepsEnds }
  }

  let convStem: Conv2d
  let bn1: BatchNorm2d
  let blocks: [Sequential]
  let convHead: Conv2d
  let bn2: BatchNorm2d
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]
  private let activation: Activation

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let scale = variant.scale
    let stages = scale.stages
    let blockCount = stages.reduce(0) { $0 + $1.blocks }
    let activation: Activation.Kind = variant.isLite ? .relu6 : .silu
    var inputs = scale.stem
    convStem = Conv2d(options.inputChannels, inputs, kernel: 3, stride: 2, padding: 1, bias: false)
    bn1 = BatchNorm2d(inputs)
    var number = 0
    var reduction = 2
    blocks = stages.map { stage in
      reduction *= stage.stride
      return Sequential(
        (0..<stage.blocks).map { index -> any Layer in
          defer {
            inputs = stage.outputs
            number += 1
          }
          let stride = index == 0 && stage.stride == 2 ? options.stride(at: reduction) : 1
          let dilation = options.dilation(at: reduction)
          let dropRate = 0.2 * Double(number) / Double(blockCount)
          return stage.expansion == 1
            ? PlainBlock(
              inputs, stage.outputs, kernel: stage.kernel, isGated: !variant.isLite, activation, dropRate: dropRate)
            : WideningBlock(
              inputs, stage.outputs, stage: stage, stride: stride, dilation: dilation, isGated: !variant.isLite,
              activation, dropRate: dropRate)
        })
    }
    let head = scale.head
    convHead = Conv2d(inputs, head, kernel: 1, bias: false)
    bn2 = BatchNorm2d(head)
    featureChannels = scale.featureChannels(inputs: options.inputChannels)
    self.activation = Activation(activation)
    super.init()
    visit { _, module in
      guard let conv = module as? Conv2d else { return }
      conv.weight.initializeKaimingNormalFanOut(groups: conv.groups)
      conv.bias?.initializeZero()
    }
  }

  /// The spelling of timm's files.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "classifier.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps = [images, activation(bn1(convStem(images)))]
    for stages in [blocks[0..<2], blocks[2..<3], blocks[3..<5], blocks[5..<7]].prefix(depth - 1) {
      maps.append(stages.reduce(maps[maps.count - 1]) { $1($0) })
    }
    return maps
  }

  /// Filters by channel, gates and mixes. The input is added if the channels stay.
  final class PlainBlock: Module, Layer {
    let convDw: Conv2d
    let bn1: BatchNorm2d
    let se: Gate?
    let convPw: Conv2d
    let bn2: BatchNorm2d
    private let activation: Activation
    private let addsInput: Bool
    private let dropRate: Double

    init(
      _ inputs: Int, _ outputs: Int, kernel: Int, isGated: Bool, _ activation: Activation.Kind, dropRate: Double
    ) {
      convDw = Conv2d(
        inputs, inputs, kernel: IntPair(kernel), padding: .centered, groups: inputs, bias: false)
      bn1 = BatchNorm2d(inputs)
      se = isGated ? Gate(inputs, reduced: inputs / 4) : nil
      convPw = Conv2d(inputs, outputs, kernel: 1, bias: false)
      bn2 = BatchNorm2d(outputs)
      self.activation = Activation(activation)
      addsInput = inputs == outputs
      self.dropRate = dropRate
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let filtered = activation(bn1(convDw(x)))
      let y = bn2(convPw(se?(filtered) ?? filtered))
      return addsInput ? y.droppedInTraining(dropRate, training: isTraining) + x : y
    }
  }

  /// Widens, filters by channel, gates and narrows. The input is added if size and channels stay.
  final class WideningBlock: Module, Layer {
    let convPw: Conv2d
    let bn1: BatchNorm2d
    let convDw: Conv2d
    let bn2: BatchNorm2d
    let se: Gate?
    let convPwl: Conv2d
    let bn3: BatchNorm2d
    private let activation: Activation
    private let addsInput: Bool
    private let dropRate: Double

    init(
      _ inputs: Int, _ outputs: Int, stage: EfficientNetScale.Stage, stride: Int, dilation: Int, isGated: Bool,
      _ activation: Activation.Kind, dropRate: Double
    ) {
      let width = inputs * stage.expansion
      convPw = Conv2d(inputs, width, kernel: 1, bias: false)
      bn1 = BatchNorm2d(width)
      convDw = Conv2d(
        width, width, kernel: IntPair(stage.kernel), stride: IntPair(stride), padding: .centered,
        dilation: IntPair(dilation), groups: width, bias: false)
      bn2 = BatchNorm2d(width)
      se = isGated ? Gate(width, reduced: inputs / 4) : nil
      convPwl = Conv2d(width, outputs, kernel: 1, bias: false)
      bn3 = BatchNorm2d(outputs)
      self.activation = Activation(activation)
      addsInput = stride == 1 && inputs == outputs
      self.dropRate = dropRate
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let filtered = activation(bn2(convDw(activation(bn1(convPw(x))))))
      let y = bn3(convPwl(se?(filtered) ?? filtered))
      return addsInput ? y.droppedInTraining(dropRate, training: isTraining) + x : y
    }
  }

  /// Multiplies each channel by a number between 0 and 1 found from all channels' means.
  final class Gate: Module {
    let convReduce: Conv2d
    let convExpand: Conv2d

    init(_ channels: Int, reduced: Int) {
      convReduce = Conv2d(channels, reduced, kernel: 1)
      convExpand = Conv2d(reduced, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      x * convExpand(convReduce(x.mean([2, 3], keep: true)).silu()).sigmoid()
    }
  }
}
