import Torch

/// SwiftNet: in defense of pre-trained ImageNet architectures for real-time semantic segmentation of road-driving
/// images (2019, <https://arxiv.org/abs/1903.08469>).
///
/// Pyramid pooling follows a pretrained backbone. Each level of the decoder upsamples, adds and convolves once. It
/// takes images whose height and width are multiples of 32.
///
/// This is the single-scale network. The scores pass batch normalization and a ReLU.
public final class SwiftNet: SegmentationModel {
  let backbone: any BackboneNetwork
  let connection1, connection2, connection3: ConvBNAct
  let spp: PyramidPooling
  let decoder: Decoder

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - backbone: The classification network that the encoder is.
  ///   - classes: The number of scores for each pixel.
  public init(_ backbone: Backbone = .resNet(.resnet18), classes: Int) {
    let width = 128
    self.backbone = backbone.makeNetwork()
    let channels = self.backbone.channels
    connection1 = ConvBNAct(channels[0], width, kernel: 1)
    connection2 = ConvBNAct(channels[1], width, kernel: 1)
    connection3 = ConvBNAct(channels[2], width, kernel: 1)
    spp = PyramidPooling(channels[3], width)
    decoder = Decoder(width, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let features = backbone(x)
    let scores = decoder(
      spp(features[3]), connection3(features[2]), connection2(features[1]), connection1(features[0]))
    return SegmentationOutput(logits: scores, resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "swiftnet",
    title: "In Defense of Pre-trained ImageNet Architectures for Real-time Semantic Segmentation of "
      + "Road-driving Images",
    year: 2019, paper: "https://arxiv.org/abs/1903.08469", stride: 32)
}

extension SwiftNet {
  /// Upsamples twofold, adds the encoder's level, and filters, three times; the last filter gives the scores.
  final class Decoder: Module {
    let upStage3, upStage2, upStage1: ConvBNAct

    init(_ width: Int, classes: Int) {
      upStage3 = ConvBNAct(width, width)
      upStage2 = ConvBNAct(width, width)
      upStage1 = ConvBNAct(width, classes)
    }

    func callAsFunction(_ deepest: Tensor, _ sixteenth: Tensor, _ eighth: Tensor, _ quarter: Tensor) -> Tensor {
      let third = upStage3(deepest.resized(by: 2) + sixteenth)
      let second = upStage2(third.resized(by: 2) + eighth)
      return upStage1(second.resized(by: 2) + quarter)
    }
  }
}
