import Torch

/// ContextNet: exploring context and detail for semantic segmentation in real-time (2018,
/// <https://arxiv.org/abs/1805.04554>).
///
/// A deep branch of bottlenecks reads the image at a quarter of its size for context, and a shallow one reads it at
/// full size for detail. Their features are added. It takes images of any size.
public final class ContextNet: SegmentationModel {
  let fullResBranch: Sequential
  let lowerResBranch: ContextBranch
  let featureFusion: BranchFusion
  let classifier: ConvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    fullResBranch = Sequential(
      ConvBNAct(ImageChannels.count, 32, stride: 2),
      DWConvBNAct(32, 32, activation: .none), PWConvBNAct(32, 64),
      DWConvBNAct(64, 64, activation: .none), PWConvBNAct(64, 128),
      DWConvBNAct(128, 128, activation: .none), PWConvBNAct(128, 128))
    lowerResBranch = ContextBranch()
    featureFusion = BranchFusion(128)
    classifier = ConvBNAct(128, classes, kernel: 1)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let fused = featureFusion(detail: fullResBranch(x), context: lowerResBranch(x.resized(by: 1 / 4)))
    return SegmentationOutput(logits: classifier(fused), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "contextnet",
    title: "ContextNet: Exploring Context and Detail for Semantic Segmentation in Real-time", year: 2018,
    paper: "https://arxiv.org/abs/1805.04554")
}

extension ContextNet {
  final class ContextBranch: Module, Layer {
    let convInit: ConvBNAct
    let bottlenecks: Sequential
    let convLast: ConvBNAct

    override init() {
      var blocks: [InvertedResidual] = []
      var inputs = 32
      for (expansion, outputs, count, stride) in [
        (1, 32, 1, 1), (6, 32, 1, 1), (6, 48, 3, 2), (6, 64, 3, 2), (6, 96, 2, 1), (6, 128, 2, 1),
      ] {
        for index in 0..<count {
          blocks.append(InvertedResidual(inputs, outputs, stride: index == 0 ? stride : 1, expansion: expansion))
          inputs = outputs
        }
      }
      convInit = ConvBNAct(ImageChannels.count, 32, stride: 2)
      bottlenecks = Sequential(blocks)
      convLast = ConvBNAct(128, 128)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convLast(bottlenecks(convInit(x))) }
  }

  /// Adds the context, resized and filtered by a dilated convolution, to the detail.
  final class BranchFusion: Module {
    let branch_1Conv: Conv2d
    let branch_4Conv: Sequential

    init(_ channels: Int) {
      branch_1Conv = Conv2d(channels, channels, kernel: 1, bias: false)
      branch_4Conv = Sequential(
        DSConvBNAct(channels, channels, dilation: 4, activation: .none),
        Conv2d(channels, channels, kernel: 1, bias: false))
    }

    func callAsFunction(detail: Tensor, context: Tensor) -> Tensor {
      (branch_1Conv(detail) + branch_4Conv(context.resized(to: detail.spatialSize))).relu()
    }
  }
}
