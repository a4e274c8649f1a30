import Torch

/// LiteSeg: a novel lightweight ConvNet for semantic segmentation (2019, <https://arxiv.org/abs/1912.06683>).
///
/// Deeper atrous spatial pyramid pooling works on the last features of a classification backbone, and one long skip
/// connection comes from 1/8. It takes images of any size.
///
/// MobileNetV2 is the only one of the paper's backbones; the ResNets are additions.
public final class LiteSeg: SegmentationModel {
  let backbone: any BackboneNetwork
  let daspp: DeepASPP
  let segHead: Sequential

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - backbone: The classification network that the encoder is.
  ///   - classes: The number of scores for each pixel.
  public init(_ backbone: Backbone = .mobileNetV2, classes: Int) {
    let network = backbone.makeNetwork()
    self.backbone = network
    daspp = DeepASPP(network.channels[3], 512)
    segHead = Sequential(
      ConvBNAct(512 + network.channels[1], 256), ConvBNAct(256, 128), Conv2d(128, classes, kernel: 1, bias: false))
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let features = backbone(x)
    let context = daspp(features[3]).resized(to: features[1].spatialSize)
    return SegmentationOutput(logits: segHead(cat([context, features[1]])), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "liteseg", title: "LiteSeg: A Novel Lightweight ConvNet for Semantic Segmentation", year: 2019,
    paper: "https://arxiv.org/abs/1912.06683")

  /// The features, three dilated convolutions of them, a pointwise one and their mean, joined and mixed.
  final class DeepASPP: Module, Layer {
    let stage1, stage2, stage3, stage4: ConvBNAct
    let stage5: Sequential
    let conv: ConvBNAct

    init(_ inputs: Int, _ outputs: Int) {
      let width = inputs / 5
      stage1 = ConvBNAct(inputs, width, kernel: 1)
      stage2 = ConvBNAct(inputs, width, dilation: 3)
      stage3 = ConvBNAct(inputs, width, dilation: 6)
      stage4 = ConvBNAct(inputs, width, dilation: 9)
      stage5 = Sequential(AdaptiveAvgPool2d(1), Conv2d(inputs, inputs - 4 * width, kernel: 1, bias: false))
      conv = ConvBNAct(2 * inputs, outputs, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let mean = stage5(x).resized(to: x.spatialSize)
      return conv(cat([x, stage1(x), stage2(x), stage3(x), stage4(x), mean]))
    }
  }
}
