import Torch

/// Res2Net: a new multi-scale backbone architecture (2019, <https://arxiv.org/abs/1904.01169>), as timm builds it: the 3x3
/// convolution of each block works on parts of the channels, each part added to the next one's input.
public final class Res2Net: Module, FeatureEncoder {
  /// The number of layers, the width and the number of parts, by segmentation_models.pytorch's name.
  public enum Variant: String, Sendable, CaseIterable {
    case resnet50w26s4 = "timm-res2net50_26w_4s"
    case resnet101w26s4 = "timm-res2net101_26w_4s"
    case resnet50w26s6 = "timm-res2net50_26w_6s"
    case resnet50w26s8 = "timm-res2net50_26w_8s"
    case resnet50w48s2 = "timm-res2net50_48w_2s"
    case resnet50w14s8 = "timm-res2net50_14w_8s"
    case resnext50 = "timm-res2next50"

    /// The channels of a part in the first layer, in each group.
    var width: Int {
      switch self {
      case .resnet50w48s2: 48
      case .resnet50w14s8: 14
      case .resnext50: 4
      default: 26
      }
    }

    /// The number of parts.
    var parts: Int {
      switch self {
      case .resnet50w48s2: 2
      case .resnet50w26s6: 6
      case .resnet50w26s8, .resnet50w14s8: 8
      default: 4
      }
    }

    var groups: Int { self == .resnext50 ? 8 : 1 }
    var blocks: [Int] { self == .resnet101w26s4 ? [3, 4, 23, 3] : [3, 4, 6, 3] }
  }

  let model: TimmResidualLayers
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let shape = TimmResidualLayers.Shape(blocks: variant.blocks)
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
    let convs: [Conv2d]
    let bns: [BatchNorm2d]
    let conv3: Conv2d
    let bn3: BatchNorm2d
    let downsample: Sequential?
    private let width: Int
    private let stride: Int

    init(_ place: TimmResidualLayers.Place, _ variant: Variant) {
      let (width, parts) = (place.planes * variant.width / 64 * variant.groups, variant.parts)
      let outputs = 4 * place.planes
      conv1 = Conv2d(place.inputs, parts * width, kernel: 1, bias: false)
      bn1 = BatchNorm2d(parts * width)
      convs = (0..<parts - 1).map { _ in
        Conv2d(
          width, width, kernel: 3, stride: IntPair(place.stride), padding: .centered,
          dilation: IntPair(place.dilation), groups: variant.groups, bias: false)
      }
      bns = (0..<parts - 1).map { _ in BatchNorm2d(width) }
      conv3 = Conv2d(parts * width, outputs, kernel: 1, bias: false)
      bn3 = BatchNorm2d(outputs)
      downsample = place.downsample
      self.width = width
      stride = place.stride
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let parts = bn1.relu(conv1(x)).split([Int](repeating: width, count: convs.count + 1))
      var results: [Tensor] = []
      for (index, part) in parts.dropLast().enumerated() {
        // Blocks that change size or channels do not add the parts.
        let input = index == 0 || downsample != nil ? part : results[index - 1] + part
        results.append(bns[index].relu(convs[index](input)))
      }
      let last = parts[parts.count - 1]
      results.append(downsample == nil ? last : last.avgPool2d(kernel: 3, stride: IntPair(stride), padding: 1))
      return (bn3(conv3(cat(results))) + (downsample?(x) ?? x)).relu()
    }
  }
}
