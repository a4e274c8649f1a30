import Torch

/// ESPNetv2: a light-weight, power efficient, and general purpose convolutional neural network (2018,
/// <https://arxiv.org/abs/1811.11431>).
///
/// The pyramids are ESPNet's, with grouped and depthwise separable convolutions. Strided modules join a pooled input
/// and add the image, averaged down. Pyramid pooling follows on two fused levels. It takes images of any size.
public final class ESPNetV2: SegmentationModel {
  let l1Block: ConvBNAct
  let l2Block: StridedEESP
  let l3Block1: StridedEESP
  let l3Block2: Sequential
  let l4Block1: StridedEESP
  let l4Block2: Sequential
  let convl4L3: ConvBNAct
  let ppm: PyramidPooling
  let decoder: Sequential

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func modules(_ channels: Int, count: Int) -> Sequential {
      Sequential((0..<count).map { _ in EESPModule(channels) })
    }
    l1Block = ConvBNAct(ImageChannels.count, 32, stride: 2, activation: .prelu)
    l2Block = StridedEESP(32)
    l3Block1 = StridedEESP(64)
    l3Block2 = modules(128, count: 3)
    l4Block1 = StridedEESP(128)
    l4Block2 = modules(256, count: 7)
    convl4L3 = ConvBNAct(256, 128, kernel: 1)
    ppm = PyramidPooling(256, 256, activation: .prelu)
    decoder = Sequential(
      ConvBNAct(256, 128, activation: .prelu), Conv2d(128, classes, kernel: 1, bias: false))
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    func halved(_ x: Tensor) -> Tensor { x.avgPool2d(kernel: 3, stride: 2, padding: 1) }
    let image4 = halved(halved(x))
    let image8 = halved(image4)
    let image16 = halved(image8)

    let level2 = l2Block(l1Block(x), image: image4)
    let level3 = l3Block2(l3Block1(level2, image: image8))
    let level4 = l4Block2(l4Block1(level3, image: image16))
    let fused = cat([convl4L3(level4.resized(to: level3.spatialSize)), level3])
    return SegmentationOutput(logits: decoder(ppm(fused)), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "espnetv2",
    title: "ESPNetv2: A Light-weight, Power Efficient, and General Purpose Convolutional Neural Network", year: 2018,
    paper: "https://arxiv.org/abs/1811.11431")
}

extension ESPNetV2 {
  /// Extremely efficient spatial pyramid: grouped reduction to a quarter, depthwise separable convolutions with
  /// dilations 1, 2, 4, 8, hierarchical sums, grouped mixing; added to the input.
  class EESPModule: Module, Layer {
    let convInit: Conv2d
    let layers: [DSConvBNAct]
    let convLast: Conv2d

    init(_ channels: Int, stride: IntPair = 1) {
      let branches = 4
      let reduced = channels / branches
      convInit = Conv2d(channels, reduced, kernel: 1, groups: branches, bias: false)
      layers = (0..<branches).map { index in
        DSConvBNAct(reduced, reduced, stride: stride, dilation: IntPair(1 << index), activation: .prelu)
      }
      convLast = Conv2d(channels, channels, kernel: 1, groups: branches, bias: false)
    }

    final func pyramid(_ x: Tensor) -> Tensor {
      let reduced = convInit(x)
      return convLast(cat(cumulativeSums(layers.map { $0(reduced) })))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { pyramid(x) + x }
  }

  /// The pyramid at half the size, joined with the pooled input, which doubles the channels; the small image, filtered,
  /// is added.
  final class StridedEESP: EESPModule {
    let convStride: Sequential

    init(_ channels: Int) {
      convStride = Sequential(ConvBNAct(ImageChannels.count, 3), Conv2d(3, 2 * channels, kernel: 1, bias: false))
      super.init(channels, stride: 2)
    }

    func callAsFunction(_ x: Tensor, image: Tensor) -> Tensor {
      cat([pyramid(x), x.avgPool2d(kernel: 3, stride: 2, padding: 1)]) + convStride(image)
    }
  }
}
