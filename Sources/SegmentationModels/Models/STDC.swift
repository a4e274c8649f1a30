import Torch

/// Rethinking BiSeNet for real-time semantic segmentation (2021, <https://arxiv.org/abs/2104.13188>).
///
/// The backbone consists of short-term dense concatenation modules, with BiSeNet's attention and fusion on top. In
/// place of BiSeNet's second path, a detail head learns the labels' boundaries at 1/8 while training. It takes images
/// whose height and width are multiples of 32.
///
/// The auxiliary heads (stages 3 to 5) exclude the detail head in the PyTorch reference; here both may be asked for.
/// Auxiliary scores stay at their stages' resolutions.
public final class STDC: SegmentationModel {
  /// The backbone, as the paper names it.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// STDC1, the smaller one.
    case stdc1
    /// STDC2, with more modules in each stage.
    case stdc2

    /// Modules in stages 3, 4 and 5.
    var modules: [Int] { self == .stdc1 ? [2, 2, 2] : [4, 5, 3] }
  }

  let stage1: ConvBNAct
  let stage2: ConvBNAct
  let stage3, stage4, stage5: Sequential
  let auxHead3, auxHead4, auxHead5: SegmentationHead?
  let arm4: AttentionRefinement
  let arm5: AttentionRefinement
  let conv4: Conv2d
  let conv5: Conv2d
  let ffm: FeatureFusion
  let segHead: SegmentationHead
  let detailHead: SegmentationHead?
  /// Joins the labels' edges at three scales for the detail head's objective; nothing in `forward`.
  let detailConv: Conv2d?

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  ///   - heads: The heads that serve training alone.
  public init(_ variant: Variant = .stdc1, classes: Int, heads: Heads = []) {
    stage1 = ConvBNAct(ImageChannels.count, 32, stride: 2)
    stage2 = ConvBNAct(32, 64, stride: 2)
    stage3 = STDCModule.stage(64, 256, count: variant.modules[0])
    stage4 = STDCModule.stage(256, 512, count: variant.modules[1])
    stage5 = STDCModule.stage(512, 1024, count: variant.modules[2])
    func auxiliary(_ inputs: Int) -> SegmentationHead? {
      heads.contains(.auxiliary) ? SegmentationHead(inputs, classes: classes) : nil
    }
    auxHead3 = auxiliary(256)
    auxHead4 = auxiliary(512)
    auxHead5 = auxiliary(1024)
    arm4 = AttentionRefinement(512)
    arm5 = AttentionRefinement(1024)
    conv4 = Conv2d(512, 256, kernel: 1, bias: false)
    conv5 = Conv2d(1024, 256, kernel: 1, bias: false)
    ffm = FeatureFusion(512, 128)
    segHead = SegmentationHead(128, classes: classes)
    detailHead = heads.contains(.detail) ? SegmentationHead(256, classes: 1) : nil
    detailConv = heads.contains(.detail) ? Conv2d(3, 1, kernel: 1, bias: false) : nil
  }

  public override var detailScaleWeights: Tensor? { detailConv?.weight }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let eighth = stage3(stage2(stage1(x)))
    let sixteenth = stage4(eighth)
    let deepest = stage5(sixteenth)
    let context = conv5(deepest.adaptiveAvgPool2d(1) + arm5(deepest)).resized(by: 2)
    let path = (conv4(arm4(sixteenth)) + context).resized(by: 2)
    var output = SegmentationOutput(logits: segHead(ffm(path, eighth)), resizedTo: x.spatialSize)
    guard heads else { return output }
    if let auxHead3, let auxHead4, let auxHead5 {
      output.auxiliary = [auxHead3(eighth), auxHead4(sixteenth), auxHead5(deepest)]
    }
    output.detail = detailHead?(eighth)
    return output
  }

  static let summary = NetworkSummary(
    family: "stdc", title: "Rethinking BiSeNet For Real-time Semantic Segmentation", year: 2021,
    paper: "https://arxiv.org/abs/2104.13188", heads: [.auxiliary, .detail], stride: 32)
}
