import Torch

/// MobileNetV2 with its last convolution and torchvision's key names; see `MobileNetV2`.
public final class MobileNetV2Encoder: Module, FeatureEncoder {
  let features: Sequential
  public let featureChannels: [Int]

  public init(_ options: EncoderOptions = EncoderOptions()) {
    features = Sequential(
      MobileNetV2.features(options) + [ConvBNAct(320, 1280, kernel: 1, activation: .relu6)])
    featureChannels = [options.inputChannels, 16, 24, 32, 96, 1280]
    super.init()
    initializeConvolutionsLikeTorchvision()
  }

  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "classifier.") }

  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    let ends = [2, 4, 7, 14, 19]
    var maps = [images]
    for (start, end) in zip([0] + ends, ends.prefix(depth)) {
      maps.append(features.layers[start..<end].reduce(maps[maps.count - 1]) { $1($0) })
    }
    return maps
  }
}
