import Torch

/// PP-LiteSeg: a superior real-time semantic segmentation model (2022, <https://arxiv.org/abs/2204.02681>).
///
/// Simple pyramid pooling follows an STDC encoder. The decoder narrows towards depth and fuses levels by attention over
/// space or channels. It takes images of any size.
///
/// The scores pass batch normalization and a ReLU.
public final class PPLiteSeg: SegmentationModel {
  /// The encoder, and whether the fusion of two levels weights places or channels.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// STDC1 with attention over space.
    case stdc1
    /// STDC2 with attention over space.
    case stdc2
    /// STDC1 with attention over channels.
    case stdc1Channel = "stdc1-channel"
    /// STDC2 with attention over channels.
    case stdc2Channel = "stdc2-channel"

    var encoder: STDC.Variant { self == .stdc1 || self == .stdc1Channel ? .stdc1 : .stdc2 }
    /// Channels of the decoder at 1/32, 1/16 and 1/8.
    var widths: [Int] { encoder == .stdc1 ? [32, 64, 128] : [64, 96, 128] }
    var attention: Attention { self == .stdc1 || self == .stdc2 ? .spatial : .channel }
  }

  let encoder: EncoderHolder
  let sppm: SimplePyramidPooling
  let decoder: Decoder

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .stdc1, classes: Int) {
    encoder = EncoderHolder(variant.encoder.modules)
    sppm = SimplePyramidPooling(1024, variant.widths[0])
    decoder = Decoder(classes, low: [256, 512], widths: variant.widths, attention: variant.attention)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let (eighth, sixteenth, deepest) = encoder.encoder(x)
    let scores = decoder(sppm(deepest), sixteenth, eighth)
    return SegmentationOutput(logits: scores, resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "ppliteseg", title: "PP-LiteSeg: A Superior Real-Time Semantic Segmentation Model", year: 2022,
    paper: "https://arxiv.org/abs/2204.02681")
}

extension PPLiteSeg {
  enum Attention {
    case spatial, channel
  }

  /// Holds the encoder under the name that checkpoints have for it.
  final class EncoderHolder: Module {
    let encoder: STDCEncoder

    init(_ modules: [Int]) { encoder = STDCEncoder(modules) }
  }

  /// Two strided convolutions and three stages of short-term dense concatenation.
  final class STDCEncoder: Module {
    let stage1, stage2: ConvBNAct
    let stage3, stage4, stage5: Sequential

    init(_ modules: [Int]) {
      stage1 = ConvBNAct(ImageChannels.count, 32, stride: 2)
      stage2 = ConvBNAct(32, 64, stride: 2)
      stage3 = STDCModule.stage(64, 256, count: modules[0])
      stage4 = STDCModule.stage(256, 512, count: modules[1])
      stage5 = STDCModule.stage(512, 1024, count: modules[2])
    }

    /// Features at 1/8, 1/16 and 1/32.
    func callAsFunction(_ x: Tensor) -> (Tensor, Tensor, Tensor) {
      let eighth = stage3(stage2(stage1(x)))
      let sixteenth = stage4(eighth)
      return (eighth, sixteenth, stage5(sixteenth))
    }
  }

  /// Means over 1x1, 2x2 and 4x4 cells, resized and added, then narrowed by a convolution.
  final class SimplePyramidPooling: Module, Layer {
    let pool1, pool2, pool3: Sequential
    let conv: Conv2d

    init(_ inputs: Int, _ outputs: Int) {
      let width = inputs / 4
      func pool(_ cells: IntPair) -> Sequential {
        Sequential(AdaptiveAvgPool2d(cells), ConvBNAct(inputs, width, kernel: 1))
      }
      pool1 = pool(1)
      pool2 = pool(2)
      pool3 = pool(4)
      conv = Conv2d(width, outputs, kernel: 3, padding: 1, bias: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let size = x.spatialSize
      return conv(pool1(x).resized(to: size) + pool2(x).resized(to: size) + pool3(x).resized(to: size))
    }
  }

  /// Flexible and lightweight: wider towards the finer levels.
  final class Decoder: Module {
    let stage6: ConvBNAct
    let fusion1: UnifiedAttentionFusion
    let stage7: ConvBNAct
    let fusion2: UnifiedAttentionFusion
    let stage8: ConvBNAct
    let segHead: ConvBNAct

    init(_ classes: Int, low: [Int], widths: [Int], attention: Attention) {
      stage6 = ConvBNAct(widths[0], widths[0])
      fusion1 = UnifiedAttentionFusion(low: low[1], widths[0], attention)
      stage7 = ConvBNAct(widths[0], widths[1])
      fusion2 = UnifiedAttentionFusion(low: low[0], widths[1], attention)
      stage8 = ConvBNAct(widths[1], widths[2])
      segHead = ConvBNAct(widths[2], classes)
    }

    func callAsFunction(_ deepest: Tensor, _ sixteenth: Tensor, _ eighth: Tensor) -> Tensor {
      let coarse = stage7(fusion1(high: stage6(deepest), low: sixteenth))
      return segHead(stage8(fusion2(high: coarse, low: eighth)))
    }
  }

  /// α · upsampled coarse features + (1 - α) · fine features, with α from an attention over both.
  final class UnifiedAttentionFusion: Module {
    let conv: Conv2d
    let attention: FusionAttention

    init(low: Int, _ outputs: Int, _ attention: Attention) {
      conv = Conv2d(low, outputs, kernel: 1, bias: false)
      self.attention = FusionAttention(outputs, attention)
    }

    func callAsFunction(high: Tensor, low: Tensor) -> Tensor {
      let fine = conv(low)
      let coarse = high.resized(to: fine.spatialSize)
      let share = attention(coarse, fine)
      return share * coarse + (1 - share) * fine
    }
  }

  /// A sigmoid of the means and maxima of both inputs, taken over channels (one weight per place) or over places (one
  /// weight per channel).
  final class FusionAttention: Module {
    let conv: Conv2d
    let kind: Attention

    init(_ channels: Int, _ kind: Attention) {
      self.kind = kind
      conv =
        switch kind {
        case .spatial: Conv2d(4, 1, kernel: 1, bias: false)
        case .channel: Conv2d(4 * channels, channels, kernel: 1, bias: false)
        }
    }

    func callAsFunction(_ coarse: Tensor, _ fine: Tensor) -> Tensor {
      let statistics = [coarse, fine].flatMap { x in
        switch kind {
        case .spatial: [x.mean([1], keep: true), x.maxWithIndices(dimension: 1, keep: true).values]
        case .channel: [x.adaptiveAvgPool2d(1), x.adaptiveMaxPool2d(1)]
        }
      }
      return conv(cat(statistics)).sigmoid()
    }
  }
}
