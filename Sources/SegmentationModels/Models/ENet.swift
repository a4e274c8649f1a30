import Torch

/// ENet: a deep neural network architecture for real-time semantic segmentation (2016,
/// <https://arxiv.org/abs/1606.02147>).
///
/// The image becomes small early. The encoder is deep and narrow, with dilated and asymmetric convolutions, and the
/// short decoder puts values back at the places from which max pooling took them. It takes images whose height and
/// width are multiples of 8.
///
/// The last step is a pointwise convolution and bilinear resizing instead of a transposed convolution. PReLU follows
/// only the sums, and ReLU follows the convolutions. The dropout is element by element, and the strided convolutions
/// are 3x3.
public final class ENet: SegmentationModel {
  /// The way in which the decoder's bottlenecks double the size.
  public enum Upsampling: String, Sendable, CaseIterable, Codable {
    /// A transposed convolution.
    case deconvolution = ""
    /// A pointwise convolution, then bilinear resizing.
    case regular
  }

  let initial: DownsamplerBlock
  let bottleneck1: EncoderStage
  let bottleneck2: EncoderStage
  let bottleneck3: EncoderStage
  let bottleneck4: DecoderStage
  let bottleneck5: DecoderStage
  let fullconv: Upsampler

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - upsampling: How the decoder doubles the size.
  ///   - classes: The number of scores for each pixel.
  public init(_ upsampling: Upsampling = .deconvolution, classes: Int) {
    let mixed: [Bottleneck.Kind] = [
      .regular, .dilated(2), .asymmetric, .dilated(4), .regular, .dilated(8), .asymmetric, .dilated(16),
    ]
    let plain = [Bottleneck.Kind](repeating: .regular, count: 4)
    initial = DownsamplerBlock(ImageChannels.count, 16, activation: .prelu)
    bottleneck1 = EncoderStage(DownsamplingBottleneck(16, 64, dropout: 0.01), plain, channels: 64, dropout: 0.01)
    bottleneck2 = EncoderStage(DownsamplingBottleneck(64, 128), mixed, channels: 128)
    bottleneck3 = EncoderStage(nil, mixed, channels: 128)
    bottleneck4 = DecoderStage(128, 64, upsampling, extra: true)
    bottleneck5 = DecoderStage(64, 16, upsampling, extra: false)
    fullconv = Upsampler(16, classes, .regular, activation: .prelu)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let (quarter, quarterIndices) = bottleneck1.downsampled(initial(x))
    let (eighth, eighthIndices) = bottleneck2.downsampled(quarter)
    let decoded = bottleneck5(bottleneck4(bottleneck3(eighth), indices: eighthIndices), indices: quarterIndices)
    return SegmentationOutput(logits: fullconv(decoded))
  }

  static let summary = NetworkSummary(
    family: "enet", title: "ENet: A Deep Neural Network Architecture for Real-Time Semantic Segmentation", year: 2016,
    paper: "https://arxiv.org/abs/1606.02147", stride: 8)
}

extension ENet {
  /// Bottlenecks of one resolution, after one that halves the size if there is one.
  final class EncoderStage: Module, Layer {
    let convPool: DownsamplingBottleneck?
    let convRegular: Sequential

    init(_ downsampling: DownsamplingBottleneck?, _ kinds: [Bottleneck.Kind], channels: Int, dropout: Double = 0.1) {
      convPool = downsampling
      convRegular = Sequential(kinds.map { Bottleneck(channels, $0, dropout: dropout) })
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convRegular(x) }

    /// Halves the size first, and also gives the places of the largest values.
    func downsampled(_ x: Tensor) -> (features: Tensor, indices: Tensor) {
      let (pooled, indices) = convPool!(x)
      return (convRegular(pooled), indices)
    }
  }

  /// Doubles the size, then one or two bottlenecks.
  final class DecoderStage: Module {
    let convUnpool: UpsamplingBottleneck
    let convRegular: Bottleneck
    let convExtra: Bottleneck?

    init(_ inputs: Int, _ outputs: Int, _ upsampling: Upsampling, extra: Bool) {
      convUnpool = UpsamplingBottleneck(inputs, outputs, upsampling)
      convRegular = Bottleneck(outputs, .regular)
      convExtra = extra ? Bottleneck(outputs, .regular) : nil
    }

