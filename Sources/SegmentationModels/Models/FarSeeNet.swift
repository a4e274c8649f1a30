import Torch

/// FarSee-Net: real-time semantic segmentation by efficient multi-scale context aggregation and feature space
/// super-resolution (2020, <https://arxiv.org/abs/2003.03913>).
///
/// Two cascaded pyramids of factorized dilated convolutions, each followed by sub-pixel upsampling, stand behind a
/// ResNet. It takes images whose height and width are multiples of 32.
public final class FarSeeNet: SegmentationModel {
  let frontendNetwork: ResNet
  let backendNetwork: CascadedPyramids

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - backbone: The classification network that the encoder is.
  ///   - classes: The number of scores for each pixel.
  public init(_ backbone: ResNet.Variant = .resnet18, classes: Int) {
    frontendNetwork = ResNet(backbone)
    backendNetwork = CascadedPyramids(
      high: frontendNetwork.channels[3], low: frontendNetwork.channels[2], classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let features = frontendNetwork(x)
    return SegmentationOutput(
      logits: backendNetwork(high: features[3], low: features[2]), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "farseenet",
    title: "FarSee-Net: Real-Time Semantic Segmentation by Efficient Multi-scale Context Aggregation "
      + "and Feature Space Super-resolution",
    year: 2020, paper: "https://arxiv.org/abs/2003.03913", stride: 32)
}

extension FarSeeNet {
  /// A pyramid over the last stage, upsampled twofold to meet the stage before; a pyramid over both, upsampled fourfold
  /// to the scores.
  final class CascadedPyramids: Module {
    let convHigh: [any Layer]
    let subPixelHigh: Sequential
    let convLowInit: ConvBNAct
    let convLow: [any Layer]
    let convLowLast: Sequential
    let subPixelLow: Sequential

    init(high: Int, low: Int, classes: Int) {
      func pyramid(_ inputs: Int, _ outputs: Int, dilations: [Int]) -> [any Layer] {
        [ConvBNAct(inputs, outputs, kernel: 1)]
          + dilations.map { dilation in
            Sequential(
              ConvBNAct(inputs, outputs, kernel: 1), DWConvBNAct(outputs, outputs, dilation: IntPair(dilation)))
          }
      }
      func expand(_ inputs: Int, _ outputs: Int, factor: Int) -> Sequential {
        Sequential(Conv2d(inputs, outputs * factor * factor, kernel: 1, bias: false))
      }
      convHigh = pyramid(high, 256, dilations: [6, 12, 18])
      subPixelHigh = expand(4 * 256, 512, factor: 2)
      convLowInit = ConvBNAct(low, 48, kernel: 1)
      convLow = pyramid(512 + 48, 128, dilations: [6, 12])
      convLowLast = Sequential(ConvBNAct(3 * 128, 512, kernel: 1), ConvBNAct(512, 512))
      subPixelLow = expand(512, classes, factor: 4)
    }

    func callAsFunction(high: Tensor, low: Tensor) -> Tensor {
      let context = subPixelHigh(cat(convHigh.map { $0(high) })).pixelShuffle(2)
      let joined = cat([context, convLowInit(low)])
      return subPixelLow(convLowLast(cat(convLow.map { $0(joined) }))).pixelShuffle(4)
    }
  }
}
