import Torch

/// CANet: cross attention network for semantic segmentation (2019, <https://arxiv.org/abs/1907.10958>).
///
/// A shallow branch keeps detail, and a pretrained branch gives context. Their fusion weights places by the former and
/// channels by the latter. It takes images whose height and width are multiples of 32.
///
/// One deconvolution by 8 with a 15x15 kernel and a ReLU gives the scores.
public final class CANet: SegmentationModel {
  let spatialBranch: Sequential
  let contextBranch: ContextBranch
  let fca: CrossAttentionFusion
  let up: DeconvBNAct

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - backbone: The classification network that the encoder is.
  ///   - classes: The number of scores for each pixel.
  public init(_ backbone: Backbone = .mobileNetV2, classes: Int) {
    spatialBranch = Sequential(
      ConvBNAct(ImageChannels.count, 64, stride: 2), ConvBNAct(64, 128, stride: 2), ConvBNAct(128, 256, stride: 2))
    contextBranch = ContextBranch(backbone.makeNetwork(), 256)
    fca = CrossAttentionFusion(256, classes: classes)
    up = DeconvBNAct(classes, classes, scale: 8)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    SegmentationOutput(logits: up(fca(spatial: spatialBranch(x), context: contextBranch(x))))
  }

  static let summary = NetworkSummary(
    family: "canet", title: "Cross Attention Network for Semantic Segmentation", year: 2019,
    paper: "https://arxiv.org/abs/1907.10958", stride: 32)
}

extension CANet {
  /// The last stage upsampled twice, joined with the stage before in between.
  final class ContextBranch: Module, Layer {
    let backbone: any BackboneNetwork
    let up1: DeconvBNAct
    let up2: DeconvBNAct

    init(_ backbone: any BackboneNetwork, _ outputs: Int) {
      let channels = backbone.channels
      self.backbone = backbone
      up1 = DeconvBNAct(channels[3], 192)
      up2 = DeconvBNAct(192 + channels[2], outputs)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let features = backbone(x)
      return up2(cat([up1(features[3]), features[2]]))
    }
  }

  /// Mixes both branches and adds them again, weighted by spatial and channel attention; then classifies.
  final class CrossAttentionFusion: Module {
    let convInit: ConvBNAct
    let sa: Sequential
    let ca: ChannelAttention
    let convLast: ConvBNAct

    init(_ channels: Int, classes: Int) {
      convInit = ConvBNAct(2 * channels, channels)
      sa = Sequential(ConvBNAct(channels, 1, activation: .sigmoid))
      ca = ChannelAttention(channels)
      convLast = ConvBNAct(channels, classes)
    }

    func callAsFunction(spatial: Tensor, context: Tensor) -> Tensor {
      let mixed = convInit(cat([spatial, context]))
      return convLast(mixed * sa(spatial) * ca(context) + mixed)
    }
  }

  /// A sigmoid of one linear layer over the channels' maxima plus the same over their means: [N, C, 1, 1].
  final class ChannelAttention: Module, Layer {
    let fc: Linear

    init(_ channels: Int) { fc = Linear(channels, channels) }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let scores = fc(x.adaptiveMaxPool2d(1).flatten(from: 1)) + fc(x.adaptiveAvgPool2d(1).flatten(from: 1))
      return scores.sigmoid().unsqueeze(-1).unsqueeze(-1)
    }
  }
}
