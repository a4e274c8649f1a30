import Torch

/// ShelfNet for fast semantic segmentation (2018, <https://arxiv.org/abs/1811.11254>).
///
/// A decoder, an encoder and a second decoder stand in columns behind a ResNet. They are linked at each of four levels
/// (A at 1/4 to D at 1/32), which gives many paths of different depth. It takes images whose height and width are
/// multiples of 32.
public final class ShelfNet: SegmentationModel {
  let backbone: ResNet
  let conv_A, conv_B, conv_C, conv_D: ConvBNAct
  let decoder2: ShelfDecoder
  let encoder3: ShelfEncoder
  let decoder4: ShelfDecoder
  let classifier: Conv2d

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - backbone: The classification network that the encoder is.
  ///   - classes: The number of scores for each pixel.
  public init(_ backbone: ResNet.Variant = .resnet18, classes: Int) {
    let widths = [32, 64, 128, 256]
    self.backbone = ResNet(backbone)
    let channels = self.backbone.channels
    conv_A = ConvBNAct(channels[0], widths[0], kernel: 1)
    conv_B = ConvBNAct(channels[1], widths[1], kernel: 1)
    conv_C = ConvBNAct(channels[2], widths[2], kernel: 1)
    conv_D = ConvBNAct(channels[3], widths[3], kernel: 1)
    decoder2 = ShelfDecoder(widths)
    encoder3 = ShelfEncoder(widths)
    decoder4 = ShelfDecoder(widths)
    classifier = Conv2d(widths[0], classes, kernel: 1, bias: false)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let features = backbone(x)
    let reduced = ShelfLevels(
      a: conv_A(features[0]), b: conv_B(features[1]), c: conv_C(features[2]), d: conv_D(features[3]))
    let decoded = decoder4(encoder3(decoder2(reduced)))
    return SegmentationOutput(logits: classifier(decoded.a), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "shelfnet", title: "ShelfNet for Fast Semantic Segmentation", year: 2018,
    paper: "https://arxiv.org/abs/1811.11254", stride: 32)
}

extension ShelfNet {
  /// Features at 1/4 (A) to 1/32 (D).
  struct ShelfLevels {
    let a, b, c, d: Tensor
  }

  /// Goes from the deepest level up, and adds each level of the column before.
  final class ShelfDecoder: Module {
    let block_D: ShelfBlock
    let up_D: DeconvBNAct
    let block_C: ShelfBlock
    let up_C: DeconvBNAct
    let block_B: ShelfBlock
    let up_B: DeconvBNAct
    let block_A: ShelfBlock

    init(_ widths: [Int]) {
      block_D = ShelfBlock(widths[3])
      up_D = DeconvBNAct(widths[3], widths[2])
      block_C = ShelfBlock(widths[2])
      up_C = DeconvBNAct(widths[2], widths[1])
      block_B = ShelfBlock(widths[1])
      up_B = DeconvBNAct(widths[1], widths[0])
      block_A = ShelfBlock(widths[0])
    }

    func callAsFunction(_ x: ShelfLevels) -> ShelfLevels {
      let d = block_D(x.d)
      let c = block_C(x.c + up_D(d))
      let b = block_B(x.b + up_C(c))
      return ShelfLevels(a: block_A(x.a + up_B(b)), b: b, c: c, d: d)
    }
  }

  /// Goes from the finest level down, and adds each level of the column before, except the deepest one.
  final class ShelfEncoder: Module {
    let block_A: ShelfBlock
    let down_A: ConvBNAct
    let block_B: ShelfBlock
    let down_B: ConvBNAct
    let block_C: ShelfBlock
    let down_C: ConvBNAct

    init(_ widths: [Int]) {
      block_A = ShelfBlock(widths[0])
      down_A = ConvBNAct(widths[0], widths[1], stride: 2)
      block_B = ShelfBlock(widths[1])
      down_B = ConvBNAct(widths[1], widths[2], stride: 2)
      block_C = ShelfBlock(widths[2])
      down_C = ConvBNAct(widths[2], widths[3], stride: 2)
    }

    func callAsFunction(_ x: ShelfLevels) -> ShelfLevels {
      let a = block_A(x.a)
      let b = block_B(x.b + down_A(a))
      let c = block_C(x.c + down_B(b))
      return ShelfLevels(a: a, b: b, c: c, d: down_C(c))
    }
  }

  /// Two convolutions added to the input.
  final class ShelfBlock: Module, Layer {
    let conv1: ConvBNAct
    let conv2: ConvBNAct

    init(_ channels: Int) {
      conv1 = ConvBNAct(channels, channels)
      conv2 = ConvBNAct(channels, channels, activation: .none)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { (conv2(conv1(x)) + x).relu() }
  }
}
