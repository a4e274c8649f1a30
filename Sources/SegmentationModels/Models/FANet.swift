import Torch

/// FANet: real-time semantic segmentation with fast attention (2020, <https://arxiv.org/abs/2007.03815>).
///
/// Attention without a softmax works on each stage of a ResNet, so that its cost grows linearly with the image's size.
/// The results are fused from the deepest stage up. It takes images whose height and width are multiples of 64.
///
/// The first stage strides too, so the backbone ends at 1/64.
public final class FANet: SegmentationModel {
  /// The backbone, and whether the head reads the fused features of all stages or of the finest alone.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// ResNet-18; the head reads all stages.
    case resnet18
    /// ResNet-34; the head reads all stages.
    case resnet34
    /// ResNet-18; the head reads the finest stage.
    case resnet18FinestStage = "resnet18-nocat"

    var backbone: ResNet.Variant { self == .resnet34 ? .resnet34 : .resnet18 }
    var joinsStages: Bool { self != .resnet18FinestStage }
  }

  let backbone: ResNet
  let fastAttention: [FastAttention]
  let fuseUp: [FuseUp]
  let segHead: SegmentationHead
  let joinsStages: Bool

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .resnet18, classes: Int) {
    let width = 32
    joinsStages = variant.joinsStages
    backbone = ResNet(variant.backbone, strides: [2, 2, 2, 2])
    fastAttention = backbone.channels.map { FastAttention($0, width) }
    fuseUp = (0..<4).map { FuseUp(width, upsamples: $0 < 3) }
    segHead = SegmentationHead(joinsStages ? 4 * width : width, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let attended = zip(fastAttention, backbone(x)).map { attention, features in attention(features) }
    var fused: [Tensor] = []  // finest first
    for index in attended.indices.reversed() {
      fused.insert(fuseUp[index](attended[index], deeper: fused.first), at: 0)
    }
    let size = fused[0].spatialSize
    let features = joinsStages ? cat([fused[0]] + fused.dropFirst().map { $0.resized(to: size) }) : fused[0]
    return SegmentationOutput(logits: segHead(features), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "fanet", title: "Real-time Semantic Segmentation with Fast Attention", year: 2020,
    paper: "https://arxiv.org/abs/2007.03815", stride: 64)
}

extension FANet {
  /// Q (Kᵀ V) / n with queries and keys normalized over channels, through a convolution, plus V.
  ///
  /// The product of queries and keys is taken first: it has the size of the channels squared, whatever the image.
  final class FastAttention: Module, Layer {
    let convQ, convK, convV, convFuse: ConvBNAct

    init(_ inputs: Int, _ outputs: Int) {
      convQ = ConvBNAct(inputs, outputs, activation: .none)
      convK = ConvBNAct(inputs, outputs, activation: .none)
      convV = ConvBNAct(inputs, outputs, activation: .none)
      convFuse = ConvBNAct(outputs, outputs)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      func normalized(_ x: Tensor) -> Tensor { x / x.norm([1], keep: true).clamp(min: 1e-12) }
      let values = convV(x)
      let q = normalized(convQ(x).flatten(from: 2))
      let k = normalized(convK(x).flatten(from: 2))
      let v = values.flatten(from: 2)
      let attended = q.matmul(k.transpose(1, 2)).matmul(v) / Double(v.size(2))
      return convFuse(attended.reshape(values.shape)) + values
    }
  }

  /// A stage's attention plus the deeper fused features, upsampled; then a convolution.
  final class FuseUp: Module {
    let up: DeconvBNAct?
    let conv: ConvBNAct

    init(_ channels: Int, upsamples: Bool) {
      up = upsamples ? DeconvBNAct(channels, channels) : nil
      conv = ConvBNAct(channels, channels)
    }

    func callAsFunction(_ x: Tensor, deeper: Tensor?) -> Tensor {
      guard let up, let deeper else { return conv(x) }
      return conv(x + up(deeper))
    }
  }
}
