import Torch

/// BiSeNet: bilateral segmentation network for real-time semantic segmentation (2018,
/// <https://arxiv.org/abs/1808.00897>).
///
/// A shallow spatial path keeps detail. A pretrained backbone gives context, which attention over its two last stages
/// refines. A fusion module joins both at 1/8. It takes images whose height and width are multiples of 32.
public final class BiSeNetV1: SegmentationModel {
  let spatialPath: Sequential
  let contextPath: ContextPath
  let ffm: FeatureFusion
  let segHead: SegmentationHead

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - backbone: The classification network that the encoder is.
  ///   - classes: The number of scores for each pixel.
  public init(_ backbone: ResNet.Variant = .resnet18, classes: Int) {
    spatialPath = Sequential(
      ConvBNAct(ImageChannels.count, 128, stride: 2), ConvBNAct(128, 128, stride: 2), ConvBNAct(128, 128, stride: 2))
    contextPath = ContextPath(ResNet(backbone), 256)
    ffm = FeatureFusion(128 + 256, 256)
    segHead = SegmentationHead(256, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    SegmentationOutput(logits: segHead(ffm(spatialPath(x), contextPath(x))), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "bisenetv1",
    title: "BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation", year: 2018,
    paper: "https://arxiv.org/abs/1808.00897", stride: 32)
}

extension BiSeNetV1 {
  /// The two last stages, refined by attention; the global mean joins the last one.
  final class ContextPath: Module, Layer {
    let backbone: ResNet
    let arm_16: AttentionRefinement
    let arm_32: AttentionRefinement
    let conv_16: Conv2d
    let conv_32: Conv2d

    init(_ backbone: ResNet, _ outputs: Int) {
      let channels = backbone.channels
      self.backbone = backbone
      arm_16 = AttentionRefinement(channels[2])
      arm_32 = AttentionRefinement(channels[3])
      conv_16 = Conv2d(channels[2], outputs, kernel: 1, bias: false)
      conv_32 = Conv2d(channels[3], outputs, kernel: 1, bias: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let features = backbone(x)
      let deep = conv_32(arm_32(features[3]) + features[3].adaptiveAvgPool2d(1))
      let mixed = conv_16(arm_16(features[2])) + deep.resized(by: 2)
      return mixed.resized(by: 2)
    }
  }
}
