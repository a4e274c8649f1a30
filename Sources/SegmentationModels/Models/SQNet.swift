import Torch

/// SQNet: speeding up semantic segmentation for autonomous driving (2016, <https://openreview.net/pdf?id=S1uHiFyyg>).
///
/// SqueezeNet's fire modules with ELU lead to parallel dilated convolutions, and the decoder refines with the encoder's
/// features at each step. It takes images whose height and width are multiples of 16.
public final class SQNet: SegmentationModel {
  let conv: ConvBNAct
  let fire1, fire2, fire3: Sequential
  let pdc: ParallelDilation
  let up1: DeconvBNAct
  let refine1: BypassRefinement
  let up2: DeconvBNAct
  let refine2: BypassRefinement
  let up3: DeconvBNAct
  let refine3: BypassRefinement
  let up4: DeconvBNAct

  /// Makes the network with random weights.
  /// - Parameter classes: The number of scores for each pixel.
  public init(classes: Int) {
    func up(_ channels: Int) -> DeconvBNAct { DeconvBNAct(channels, channels, activation: .elu) }
    conv = ConvBNAct(ImageChannels.count, 64, stride: 2, activation: .elu)
    fire1 = Sequential(FireModule(64, 128), FireModule(128, 128))
    fire2 = Sequential(FireModule(128, 256), FireModule(256, 256))
    fire3 = Sequential(FireModule(256, 384), FireModule(384, 384), FireModule(384, 512), FireModule(512, 512))
    pdc = ParallelDilation(512, 128)
    up1 = up(128)
    refine1 = BypassRefinement(low: 256, high: 128, 128)
    up2 = up(128)
    refine2 = BypassRefinement(low: 128, high: 128, 64)
    up3 = up(64)
    refine3 = BypassRefinement(low: 64, high: 64, classes)
    up4 = up(classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    func pooled(_ x: Tensor) -> Tensor { x.maxPool2d(kernel: 3, stride: 2, padding: 1) }
    let half = conv(x)
    let quarter = fire1(pooled(half))
    let eighth = fire2(pooled(quarter))
    let context = pdc(fire3(pooled(eighth)))
    let refined8 = refine1(low: eighth, high: up1(context))
    let refined4 = refine2(low: quarter, high: up2(refined8))
    let refined2 = refine3(low: half, high: up3(refined4))
    return SegmentationOutput(logits: up4(refined2))
  }

  static let summary = NetworkSummary(
    family: "sqnet", title: "Speeding up Semantic Segmentation for Autonomous Driving", year: 2016,
    paper: "https://openreview.net/pdf?id=S1uHiFyyg", stride: 16)
}

extension SQNet {
  /// A pointwise squeeze to an eighth of the output's channels, then 1x1 and 3x3 convolutions side by side.
  final class FireModule: Module, Layer {
    let convSqueeze, convExpand1, convExpand3: ConvBNAct

    init(_ inputs: Int, _ outputs: Int) {
      convSqueeze = ConvBNAct(inputs, outputs / 8, kernel: 1, activation: .elu)
      convExpand1 = ConvBNAct(outputs / 8, outputs / 2, kernel: 1, activation: .elu)
      convExpand3 = ConvBNAct(outputs / 8, outputs / 2, activation: .elu)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let squeezed = convSqueeze(x)
      return cat([convExpand1(squeezed), convExpand3(squeezed)])
    }
  }

  /// The sum of convolutions with dilations 1, 2, 4 and 8.
  final class ParallelDilation: Module, Layer {
    let conv0, conv1, conv2, conv3: ConvBNAct

    init(_ inputs: Int, _ outputs: Int) {
      func conv(_ dilation: IntPair) -> ConvBNAct {
        ConvBNAct(inputs, outputs, dilation: dilation, activation: .elu)
      }
      conv0 = conv(1)
      conv1 = conv(2)
      conv2 = conv(4)
      conv3 = conv(8)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv0(x) + conv1(x) + conv2(x) + conv3(x) }
  }

  /// Encoder features (`low`) through a convolution, joined with the decoder's and mixed.
  final class BypassRefinement: Module {
    let convLow: ConvBNAct
    let convCat: ConvBNAct

    init(low: Int, high: Int, _ outputs: Int) {
      convLow = ConvBNAct(low, low, activation: .elu)
      convCat = ConvBNAct(low + high, outputs, activation: .elu)
    }

    func callAsFunction(low: Tensor, high: Tensor) -> Tensor { convCat(cat([convLow(low), high])) }
  }
}
