import Torch

/// EfficientNet (2019, <https://arxiv.org/abs/1905.11946>) with timm's key names and symmetric padding; see `EfficientNet`.
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

    var scale: EfficientNetScale { .all[Self.allCases.firstIndex(of: self)!] }
  }

  let convStem: Conv2d
  let bn1: BatchNorm2d
  let blocks: [Sequential]
  let convHead: Conv2d
  let bn2: BatchNorm2d
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let scale = variant.scale
    let stages = scale.stages
    let blockCount = stages.reduce(0) { $0 + $1.blocks }
    var inputs = scale.channels(32)
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
            ? PlainBlock(inputs, stage.outputs, kernel: stage.kernel, dropRate: dropRate)
            : WideningBlock(
              inputs, stage.outputs, stage: stage, stride: stride, dilation: dilation, dropRate: dropRate)
        })
    }
    let head = scale.channels(1280)
    convHead = Conv2d(inputs, head, kernel: 1, bias: false)
    bn2 = BatchNorm2d(head)
    featureChannels = scale.featureChannels(inputs: options.inputChannels)
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
    var maps = [images, bn1(convStem(images)).silu()]
    for stages in [blocks[0..<2], blocks[2..<3], blocks[3..<5], blocks[5..<7]].prefix(depth - 1) {
      maps.append(stages.reduce(maps[maps.count - 1]) { $1($0) })
    }
    return maps
  }

  /// Filters by channel, gates and mixes. The input is added if the channels stay.
  final class PlainBlock: Module, Layer {
    let convDw: Conv2d
    let bn1: BatchNorm2d
    let se: Gate
    let convPw: Conv2d
    let bn2: BatchNorm2d
    private let addsInput: Bool
    private let dropRate: Double

    init(_ inputs: Int, _ outputs: Int, kernel: Int, dropRate: Double) {
      convDw = Conv2d(
        inputs, inputs, kernel: IntPair(kernel), padding: .centered, groups: inputs, bias: false)
      bn1 = BatchNorm2d(inputs)
      se = Gate(inputs, reduced: inputs / 4)
      convPw = Conv2d(inputs, outputs, kernel: 1, bias: false)
      bn2 = BatchNorm2d(outputs)
      addsInput = inputs == outputs
      self.dropRate = dropRate
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let y = bn2(convPw(se(bn1(convDw(x)).silu())))
      return addsInput ? y.droppedInTraining(dropRate, training: isTraining) + x : y
    }
  }

  /// Widens, filters by channel, gates and narrows. The input is added if size and channels stay.
  final class WideningBlock: Module, Layer {
    let convPw: Conv2d
    let bn1: BatchNorm2d
    let convDw: Conv2d
    let bn2: BatchNorm2d
    let se: Gate
    let convPwl: Conv2d
    let bn3: BatchNorm2d
    private let addsInput: Bool
    private let dropRate: Double

    init(
      _ inputs: Int, _ outputs: Int, stage: EfficientNetScale.Stage, stride: Int, dilation: Int, dropRate: Double
    ) {
      let width = inputs * stage.expansion
      convPw = Conv2d(inputs, width, kernel: 1, bias: false)
      bn1 = BatchNorm2d(width)
      convDw = Conv2d(
        width, width, kernel: IntPair(stage.kernel), stride: IntPair(stride), padding: .centered,
        dilation: IntPair(dilation), groups: width, bias: false)
      bn2 = BatchNorm2d(width)
      se = Gate(width, reduced: inputs / 4)
      convPwl = Conv2d(width, outputs, kernel: 1, bias: false)
      bn3 = BatchNorm2d(outputs)
      addsInput = stride == 1 && inputs == outputs
      self.dropRate = dropRate
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let wide = bn1(convPw(x)).silu()
      let y = bn3(convPwl(se(bn2(convDw(wide)).silu())))
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
