import Torch

/// SegNet: a deep convolutional encoder-decoder architecture for image segmentation (2015,
/// <https://arxiv.org/abs/1511.00561>).
///
/// VGG-16's convolutions are mirrored: the decoder puts features back at the places in which the encoder's max pooling
/// found them. It takes images whose height and width are multiples of 32.
///
/// The scores are normalized and pass a ReLU, too.
public final class SegNet: SegmentationModel {
  let downStage1, downStage2, downStage3, downStage4, downStage5: PoolingStage
  let upStage5, upStage4, upStage3, upStage2, upStage1: UnpoolingStage
  let classifier: ConvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    downStage1 = PoolingStage(ImageChannels.count, 64, convolutions: 2)
    downStage2 = PoolingStage(64, 128, convolutions: 2)
    downStage3 = PoolingStage(128, 256, convolutions: 3)
    downStage4 = PoolingStage(256, 512, convolutions: 3)
    downStage5 = PoolingStage(512, 512, convolutions: 3)
    upStage5 = UnpoolingStage(512, 512, convolutions: 3)
    upStage4 = UnpoolingStage(512, 256, convolutions: 3)
    upStage3 = UnpoolingStage(256, 128, convolutions: 3)
    upStage2 = UnpoolingStage(128, 64, convolutions: 2)
    upStage1 = UnpoolingStage(64, 64, convolutions: 2)
    classifier = ConvBNAct(64, classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    var x = x
    var places: [Tensor] = []
    for stage in [downStage1, downStage2, downStage3, downStage4, downStage5] {
      let (pooled, indices) = stage(x)
      places.append(indices)
      x = pooled
    }
    for stage in [upStage5, upStage4, upStage3, upStage2, upStage1] { x = stage(x, indices: places.removeLast()) }
    return SegmentationOutput(logits: classifier(x))
  }

  static let summary = NetworkSummary(
    family: "segnet",
    title: "SegNet: A Deep Convolutional Encoder-Decoder Architecture for Image Segmentation", year: 2015,
    paper: "https://arxiv.org/abs/1511.00561", stride: 32)
}

extension SegNet {
  /// Convolutions, then 2x2 max pooling that also gives the places of the largest values.
  final class PoolingStage: Module {
    let conv: Sequential

    init(_ inputs: Int, _ outputs: Int, convolutions: Int) {
      conv = Sequential((0..<convolutions).map { ConvBNAct($0 == 0 ? inputs : outputs, outputs) })
    }

    func callAsFunction(_ x: Tensor) -> (values: Tensor, indices: Tensor) { conv(x).maxPool2dWithIndices(kernel: 2) }
  }

  /// Unpooling to the places of the encoder's largest values, then convolutions, the last of which changes the
  /// channels.
  final class UnpoolingStage: Module {
    let conv: Sequential

    init(_ inputs: Int, _ outputs: Int, convolutions: Int) {
      conv = Sequential(
        (1...convolutions).map { ConvBNAct(inputs, $0 == convolutions ? outputs : inputs) })
    }

    func callAsFunction(_ x: Tensor, indices: Tensor) -> Tensor {
      conv(x.maxUnpool2d(indices: indices, size: x.spatialSize * 2))
    }
  }
}