    func callAsFunction(_ x: Tensor, indices: Tensor) -> Tensor {
      let y = convRegular(convUnpool(x, indices: indices))
      return convExtra?(y) ?? y
    }
  }

  /// A convolution between two pointwise ones, added to the input.
  final class Bottleneck: Module, Layer {
    enum Kind {
      case regular
      case dilated(Int)
      /// 5x1, then 1x5.
      case asymmetric
    }

    let rightInitConv: Sequential
    let rightLastConv: Sequential
    let act = Activation(.prelu)

    init(_ channels: Int, _ kind: Kind, dropout: Double = 0.1) {
      let width = channels / 4
      let middle: [any Layer] =
        switch kind {
        case .regular: [ConvBNAct(width, width)]
        case .dilated(let rate): [ConvBNAct(width, width, dilation: IntPair(rate))]
        case .asymmetric: [ConvBNAct(width, width, kernel: [5, 1]), ConvBNAct(width, width, kernel: [1, 5])]
        }
      rightInitConv = Sequential([ConvBNAct(channels, width, kernel: 1)] + middle)
      rightLastConv = projection(width, channels, dropout)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { act(x + rightLastConv(rightInitConv(x))) }
  }

  /// Halves the size, with max pooling beside the convolutions.
  final class DownsamplingBottleneck: Module {
    let leftConv: ConvBNAct
    let rightInitConv: Sequential
    let rightLastConv: Sequential
    let act = Activation(.prelu)

    init(_ inputs: Int, _ outputs: Int, dropout: Double = 0.1) {
      let width = inputs / 4
      leftConv = ConvBNAct(inputs, outputs, kernel: 1)
      rightInitConv = Sequential(ConvBNAct(inputs, width, stride: 2), ConvBNAct(width, width))
      rightLastConv = projection(width, outputs, dropout)
    }

    func callAsFunction(_ x: Tensor) -> (features: Tensor, indices: Tensor) {
      let (pooled, indices) = x.maxPool2dWithIndices(kernel: 2)
      return (act(leftConv(pooled) + rightLastConv(rightInitConv(x))), indices)
    }
  }

  /// Doubles the size, with unpooling beside the convolutions.
  final class UpsamplingBottleneck: Module {
    let leftConv: ConvBNAct
    let rightInitConv: Sequential
    let rightLastConv: Sequential
    let act = Activation(.prelu)

    init(_ inputs: Int, _ outputs: Int, _ upsampling: Upsampling, dropout: Double = 0.1) {
      let width = inputs / 4
      leftConv = ConvBNAct(inputs, outputs, kernel: 1)
      rightInitConv = Sequential(ConvBNAct(inputs, width, kernel: 1), Upsampler(width, width, upsampling))
      rightLastConv = projection(width, outputs, dropout)
    }

    func callAsFunction(_ x: Tensor, indices: Tensor) -> Tensor {
      let left = leftConv(x).maxUnpool2d(indices: indices, size: x.spatialSize * 2)
      return act(left + rightLastConv(rightInitConv(x)))
    }
  }

  /// Doubles the size.
  final class Upsampler: Module, Layer {
    let upConv: any Layer

    init(_ inputs: Int, _ outputs: Int, _ upsampling: Upsampling, activation: Activation.Kind = .relu) {
      upConv =
        switch upsampling {
        case .deconvolution:
          ConvTranspose2d(inputs, outputs, kernel: 3, stride: 2, padding: 1, outputPadding: 1, bias: false)
        case .regular:
          Sequential(
            ConvBNAct(inputs, outputs, kernel: 1, activation: activation), Upsample(scale: 2, alignCorners: false))
        }
    }

    func callAsFunction(_ x: Tensor) -> Tensor { upConv(x) }
  }

  /// The end of each bottleneck's right branch.
  private static func projection(_ inputs: Int, _ outputs: Int, _ dropout: Double) -> Sequential {
    Sequential(Conv2d(inputs, outputs, kernel: 1, bias: false), Dropout(dropout))
  }
}
