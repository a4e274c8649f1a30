import Torch

/// ESPNet: efficient spatial pyramid of dilated convolutions for semantic segmentation (2018,
/// <https://arxiv.org/abs/1803.06815>).
///
/// Each module splits a reduced input over five dilations and sums the results hierarchically. The variants A, B and C
/// add skips and the image itself stage by stage; the full network has a light decoder in place of plain resizing. A, B
/// and C take images of any size, and the full network takes those whose height and width are multiples of 8.
///
/// The decoder's activations alternate between PReLU and ReLU. With fewer than five classes, its modules have as many
/// branches as there are classes.
public final class ESPNet: SegmentationModel {
  /// The part of the network that is used.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// The variant C with the decoder.
    case full = ""
    /// The encoder alone.
    case a
    /// The variant A with each stage's input joined to its output.
    case b
    /// The variant B with the image joined to each stage's input.
    case c
  }

  let l1Block: ConvBNAct
  let l2Block: ESPStage
  let l3Block: ESPStage
  let decoder: ESPDecoder?
  let joinsImage: Bool

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .full, classes: Int) {
    joinsImage = variant == .c || variant == .full
    let joinsInput = variant != .a
    let image = joinsImage ? ImageChannels.count : 0
    let width2 = joinsInput ? 2 * 64 : 64
    let width3 = joinsInput ? 2 * 128 : 128
    l1Block = ConvBNAct(ImageChannels.count, 16, stride: 2, activation: .prelu)
    l2Block = ESPStage(16 + image, 64, blocks: 2, joinsInput: joinsInput)
    l3Block = ESPStage(
      width2 + image, 128, blocks: 8, joinsInput: joinsInput,
      last: variant == .full
        ? ConvBNAct(width3, classes, kernel: 1, activation: .prelu)
        : Conv2d(width3, classes, kernel: 1, bias: false))
    decoder = variant == .full ? ESPDecoder(classes, level2: width2 + image, level1: 16 + image) : nil
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    func withImage(_ features: Tensor) -> Tensor {
      guard joinsImage else { return features }
      return cat([features, x.upsampleBilinear2d(size: features.spatialSize, alignCorners: false)])
    }
    let level1 = withImage(l1Block(x))
    let level2 = withImage(l2Block(level1))
    let scores = l3Block(level2)
    return SegmentationOutput(
      logits: decoder.map { $0(scores, level2, level1) } ?? scores, resizedTo: x.spatialSize)
  }

  static func summary(of variant: Variant) -> NetworkSummary {
    NetworkSummary(
      family: "espnet",
      title: "ESPNet: Efficient Spatial Pyramid of Dilated Convolutions for Semantic Segmentation", year: 2018,
      paper: "https://arxiv.org/abs/1803.06815", stride: variant == .full ? 8 : 1)
  }
}

extension ESPNet {
  /// A strided module, more of them in a row, both outputs joined, and a last layer if there is one.
  final class ESPStage: Module, Layer {
    let conv1: ESPModule
    let layers: Sequential
    let convLast: (any Layer)?
    let joinsInput: Bool

    init(_ inputs: Int, _ outputs: Int, blocks: Int, joinsInput: Bool, last: (any Layer)? = nil) {
      conv1 = ESPModule(inputs, outputs, stride: 2)
      layers = Sequential((0..<blocks).map { _ in ESPModule(outputs, outputs) })
      convLast = last
      self.joinsInput = joinsInput
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let reduced = conv1(x)
      let deep = layers(reduced)
      let features = joinsInput ? cat([deep, reduced]) : deep
      return convLast?(features) ?? features
    }
  }

  /// Efficient spatial pyramid: pointwise reduction, 3x3 convolutions with dilations 1, 2, 4, 8, 16, hierarchical sums.
  /// The plain branch takes the channels that remain when they do not divide evenly.
  final class ESPModule: Module, Layer {
    let convKn: Conv2d
    let convK1: Conv2d
    let layers: [ConvBNAct]
    let addsInput: Bool

    init(_ inputs: Int, _ outputs: Int, stride: Int = 1) {
      let branches = min(5, outputs)
      let channels = outputs / branches
      let first = outputs - (branches - 1) * channels
      func reduce(_ outputs: Int) -> Conv2d {
        Conv2d(inputs, outputs, kernel: 1, stride: IntPair(stride), bias: false)
      }
      convKn = reduce(channels)
      convK1 = reduce(first)
      layers = (0..<branches).map { index in
        let channels = index == 0 ? first : channels
        return ConvBNAct(channels, channels, dilation: IntPair(1 << index), activation: .prelu)
      }
      addsInput = stride == 1 && inputs == outputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let reduced = convKn(x)
      let dilated = layers.dropFirst().map { $0(reduced) }
      let pyramid = cat([layers[0](convK1(x))] + cumulativeSums(dilated))
      return addsInput ? pyramid + x : pyramid
    }
  }

  /// Upsamples the scores in three steps, mixed with the features of the two finer levels.
  final class ESPDecoder: Module {
    let upconvL3: DeconvBNAct
    let convCatL2: ConvBNAct
    let convL2: ESPModule
    let upconvL2: DeconvBNAct
    let convCatL1: ConvBNAct
    let convL1: ESPModule
    let upconvL1: DeconvBNAct

    init(_ classes: Int, level2: Int, level1: Int) {
      upconvL3 = DeconvBNAct(classes, classes, activation: .prelu)
      convCatL2 = ConvBNAct(level2, classes, kernel: 1)
      convL2 = ESPModule(2 * classes, classes)
      upconvL2 = DeconvBNAct(classes, classes, activation: .prelu)
      convCatL1 = ConvBNAct(level1, classes, kernel: 1)
      convL1 = ESPModule(2 * classes, classes)
      upconvL1 = DeconvBNAct(classes, classes)
    }

    func callAsFunction(_ scores: Tensor, _ level2: Tensor, _ level1: Tensor) -> Tensor {
      let fused2 = convL2(cat([upconvL3(scores), convCatL2(level2)]))
      let fused1 = convL1(cat([upconvL2(fused2), convCatL1(level1)]))
      return upconvL1(fused1)
    }
  }
}
