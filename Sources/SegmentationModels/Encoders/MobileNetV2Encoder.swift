import Torch

/// MobileNetV2 with its last convolution and torchvision's key names; see `MobileNetV2`.
public final class MobileNetV2Encoder: Module, FeatureEncoder {
  let features: Sequential
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ options: EncoderOptions = EncoderOptions()) {
    features = Sequential(
      MobileNetV2.features(options) + [ConvBNAct(320, 1280, kernel: 1, activation: .relu6)])
    featureChannels = [options.inputChannels, 16, 24, 32, 96, 1280]
    super.init()
    initializeConvolutionsLikeTorchvision()
  }

  /// The spelling of torchvision's files.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "classifier.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    let ends = [2, 4, 7, 14, 19]
    var maps = [images]
    for (start, end) in zip([0] + ends, ends.prefix(depth)) {
      maps.append(features.layers[start..<end].reduce(maps[maps.count - 1]) { $1($0) })
    }
    return maps
  }
}
