import Torch

/// Inception-v4 (2016, <https://arxiv.org/abs/1602.07261>): blocks of branches with convolutions of several shapes, whose results
/// are joined.
///
/// As an encoder, its 3x3 convolutions and poolings are padded, so that maps have half the size of those before.
public final class InceptionV4: Module, FeatureEncoder {
  let features: Sequential
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  /// - Parameter options: The input's channels. There are no dilations, since poolings shrink the maps.
  public init(_ options: EncoderOptions = EncoderOptions()) {
    typealias Conv = Inception.Conv
    typealias Branches = Inception.Branches
    let stem: [any Layer] = [
      Conv(options.inputChannels, 32, kernel: 3, stride: 2), Conv(32, 32, kernel: 3), Conv(32, 64, kernel: 3),
      Branches([Inception.Shrink(), Conv(64, 96, kernel: 3, stride: 2)], names: ["maxpool", "conv"]),
      Branches([
        Sequential(Conv(160, 64), Conv(64, 96, kernel: 3)),
        Sequential(
          Conv(160, 64), Conv(64, 64, kernel: [1, 7]), Conv(64, 64, kernel: [7, 1]), Conv(64, 96, kernel: 3)),
      ]),
      Branches([Conv(192, 192, kernel: 3, stride: 2), Inception.Shrink()], names: ["conv", "maxpool"]),
    ]
    let shrinkA = Branches([
      Conv(384, 384, kernel: 3, stride: 2),
      Sequential(Conv(384, 192), Conv(192, 224, kernel: 3), Conv(224, 256, kernel: 3, stride: 2)), Inception.Shrink(),
    ])
    let shrinkB = Branches([
      Sequential(Conv(1024, 192), Conv(192, 192, kernel: 3, stride: 2)),
      Sequential(
        Conv(1024, 256), Conv(256, 256, kernel: [1, 7]), Conv(256, 320, kernel: [7, 1]),
        Conv(320, 320, kernel: 3, stride: 2)), Inception.Shrink(),
    ])
    features = Sequential(
      stem + (0..<4).map { _ in Self.blockA() } + [shrinkA] + (0..<7).map { _ in Self.blockB() } + [shrinkB]
        + (0..<3).map { _ -> any Layer in BlockC() })
    featureChannels = [options.inputChannels, 64, 192, 384, 1024, 1536]
  }

  /// The spelling of the files in the pretrained-models collection for PyTorch.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "last_linear.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    let ends = [3, 5, 9, 15, 22]
    var maps = [images]
    for (start, end) in zip([0] + ends, ends.prefix(depth)) {
      maps.append(features.layers[start..<end].reduce(maps[maps.count - 1]) { $1($0) })
    }
    return maps
  }

  private static func blockA() -> any Layer {
    typealias Conv = Inception.Conv
    return Inception.Branches([
      Conv(384, 96), Sequential(Conv(384, 64), Conv(64, 96, kernel: 3)),
      Sequential(Conv(384, 64), Conv(64, 96, kernel: 3), Conv(96, 96, kernel: 3)),
      Sequential(Inception.Mean(), Conv(384, 96)),
    ])
  }

  private static func blockB() -> any Layer {
    typealias Conv = Inception.Conv
    return Inception.Branches([
      Conv(1024, 384),
      Sequential(Conv(1024, 192), Conv(192, 224, kernel: [1, 7]), Conv(224, 256, kernel: [7, 1])),
      Sequential(
        Conv(1024, 192), Conv(192, 192, kernel: [7, 1]), Conv(192, 224, kernel: [1, 7]),
        Conv(224, 224, kernel: [7, 1]), Conv(224, 256, kernel: [1, 7])),
      Sequential(Inception.Mean(), Conv(1024, 128)),
    ])
  }

  /// Branches that fork once more.
  final class BlockC: Module, Layer {
    let branch0: Inception.Conv
    let branch1_0, branch1_1a, branch1_1b: Inception.Conv
    let branch2_0, branch2_1, branch2_2, branch2_3a, branch2_3b: Inception.Conv
    let branch3: Sequential

    override init() {
      branch0 = Inception.Conv(1536, 256)
      branch1_0 = Inception.Conv(1536, 384)
      branch1_1a = Inception.Conv(384, 256, kernel: [1, 3])
      branch1_1b = Inception.Conv(384, 256, kernel: [3, 1])
      branch2_0 = Inception.Conv(1536, 384)
      branch2_1 = Inception.Conv(384, 448, kernel: [3, 1])
      branch2_2 = Inception.Conv(448, 512, kernel: [1, 3])
      branch2_3a = Inception.Conv(512, 256, kernel: [1, 3])
      branch2_3b = Inception.Conv(512, 256, kernel: [3, 1])
      branch3 = Sequential(Inception.Mean(), Inception.Conv(1536, 256))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let second = branch1_0(x)
      let third = branch2_2(branch2_1(branch2_0(x)))
      return cat([
        branch0(x), branch1_1a(second), branch1_1b(second), branch2_3a(third), branch2_3b(third), branch3(x),
      ])
    }
  }
}
