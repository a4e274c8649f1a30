import Torch

/// LinkNet: exploiting encoder representations for efficient semantic segmentation (2017,
/// <https://arxiv.org/abs/1707.03718>).
///
/// The stages of a ResNet encoder are added to those of the decoder, which so recovers detail with few parameters. It
/// takes images whose height and width are multiples of 32.
///
/// The scores pass batch normalization and a ReLU.
public final class LinkNet: SegmentationModel {
  let backbone: ResNet
  let decBlock4, decBlock3, decBlock2, decBlock1: DecoderBlock
  let segHead: Sequential

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - backbone: The classification network that the encoder is.
  ///   - classes: The number of scores for each pixel.
  public init(_ backbone: ResNet.Variant = .resnet18, classes: Int) {
    self.backbone = ResNet(backbone)
    let channels = self.backbone.channels
    decBlock4 = DecoderBlock(channels[3], channels[2])
    decBlock3 = DecoderBlock(channels[2], channels[1])
    decBlock2 = DecoderBlock(channels[1], channels[0])
    decBlock1 = DecoderBlock(channels[0], channels[0], upsamples: false)
    let width = channels[0] / 2
    segHead = Sequential(DeconvBNAct(channels[0], width), ConvBNAct(width, width), DeconvBNAct(width, classes))
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let features = backbone(x)
    var decoded = decBlock4(features[3]) + features[2]
    decoded = decBlock3(decoded) + features[1]
    decoded = decBlock2(decoded) + features[0]
    return SegmentationOutput(logits: segHead(decBlock1(decoded)))
  }

  static let summary = NetworkSummary(
    family: "linknet",
    title: "LinkNet: Exploiting Encoder Representations for Efficient Semantic Segmentation", year: 2017,
    paper: "https://arxiv.org/abs/1707.03718", stride: 32)
}

extension LinkNet {
  /// A (transposed) convolution between two pointwise ones, on a quarter of the channels.
  final class DecoderBlock: Module, Layer {
    let conv1: ConvBNAct
    let fullConv: any Layer
    let conv2: ConvBNAct

    init(_ inputs: Int, _ outputs: Int, upsamples: Bool = true) {
      let width = inputs / 4
      conv1 = ConvBNAct(inputs, width, kernel: 1)
      fullConv = upsamples ? DeconvBNAct(width, width) : ConvBNAct(width, width)
      conv2 = ConvBNAct(width, outputs, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv2(fullConv(conv1(x))) }
  }
}
