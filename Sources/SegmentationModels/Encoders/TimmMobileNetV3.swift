import Torch

/// MobileNetV3 (2019, <https://arxiv.org/abs/1905.02244>) as timm ports TensorFlow's: see `MobileNetV3`. Convolutions that
/// stride pad as TensorFlow's "same" does, more at the right and bottom if the padding is odd.
public final class TimmMobileNetV3: Module, FeatureEncoder {
  /// The size of the network, by segmentation_models.pytorch's name. The minimal ones have 3x3 convolutions and ReLU alone.
  public enum Variant: String, Sendable, CaseIterable {
    case large075 = "timm-mobilenetv3_large_075"
    case large100 = "timm-mobilenetv3_large_100"
    case largeMinimal = "timm-mobilenetv3_large_minimal_100"
    case small075 = "timm-mobilenetv3_small_075"
    case small100 = "timm-mobilenetv3_small_100"
    case smallMinimal = "timm-mobilenetv3_small_minimal_100"

    var isSmall: Bool { rawValue.contains("small") }
    var isMinimal: Bool { rawValue.contains("minimal") }

    /// A channel count of the network of full width, scaled.
    func channels(_ count: Int) -> Int { rawValue.hasSuffix("075") ? (3 * count / 4).roundedChannels : count }

    /// The stages between the first and the last convolution.
    var stages: [Stage] {
      isSmall
        ? [
          Stage(kernel: 3, stride: 2, expansions: [1], outputs: 16, isGated: true, hasReLU: true),
          Stage(kernel: 3, stride: 2, expansions: [4.5, 3.67], outputs: 24, hasReLU: true),
          Stage(kernel: 5, stride: 2, expansions: [4, 6, 6], outputs: 40, isGated: true),
          Stage(kernel: 5, stride: 1, expansions: [3, 3], outputs: 48, isGated: true),
          Stage(kernel: 5, stride: 2, expansions: [6, 6, 6], outputs: 96, isGated: true),
        ]
        : [
          Stage(kernel: 3, stride: 1, expansions: [1], outputs: 16, hasReLU: true),
          Stage(kernel: 3, stride: 2, expansions: [4, 3], outputs: 24, hasReLU: true),
          Stage(kernel: 5, stride: 2, expansions: [3, 3, 3], outputs: 40, isGated: true, hasReLU: true),
          Stage(kernel: 3, stride: 2, expansions: [6, 2.5, 2.3, 2.3], outputs: 80),
          Stage(kernel: 3, stride: 1, expansions: [6, 6], outputs: 112, isGated: true),
          Stage(kernel: 5, stride: 2, expansions: [6, 6, 6], outputs: 160, isGated: true),
        ]
    }
  }

  /// Blocks with the same number of outputs.
  struct Stage {
    let kernel: Int
    let stride: Int
    /// How many times wider the middle of each block is than its input.
    let expansions: [Double]
    let outputs: Int
    var isGated = false
    /// Whether the activation is ReLU, and not hard swish.
    var hasReLU = false
  }

