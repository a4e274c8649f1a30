import Torch

/// Selective kernel networks (2019, <https://arxiv.org/abs/1903.06586>), as timm builds them: two convolutions with different
/// dilations, each on half of the channels, are summed with weights found from all channels' means.
public final class SKResNet: Module, FeatureEncoder {
  /// The number of layers and their kind, by segmentation_models.pytorch's name.
  public enum Variant: String, Sendable, CaseIterable {
    case resnet18 = "timm-skresnet18"
    case resnet34 = "timm-skresnet34"
    case resnext50 = "timm-skresnext50_32x4d"

    var blocks: [Int] { self == .resnet18 ? [2, 2, 2, 2] : [3, 4, 6, 3] }
  }

  private let layers: TimmResidualLayers
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let narrows = variant == .resnext50
    let shape = TimmResidualLayers.Shape(blocks: variant.blocks, expansion: narrows ? 4 : 1)
    // All layers are there, whatever the depth is.
    var whole = options
    whole.depth = 5
    layers = TimmResidualLayers(shape, whole, dilatesAll: true) { place -> any Layer in
      narrows ? Bottleneck(place) : PlainBlock(place)
    }
    featureChannels = [options.inputChannels] + shape.channels
  }

  public override var children: [(name: String, module: Module)] { layers.children }

  /// The spelling of timm's files.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "fc.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] { layers.features(of: images, depth: depth) }

  /// A selected and a plain 3x3 convolution, added to the input.
  final class PlainBlock: Module, Layer {
    let conv1: SelectiveKernel
    let conv2: TimmConv
    let downsample: Sequential?

    init(_ place: TimmResidualLayers.Place) {
      conv1 = SelectiveKernel(
        place.inputs, place.planes, reduction: 8, stride: place.stride, dilation: place.dilation)
      conv2 = TimmConv(place.planes, place.planes, kernel: 3, dilation: place.dilation, activates: false)
      downsample = place.downsample
    }

    func callAsFunction(_ x: Tensor) -> Tensor { (conv2(conv1(x)) + (downsample?(x) ?? x)).relu() }
  }

  /// A selected convolution in 32 groups between two 1x1 convolutions, added to the input.
  final class Bottleneck: Module, Layer {
    let conv1: TimmConv
    let conv2: SelectiveKernel
    let conv3: TimmConv
    let downsample: Sequential?

    init(_ place: TimmResidualLayers.Place) {
      let width = place.planes / 16 * 32
      conv1 = TimmConv(place.inputs, width)
      conv2 = SelectiveKernel(
        width, width, reduction: 16, stride: place.stride, dilation: place.dilation, groups: 32)
      conv3 = TimmConv(width, 4 * place.planes, activates: false)
      downsample = place.downsample
    }

    func callAsFunction(_ x: Tensor) -> Tensor { (conv3(conv2(conv1(x))) + (downsample?(x) ?? x)).relu() }
  }

  /// Two convolutions and their weighted sum.
  final class SelectiveKernel: Module {
    let paths: [TimmConv]
    let attn: Selection

    /// - Parameter dilation: Above 1 it is the dilation of both convolutions; otherwise the second one's is 2.
    init(_ inputs: Int, _ outputs: Int, reduction: Int, stride: Int, dilation: Int, groups: Int = 1) {
      paths = [1, 2].map {
        TimmConv(
          inputs / 2, outputs, kernel: 3, stride: stride, dilation: dilation > 1 ? dilation : $0, groups: groups)
      }
      attn = Selection(outputs, reduced: (outputs / reduction).roundedChannels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let maps = zip(paths, x.chunk(2)).map { $0($1) }
      let weights = attn(maps[0] + maps[1])
      return maps[0] * weights[0] + maps[1] * weights[1]
    }
  }

  /// The weights of two maps for each channel, from the means of their sum.
  final class Selection: Module {
    let fcReduce: Conv2d
    let bn: BatchNorm2d
    let fcSelect: Conv2d

    init(_ channels: Int, reduced: Int) {
      fcReduce = Conv2d(channels, reduced, kernel: 1, bias: false)
      bn = BatchNorm2d(reduced)
      fcSelect = Conv2d(reduced, 2 * channels, kernel: 1, bias: false)
    }

    func callAsFunction(_ sum: Tensor) -> [Tensor] {
      let batch = sum.size(0)
      let scores = fcSelect(bn.relu(fcReduce(sum.mean([2, 3], keep: true))))
      return scores.reshape([batch, 2, -1]).softmax(dimension: 1).reshape([batch, -1, 1, 1]).chunk(2)
    }
  }
}
