import Torch

/// DFANet: deep feature aggregation for real-time semantic segmentation (2019, <https://arxiv.org/abs/1904.02216>).
///
/// Three light Xception encoders stand in a row. Each reads the upsampled output of the one before, together with its
/// stages, and the decoder sums the results of all. It takes images whose height and width are multiples of 64.
///
/// Xception's separable convolutions have no activation in front of them here.
public final class DFANet: SegmentationModel {
  /// The encoder, and whether there are three of them or one with a plain head.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// Three encoders Xception A.
    case xceptionA = "xceptiona"
    /// Three encoders Xception B, which have fewer channels.
    case xceptionB = "xceptionb"
    /// One encoder Xception A.
    case xceptionASingle = "xceptiona-single"

    var channels: [Int] { self == .xceptionB ? [32, 64, 128] : [48, 96, 192] }
    var aggregates: Bool { self != .xceptionASingle }
  }

  let conv1: ConvBNAct
  let backbone1: XceptionEncoder
  let backbone2, backbone3: XceptionEncoder?
  let decoder: AggregationDecoder?
  let segHead: SegmentationHead?

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .xceptionA, classes: Int) {
    let channels = variant.channels
    let aggregates = variant.aggregates
    let aggregated = [channels[2] + channels[0], channels[0] + channels[1], channels[1] + channels[2]]
    conv1 = ConvBNAct(ImageChannels.count, 8, stride: 2)
    backbone1 = XceptionEncoder([8, channels[0], channels[1]], channels)
    backbone2 = aggregates ? XceptionEncoder(aggregated, channels) : nil
    backbone3 = aggregates ? XceptionEncoder(aggregated, channels) : nil
    decoder = aggregates ? AggregationDecoder(low: channels[0], high: channels[2], classes: classes) : nil
    segHead = aggregates ? nil : SegmentationHead(channels[2], classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let first = backbone1(conv1(x))
    let scores: Tensor
    if let backbone2, let backbone3, let decoder {
      let second = backbone2(first.context.resized(by: 4), joining: first)
      let third = backbone3(second.context.resized(by: 4), joining: second)
      scores = decoder([first, second, third])
    } else {
      scores = segHead!(first.context)
    }
    return SegmentationOutput(logits: scores, resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "dfanet", title: "DFANet: Deep Feature Aggregation for Real-Time Semantic Segmentation", year: 2019,
    paper: "https://arxiv.org/abs/1904.02216", stride: 64)
}

extension DFANet {
  /// Three stages, each half the size of the one before, and attention over the last one's channels.
  final class XceptionEncoder: Module {
    struct Features {
      let enc2, enc3, enc4: Tensor
      /// The last stage, weighted by the attention.
      let context: Tensor
    }

    let enc2, enc3, enc4: Stage
    let fcAttention: FullyConnectedAttention

    init(_ inputs: [Int], _ outputs: [Int]) {
      enc2 = Stage(inputs[0], outputs[0], count: 4)
      enc3 = Stage(inputs[1], outputs[1], count: 6)
      enc4 = Stage(inputs[2], outputs[2], count: 4)
      fcAttention = FullyConnectedAttention(outputs[2])
    }

    /// - Parameter previous: Features of the encoder before, whose stages join the inputs of these.
    func callAsFunction(_ x: Tensor, joining previous: Features? = nil) -> Features {
      func joined(_ x: Tensor, _ other: Tensor?) -> Tensor { other.map { cat([x, $0]) } ?? x }
      let second = enc2(joined(x, previous?.enc2))
      let third = enc3(joined(second, previous?.enc3))
      let fourth = enc4(joined(third, previous?.enc4))
      return Features(enc2: second, enc3: third, enc4: fourth, context: fcAttention(fourth))
    }

    /// Blocks in a row, the first of which strides.
    final class Stage: Module, Layer {
      let conv: Sequential

      init(_ inputs: Int, _ outputs: Int, count: Int) {
        conv = Sequential(
          (0..<count).map { $0 == 0 ? XceptionBlock(inputs, outputs, stride: 2) : XceptionBlock(outputs, outputs) })
      }

      func callAsFunction(_ x: Tensor) -> Tensor { conv(x) }
    }
  }

  /// Separable convolutions on a quarter of the channels, widened by the last one; added to the input, which a strided
  /// convolution brings to the right size if necessary.
  final class XceptionBlock: Module, Layer {
    let conv: Sequential
    let convStride: Conv2d?

    init(_ inputs: Int, _ outputs: Int, stride: Int = 1) {
      let width = outputs / 4
      conv = Sequential(
        DSConvBNAct(inputs, width), DSConvBNAct(width, width), DWConvBNAct(width, outputs, stride: IntPair(stride)),
        Conv2d(outputs, outputs, kernel: 1, bias: false), Activation(.relu))
      convStride = stride == 2 ? Conv2d(inputs, outputs, kernel: 1, stride: 2, bias: false) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv(x) + (convStride?(x) ?? x) }
  }

  /// Weights channels by a linear layer of a thousand outputs (ImageNet's classes) over their maxima.
  final class FullyConnectedAttention: Module, Layer {
    let linear: Linear
    let conv: ConvBNAct

    init(_ channels: Int) {
      linear = Linear(channels, 1000)
      conv = ConvBNAct(1000, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      x * conv(linear(x.adaptiveMaxPool2d(1).flatten(from: 1)).unsqueeze(-1).unsqueeze(-1))
    }
  }

  /// Sums the encoders' first stages, classifies them, and adds the scores of each encoder's context; a quarter of the
  /// image's size.
  final class AggregationDecoder: Module {
    let encConv1, encConv2, encConv3: ConvBNAct
    let convEnc: Conv2d
    let fcConv1, fcConv2, fcConv3: SegmentationHead

    init(low: Int, high: Int, classes: Int) {
      encConv1 = ConvBNAct(low, 48)
      encConv2 = ConvBNAct(low, 48)
      encConv3 = ConvBNAct(low, 48)
      convEnc = Conv2d(48, classes, kernel: 1, bias: false)
      fcConv1 = SegmentationHead(high, classes: classes)
      fcConv2 = SegmentationHead(high, classes: classes)
      fcConv3 = SegmentationHead(high, classes: classes)
    }

    func callAsFunction(_ encoders: [XceptionEncoder.Features]) -> Tensor {
      let size = encoders[0].enc2.spatialSize
      let detail =
        encConv1(encoders[0].enc2) + encConv2(encoders[1].enc2).resized(to: size)
        + encConv3(encoders[2].enc2).resized(to: size)
      return zip([fcConv1, fcConv2, fcConv3], encoders).reduce(convEnc(detail)) { sum, pair in
        sum + pair.0(pair.1.context).resized(to: size)
      }
    }
  }
}
