import Torch

/// ResNeSt: split-attention networks (2020, <https://arxiv.org/abs/2004.08955>), as timm builds them: the 3x3 convolution of
/// each block gives several maps, which are summed with weights found from all channels' means.
public final class ResNeSt: Module, FeatureEncoder {
  /// The number of layers and their kind, by segmentation_models.pytorch's name.
  public enum Variant: String, Sendable, CaseIterable {
    case resnest14d = "timm-resnest14d"
    case resnest26d = "timm-resnest26d"
    case resnest50d = "timm-resnest50d"
    case resnest101e = "timm-resnest101e"
    case resnest200e = "timm-resnest200e"
    case resnest269e = "timm-resnest269e"
    case resnest50dRadix4 = "timm-resnest50d_4s2x40d"
    case resnest50dRadix1 = "timm-resnest50d_1s4x24d"

    var blocks: [Int] {
      switch self {
      case .resnest14d: [1, 1, 1, 1]
      case .resnest26d: [2, 2, 2, 2]
      case .resnest50d, .resnest50dRadix4, .resnest50dRadix1: [3, 4, 6, 3]
      case .resnest101e: [3, 4, 23, 3]
      case .resnest200e: [3, 24, 36, 3]
      case .resnest269e: [3, 30, 48, 8]
      }
    }

    var stem: Int {
      switch self {
      case .resnest101e, .resnest200e, .resnest269e: 64
      default: 32
      }
    }

    /// The number of maps that are summed, the groups of the convolution, and the channels of a group in the first layer.
    var splits: (radix: Int, groups: Int, width: Int) {
      switch self {
      case .resnest50dRadix4: (4, 2, 40)
      case .resnest50dRadix1: (1, 4, 24)
      default: (2, 1, 64)
      }
    }

    /// Whether means that shrink a map are taken before the convolution, and not after it.
    var averagesFirst: Bool { self == .resnest50dRadix4 || self == .resnest50dRadix1 }
  }

  let model: TimmResidualLayers
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let shape = TimmResidualLayers.Shape(blocks: variant.blocks, deepStem: variant.stem, averagesShortcuts: true)
    model = TimmResidualLayers(shape, options) { Block($0, variant) }
    featureChannels = [options.inputChannels] + shape.channels
    super.init()
    visit { _, module in (module as? Block)?.bn3.weight.initializeZero() }
  }

  /// The spelling of timm's files.
  public var pretrainedNames: PretrainedNames { .timm(self) }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] { model.features(of: images, depth: depth) }

  final class Block: Module, Layer {
    let conv1: Conv2d
    let bn1: BatchNorm2d
    let conv2: SplitAttention
    let conv3: Conv2d
    let bn3: BatchNorm2d
    let downsample: Sequential?
    private let stride: Int
    private let averagesFirst: Bool

    init(_ place: TimmResidualLayers.Place, _ variant: Variant) {
      let splits = variant.splits
      let width = place.planes * splits.width / 64 * splits.groups
      let outputs = 4 * place.planes
      conv1 = Conv2d(place.inputs, width, kernel: 1, bias: false)
      bn1 = BatchNorm2d(width)
      conv2 = SplitAttention(width, radix: splits.radix, groups: splits.groups, dilation: place.dilation)
      conv3 = Conv2d(width, outputs, kernel: 1, bias: false)
      bn3 = BatchNorm2d(outputs)
      downsample = place.downsample
      stride = place.stride
      averagesFirst = variant.averagesFirst
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      func shrunk(_ x: Tensor, _ isHere: Bool) -> Tensor {
        isHere && stride > 1 ? x.avgPool2d(kernel: 3, stride: IntPair(stride), padding: 1) : x
      }
      let y = shrunk(conv2(shrunk(bn1.relu(conv1(x)), averagesFirst)), !averagesFirst)
      return (bn3(conv3(y)) + (downsample?(x) ?? x)).relu()
    }
  }

  /// A convolution to `radix` maps, and their sum, weighted for each channel.
  final class SplitAttention: Module {
    let conv: Conv2d
    let bn0: BatchNorm2d
    let fc1: Conv2d
    let bn1: BatchNorm2d
    let fc2: Conv2d
    private let radix: Int
    private let groups: Int

    init(_ channels: Int, radix: Int, groups: Int, dilation: Int) {
      let reduced = Swift.max(32, (channels * radix / 4).roundedChannels)
      conv = Conv2d(
        channels, radix * channels, kernel: 3, padding: .centered, dilation: IntPair(dilation),
        groups: radix * groups, bias: false)
      bn0 = BatchNorm2d(radix * channels)
      fc1 = Conv2d(channels, reduced, kernel: 1, groups: groups)
      bn1 = BatchNorm2d(reduced)
      fc2 = Conv2d(reduced, radix * channels, kernel: 1, groups: groups)
      self.radix = radix
      self.groups = groups
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let joined = bn0.relu(conv(x))
      let maps = radix == 1 ? [joined] : joined.chunk(radix)
      let sum = maps.dropFirst().reduce(maps[0], +)
      let scores = fc2(bn1.relu(fc1(sum.mean([2, 3], keep: true))))
      guard radix > 1 else { return joined * scores.sigmoid() }
      let batch = x.size(0)
      let weights = scores.reshape([batch, groups, radix, -1]).transpose(1, 2).softmax(dimension: 1)
        .reshape([batch, -1, 1, 1]).chunk(radix)
      let weighted = zip(maps, weights).map { $0 * $1 }
      return weighted.dropFirst().reduce(weighted[0], +)
    }
  }
}
