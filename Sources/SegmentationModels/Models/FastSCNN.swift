import Torch

/// Fast-SCNN: fast semantic segmentation network (2019, <https://arxiv.org/abs/1902.04502>).
///
/// Detail and context share their first layers ("learning to downsample"). Inverted residuals and pyramid pooling then
/// gather context at 1/32, which is added to the features at 1/8. It takes images of any size.
///
/// The network ends in batch normalization and a ReLU, so that scores are not negative. There is no dropout before the
/// classifier, and the fusion's depthwise convolution is not dilated.
public final class FastSCNN: SegmentationModel {
  let learningToDownsample: Sequential
  let globalFeatureExtractor: GlobalFeatureExtractor
  let featureFusion: Fusion
  let classifier: Sequential

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    learningToDownsample = Sequential(
      ConvBNAct(ImageChannels.count, 32, stride: 2), DSConvBNAct(32, 48, stride: 2), DSConvBNAct(48, 64, stride: 2))
    globalFeatureExtractor = GlobalFeatureExtractor()
    featureFusion = Fusion(detail: 64, context: 128, outputs: 128)
    classifier = Sequential(DSConvBNAct(128, 128), DSConvBNAct(128, 128), PWConvBNAct(128, classes))
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let detail = learningToDownsample(x)
    let fused = featureFusion(detail: detail, context: globalFeatureExtractor(detail))
    return SegmentationOutput(logits: classifier(fused), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "fastscnn", title: "Fast-SCNN: Fast Semantic Segmentation Network", year: 2019,
    paper: "https://arxiv.org/abs/1902.04502")
}

extension FastSCNN {
  final class GlobalFeatureExtractor: Module, Layer {
    let bottlenecks: Sequential
    let ppm: PyramidPooling

    override init() {
      var blocks: [InvertedResidual] = []
      var inputs = 64
      for (outputs, count, stride) in [(64, 3, 2), (96, 2, 2), (128, 3, 1)] {
        for index in 0..<count {
          blocks.append(InvertedResidual(inputs, outputs, stride: index == 0 ? stride : 1))
          inputs = outputs
        }
      }
      bottlenecks = Sequential(blocks)
      ppm = PyramidPooling(128, 128)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { ppm(bottlenecks(x)) }
  }

  /// Adds the context, brought to the detail's size, to the detail.
  final class Fusion: Module {
    let higherResConv: Conv2d
    let lowerResConv: Sequential
    let nonLinear: BNAct

    init(detail: Int, context: Int, outputs: Int) {
      higherResConv = Conv2d(detail, outputs, kernel: 1, bias: false)
      lowerResConv = Sequential(
        DWConvBNAct(context, context), Conv2d(context, outputs, kernel: 1, bias: false))
      nonLinear = BNAct(outputs)
    }

    func callAsFunction(detail: Tensor, context: Tensor) -> Tensor {
      nonLinear(higherResConv(detail) + lowerResConv(context.resized(to: detail.spatialSize)))
    }
  }
}
