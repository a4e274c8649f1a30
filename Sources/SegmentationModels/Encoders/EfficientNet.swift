import Torch

/// EfficientNet (2019, <https://arxiv.org/abs/1905.11946>) with the key names and paddings of TensorFlow's port to PyTorch:
/// inverted residuals with channel gates, scaled in width, depth and resolution together.
///
/// Padding is that of TensorFlow's "same" at the resolution that the variant was made for.
public final class EfficientNet: Module, FeatureEncoder {
  /// The size of the network, by segmentation_models.pytorch's name.
  public enum Variant: String, Sendable, CaseIterable {
    case b0 = "efficientnet-b0"
    case b1 = "efficientnet-b1"
    case b2 = "efficientnet-b2"
    case b3 = "efficientnet-b3"
    case b4 = "efficientnet-b4"
    case b5 = "efficientnet-b5"
    case b6 = "efficientnet-b6"
    case b7 = "efficientnet-b7"

    private var index: Int { Self.allCases.firstIndex(of: self)! }
    var scale: EfficientNetScale { .all[index] }
    /// Height and width of the images that it was made for.
    var resolution: Int { [224, 240, 260, 300, 380, 456, 528, 600][index] }
  }

  let _conv_stem: SamePaddedConv
  let _bn0: BatchNorm2d
  let _blocks: [Block]
  let _conv_head: Conv2d
  let _bn1: BatchNorm2d
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]
  /// The numbers of blocks after which the maps from 1/4 on come out.
  private let ends: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let scale = variant.scale
    let stages = scale.stages
    var inputs = scale.channels(32)
    var resolution = variant.resolution
    _conv_stem = SamePaddedConv(
      options.inputChannels, inputs, kernel: 3, stride: 2, resolution: resolution, groups: 1)
    _bn0 = Self.norm(inputs)
    resolution = (resolution + 1) / 2
    // The third map of B0 comes from the first block that has its channels, that of the other variants from the last
    // one.
    let counts = stages.map(\.blocks)
    let third = variant == .b0 ? counts[..<4].reduce(1, +) : counts[..<5].reduce(0, +)
    ends = [counts[..<2].reduce(0, +), counts[..<3].reduce(0, +), third, counts.reduce(0, +)]
    var blocks: [Block] = []
    for stage in stages {
      for index in 0..<stage.blocks {
        let reduction = 4 << (ends.firstIndex { blocks.count < $0 } ?? 3)
        let stride = index == 0 ? stage.stride : 1
        blocks.append(
          Block(
            inputs, stage.outputs, stage: stage, stride: stride,
            dilation: reduction > options.outputStride ? options.dilation(at: reduction) : nil,
            resolution: resolution, dropRate: 0.2 * Double(blocks.count) / Double(ends[3])))
        resolution = (resolution + stride - 1) / stride
        inputs = stage.outputs
      }
    }
    _blocks = blocks
    let head = scale.channels(1280)
    _conv_head = Conv2d(inputs, head, kernel: 1, bias: false)
    _bn1 = Self.norm(head)
    featureChannels = scale.featureChannels(inputs: options.inputChannels)
  }

  /// The spelling of the files that the PyTorch port of EfficientNet publishes.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "_fc.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps = [images, _bn0(_conv_stem(images)).silu()]
    for (start, end) in zip([0] + ends, ends.prefix(depth - 1)) {
      maps.append(_blocks[start..<end].reduce(maps[maps.count - 1]) { $1($0) })
    }
    return maps
  }

  static func norm(_ channels: Int) -> BatchNorm2d { BatchNorm2d(channels, momentum: 0.01, epsilon: 1e-3) }

  /// Widens, filters by channel, gates and narrows. The input is added if size and channels stay.
  final class Block: Module {
    let _expand_conv: Conv2d?
    let _bn0: BatchNorm2d?
    let _depthwise_conv: SamePaddedConv
    let _bn1: BatchNorm2d
    let _se_reduce: Conv2d
    let _se_expand: Conv2d
    let _project_conv: Conv2d
    let _bn2: BatchNorm2d
    private let addsInput: Bool
    private let dropRate: Double

    /// - Parameters:
    ///   - dilation: The dilation that replaces the stride if the encoder dilates.
    ///   - dropRate: How often the block is left out in training.
    init(
      _ inputs: Int, _ outputs: Int, stage: EfficientNetScale.Stage, stride: Int, dilation: Int?, resolution: Int,
      dropRate: Double
    ) {
      let width = inputs * stage.expansion
      _expand_conv = stage.expansion > 1 ? Conv2d(inputs, width, kernel: 1, bias: false) : nil
      _bn0 = stage.expansion > 1 ? norm(width) : nil
      _depthwise_conv = SamePaddedConv(
        width, width, kernel: stage.kernel, stride: stride, resolution: resolution, dilation: dilation, groups: width)
      _bn1 = norm(width)
      _se_reduce = Conv2d(width, max(1, inputs / 4), kernel: 1)
      _se_expand = Conv2d(max(1, inputs / 4), width, kernel: 1)
      _project_conv = Conv2d(width, outputs, kernel: 1, bias: false)
      _bn2 = norm(outputs)
      addsInput = stride == 1 && inputs == outputs
      self.dropRate = dropRate
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      var y = x
      if let _expand_conv, let _bn0 { y = _bn0(_expand_conv(y)).silu() }
      y = _bn1(_depthwise_conv(y)).silu()
      y = _se_expand(_se_reduce(y.adaptiveAvgPool2d(1)).silu()).sigmoid() * y
      y = _bn2(_project_conv(y))
      return addsInput ? y.droppedInTraining(dropRate, training: isTraining) + x : y
    }
  }

  /// A convolution that is padded more at the right and bottom than at the left and top if the padding is odd.
  final class SamePaddedConv: Module {
    @Parameter var weight: Tensor
    private let stride: IntPair
    private let dilation: IntPair
    private let groups: Int
    /// Rows and columns of zeros before and after.
    private let before: Int
    private let after: Int

    /// - Parameters:
    ///   - resolution: The input's height and width that the padding is right for.
    ///   - dilation: The dilation that replaces the stride.
    init(
      _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int, resolution: Int, dilation: Int? = nil, groups: Int
    ) {
      let conv = Conv2d(inputs, outputs, kernel: IntPair(kernel), groups: groups, bias: false)
      _weight = Parameter(wrappedValue: conv.weight)
      self.stride = IntPair(dilation == nil ? stride : 1)
      self.dilation = IntPair(dilation ?? 1)
      self.groups = groups
      if let dilation {
        before = kernel / 2 * dilation
        after = before
      } else {
        let total = max(0, ((resolution + stride - 1) / stride - 1) * stride + kernel - resolution)
        before = total / 2
        after = total - before
      }
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let isEven = before == after
      let padded = isEven ? x : x.pad(left: before, right: after, top: before, bottom: after)
      return padded.conv2d(
        weight: weight, bias: nil, stride: stride, padding: IntPair(isEven ? before : 0), dilation: dilation,
        groups: groups)
    }
  }
}