  let model: Network
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]
  /// The numbers of stages after which the maps from 1/2 on come out.
  private let ends: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let network = Network(variant, options)
    let channels = variant.stages.map { variant.channels($0.outputs) } + [network.outputs]
    let ends = variant.isSmall ? [0, 1, 2, 4, 6] : [1, 2, 3, 5, 7]
    model = network
    self.ends = ends
    featureChannels = [options.inputChannels] + ends.map { $0 == 0 ? network.stem : channels[$0 - 1] }
    super.init()
    visit { _, module in
      guard let conv = module as? Conv2d else { return }
      conv.weight.initializeKaimingNormalFanOut(groups: conv.groups)
      conv.bias?.initializeZero()
    }
  }

  /// The spelling of timm's files.
  public var pretrainedNames: PretrainedNames { .timm(self) }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps = [images]
    var x = model.first(images)
    for (start, end) in zip([0] + ends, ends.prefix(depth)) {
      x = model.blocks[start..<end].reduce(x) { $1($0) }
      maps.append(x)
    }
    return maps
  }

  final class Network: Module {
    let convStem: Conv2d
    let bn1: BatchNorm2d
    let blocks: [Sequential]
    private let activation: Activation
    /// The channels of the first and of the last convolution.
    let stem, outputs: Int

    init(_ variant: Variant, _ options: EncoderOptions) {
      let activation: Activation.Kind = variant.isMinimal ? .relu : .hardswish
      var inputs = variant.channels(16)
      stem = inputs
      convStem = Conv2d(options.inputChannels, inputs, kernel: 3, stride: 2, bias: false)
      bn1 = BatchNorm2d(inputs, epsilon: 1e-3)
      self.activation = Activation(activation)
      var (scale, dilation) = (2, 1)
      var stages = variant.stages.map { stage in
        Sequential(
          stage.expansions.enumerated().map { index, expansion -> any Layer in
            let shrinks = index == 0 && stage.stride == 2
            if shrinks { scale *= 2 }
            let block = Block.Shape(
              inputs: inputs, outputs: variant.channels(stage.outputs), kernel: variant.isMinimal ? 3 : stage.kernel,
              stride: shrinks ? options.stride(at: scale) : 1, dilation: dilation, expansion: expansion,
              isGated: stage.isGated && !variant.isMinimal, activation: stage.hasReLU ? .relu : activation)
            inputs = block.outputs
            // A dilation in place of a stride begins with the block after.
            if shrinks { dilation = options.dilation(at: scale) }
            return expansion == 1 ? PlainBlock(block) : WideningBlock(block)
          })
      }
      outputs = variant.channels(variant.isSmall ? 576 : 960)
      stages.append(Sequential(LastConv(inputs, outputs, activation)))
      blocks = stages
    }

    func first(_ x: Tensor) -> Tensor { activation(bn1(convStem(x.samePadded(kernel: 3, stride: 2)))) }
  }

  enum Block {
    struct Shape {
      let inputs, outputs, kernel, stride, dilation: Int
      let expansion: Double
      let isGated: Bool
      let activation: Activation.Kind

      var width: Int { expansion == 1 ? inputs : (Double(inputs) * expansion).roundedChannels }
      var addsInput: Bool { stride == 1 && inputs == outputs }

      /// The convolution that filters each channel.
      func makeFilter() -> Conv2d {
        Conv2d(
          width, width, kernel: IntPair(kernel), stride: IntPair(stride), padding: stride == 1 ? .centered : 0,
          dilation: IntPair(dilation), groups: width, bias: false)
      }

      func padded(_ x: Tensor) -> Tensor { stride == 1 ? x : x.samePadded(kernel: kernel, stride: stride) }
    }
  }

  /// Filters by channel, gates and mixes. The input is added if size and channels stay.
  final class PlainBlock: Module, Layer {
    let convDw: Conv2d
    let bn1: BatchNorm2d
    let se: Gate?
    let convPw: Conv2d
    let bn2: BatchNorm2d
    private let shape: Block.Shape
    private let activation: Activation

    init(_ shape: Block.Shape) {
      convDw = shape.makeFilter()
      bn1 = BatchNorm2d(shape.inputs, epsilon: 1e-3)
      se = shape.isGated ? Gate(shape.inputs) : nil
      convPw = Conv2d(shape.inputs, shape.outputs, kernel: 1, bias: false)
      bn2 = BatchNorm2d(shape.outputs, epsilon: 1e-3)
      self.shape = shape
      activation = Activation(shape.activation)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let filtered = activation(bn1(convDw(shape.padded(x))))
      let y = bn2(convPw(se?(filtered) ?? filtered))
      return shape.addsInput ? y + x : y
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
    private let shape: Block.Shape
    private let activation: Activation

    init(_ shape: Block.Shape) {
      convPw = Conv2d(shape.inputs, shape.width, kernel: 1, bias: false)
      bn1 = BatchNorm2d(shape.width, epsilon: 1e-3)
      convDw = shape.makeFilter()
      bn2 = BatchNorm2d(shape.width, epsilon: 1e-3)
      se = shape.isGated ? Gate(shape.width) : nil
      convPwl = Conv2d(shape.width, shape.outputs, kernel: 1, bias: false)
      bn3 = BatchNorm2d(shape.outputs, epsilon: 1e-3)
      self.shape = shape
      activation = Activation(shape.activation)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let wide = activation(bn1(convPw(x)))
      let filtered = activation(bn2(convDw(shape.padded(wide))))
      let y = bn3(convPwl(se?(filtered) ?? filtered))
      return shape.addsInput ? y + x : y
    }
  }

  final class LastConv: Module, Layer {
    let conv: Conv2d
    let bn1: BatchNorm2d
    private let activation: Activation

    init(_ inputs: Int, _ outputs: Int, _ activation: Activation.Kind) {
      conv = Conv2d(inputs, outputs, kernel: 1, bias: false)
      bn1 = BatchNorm2d(outputs, epsilon: 1e-3)
      self.activation = Activation(activation)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { activation(bn1(conv(x))) }
  }

  /// Multiplies each channel by a number between 0 and 1 found from all channels' means.
  final class Gate: Module {
    let convReduce: Conv2d
    let convExpand: Conv2d

    init(_ channels: Int) {
      let reduced = (Double(channels) / 4).roundedChannels
      convReduce = Conv2d(channels, reduced, kernel: 1)
      convExpand = Conv2d(reduced, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      x * convExpand(convReduce(x.mean([2, 3], keep: true)).relu()).hardsigmoid()
    }
  }
}

extension Tensor {
  /// The zeros around an image [N, C, H, W] with which TensorFlow's padding "same" has a convolution give one value for each
  /// `stride` pixels. If their number is odd, there is one more at the right and bottom.
  fileprivate func samePadded(kernel: Int, stride: Int) -> Tensor {
    func padding(_ length: Int) -> (before: Int, after: Int) {
      let total = Swift.max(0, ((length + stride - 1) / stride - 1) * stride + kernel - length)
      return (total / 2, total - total / 2)
    }
    let (vertical, horizontal) = (padding(spatialSize.height), padding(spatialSize.width))
    return pad(left: horizontal.before, right: horizontal.after, top: vertical.before, bottom: vertical.after)
  }
}
