import Torch

/// Inception-ResNet-v2 (2016, <https://arxiv.org/abs/1602.07261>): inception blocks, scaled and added to their inputs.
///
/// As an encoder, its 3x3 convolutions and poolings are padded, so that maps have half the size of those before.
public final class InceptionResNetV2: Module, FeatureEncoder {
  let conv2d_1a, conv2d_2a, conv2d_2b, conv2d_3b, conv2d_4a: Inception.Conv
  let mixed_5b: Inception.Branches
  let `repeat`: Sequential
  let mixed_6a: Inception.Branches
  let repeat_1: Sequential
  let mixed_7a: Inception.Branches
  let repeat_2: Sequential
  let block8: Block
  let conv2d_7b: Inception.Conv
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  /// - Parameter options: The input's channels. There are no dilations, since poolings shrink the maps.
  public init(_ options: EncoderOptions = EncoderOptions()) {
    typealias Conv = Inception.Conv
    conv2d_1a = Conv(options.inputChannels, 32, kernel: 3, stride: 2)
    conv2d_2a = Conv(32, 32, kernel: 3)
    conv2d_2b = Conv(32, 64, kernel: 3)
    conv2d_3b = Conv(64, 80)
    conv2d_4a = Conv(80, 192, kernel: 3)
    mixed_5b = Inception.Branches([
      Conv(192, 96), Sequential(Conv(192, 48), Conv(48, 64, kernel: 5)),
      Sequential(Conv(192, 64), Conv(64, 96, kernel: 3), Conv(96, 96, kernel: 3)),
      Sequential(Inception.Mean(), Conv(192, 64)),
    ])
    `repeat` = Sequential(
      (0..<10).map { _ in
        Block(
          320, scale: 0.17,
          [
            Conv(320, 32), Sequential(Conv(320, 32), Conv(32, 32, kernel: 3)),
            Sequential(Conv(320, 32), Conv(32, 48, kernel: 3), Conv(48, 64, kernel: 3)),
          ], joined: 128)
      })
    mixed_6a = Inception.Branches([
      Conv(320, 384, kernel: 3, stride: 2),
      Sequential(Conv(320, 256), Conv(256, 256, kernel: 3), Conv(256, 384, kernel: 3, stride: 2)), Inception.Shrink(),
    ])
    repeat_1 = Sequential(
      (0..<20).map { _ in
        Block(
          1088, scale: 0.1,
          [
            Conv(1088, 192),
            Sequential(Conv(1088, 128), Conv(128, 160, kernel: [1, 7]), Conv(160, 192, kernel: [7, 1])),
          ], joined: 384)
      })
    mixed_7a = Inception.Branches([
      Sequential(Conv(1088, 256), Conv(256, 384, kernel: 3, stride: 2)),
      Sequential(Conv(1088, 256), Conv(256, 288, kernel: 3, stride: 2)),
      Sequential(Conv(1088, 256), Conv(256, 288, kernel: 3), Conv(288, 320, kernel: 3, stride: 2)), Inception.Shrink(),
    ])
    func large(scale: Double, activates: Bool = true) -> Block {
      Block(
        2080, scale: scale,
        [
          Conv(2080, 192),
          Sequential(Conv(2080, 192), Conv(192, 224, kernel: [1, 3]), Conv(224, 256, kernel: [3, 1])),
        ], joined: 448, activates: activates)
    }
    repeat_2 = Sequential((0..<9).map { _ in large(scale: 0.2) })
    block8 = large(scale: 1, activates: false)
    conv2d_7b = Conv(2080, 1536)
    featureChannels = [options.inputChannels, 64, 192, 320, 1088, 1536]
  }

  /// The spelling of the files in the pretrained-models collection for PyTorch.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "last_linear.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    func shrunk(_ x: Tensor) -> Tensor { x.maxPool2d(kernel: 3, stride: 2, padding: 1) }
    var maps = [images, conv2d_2b(conv2d_2a(conv2d_1a(images)))]
    let steps: [(Tensor) -> Tensor] = [
      { self.conv2d_4a(self.conv2d_3b(shrunk($0))) }, { self.repeat(self.mixed_5b(shrunk($0))) },
      { self.repeat_1(self.mixed_6a($0)) }, { self.conv2d_7b(self.block8(self.repeat_2(self.mixed_7a($0)))) },
    ]
    for step in steps.prefix(depth - 1) { maps.append(step(maps[maps.count - 1])) }
    return maps
  }

  /// Branches, joined, mixed, scaled and added to the input. Keys: "branch0", "branch1", ..., "conv2d".
  final class Block: Module, Layer {
    private let branches: Inception.Branches
    private let conv2d: Conv2d
    private let scale: Double
    private let activates: Bool

    /// - Parameters:
    ///   - joined: The channels of all branches together.
    ///   - activates: Whether a ReLU follows.
    init(_ channels: Int, scale: Double, _ branches: [any Layer], joined: Int, activates: Bool = true) {
      self.branches = Inception.Branches(branches)
      conv2d = Conv2d(joined, channels, kernel: 1)
      self.scale = scale
      self.activates = activates
    }

    override var children: [(name: String, module: Module)] { branches.children + [("conv2d", conv2d)] }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let mixed = conv2d(branches(x))
      let y = scale == 1 ? mixed + x : mixed * scale + x
      return activates ? y.relu() : y
    }
  }
}
