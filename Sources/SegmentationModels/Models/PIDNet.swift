import Torch

/// PIDNet: a real-time semantic segmentation network inspired by PID controllers (2022,
/// <https://arxiv.org/abs/2206.02066>).
///
/// Three branches of residual blocks: one keeps detail at 1/8 (P), one gathers context down to 1/64 (I), and one finds
/// boundaries (D), which decide place by place which of the other two counts. It takes images whose height and width are
/// multiples of 8.
///
/// While training, an auxiliary head reads the branch of detail, and a head with one score reads that of boundaries.
/// Both read what has passed the ReLU that follows, since the authors' code activates in place. The auxiliary scores
/// have the size of the images, at which the authors compare them with the labels.
public final class PIDNet: SegmentationModel {
  /// The size of the network, as the paper names it.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// PIDNet-S.
    case s
    /// PIDNet-M, with twice as many channels.
    case m
    /// PIDNet-L, which is also deeper.
    case l

    var width: Int { self == .s ? 32 : 64 }
    /// Residual blocks of the stages at 1/4 and 1/8, and of those below.
    var blocks: (shallow: Int, deep: Int) { self == .l ? (3, 4) : (2, 3) }
    var contextWidth: Int { self == .l ? 112 : 96 }
    var headWidth: Int { self == .l ? 256 : 128 }
  }

  let conv1: DualResolutionStem
  let layer1, layer2, layer3, layer4, layer5: Sequential
  let compression3, compression4: ConvBNAct
  let pag3, pag4: PixelAttention
  let layer3_, layer4_, layer5_: Sequential
  let layer3_d: ResNet.Block
  /// A bottleneck in a sequence, or in PIDNet-L a block by itself.
  let layer4_d: any Layer
  let diff3, diff4: ConvBNAct
  let spp: PyramidContext
  let dfm: BoundaryFusion
  let layer5_d: Sequential
  let segheadP, segheadD: NormalizedHead?
  let finalLayer: NormalizedHead

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  ///   - heads: The heads that serve training alone; those of detail and of boundaries belong together.
  public init(_ variant: Variant = .s, classes: Int, heads: Heads = []) {
    let width = variant.width
    let (shallow, deep) = variant.blocks
    let isLarge = variant == .l
    conv1 = DualResolutionStem(width)
    layer1 = ResNet.Block.chain(width, width, count: shallow)
    layer2 = ResNet.Block.chain(width, 2 * width, count: shallow, stride: 2)
    layer3 = ResNet.Block.chain(2 * width, 4 * width, count: deep, stride: 2)
    layer4 = ResNet.Block.chain(4 * width, 8 * width, count: deep, stride: 2)
    layer5 = ResNet.Block.chain(8 * width, 16 * width, count: 2, stride: 2, expansion: 2)
    compression3 = ConvBNAct(4 * width, 2 * width, kernel: 1, activation: .none)
    compression4 = ConvBNAct(8 * width, 2 * width, kernel: 1, activation: .none)
    pag3 = PixelAttention(2 * width, width)
    pag4 = PixelAttention(2 * width, width)
    layer3_ = ResNet.Block.chain(2 * width, 2 * width, count: shallow)
    layer4_ = ResNet.Block.chain(2 * width, 2 * width, count: shallow)
    layer5_ = ResNet.Block.chain(2 * width, 4 * width, count: 1, expansion: 2)
    let boundaryWidth = isLarge ? 2 * width : width
    layer3_d = .single(2 * width, boundaryWidth)
    layer4_d =
      isLarge
      ? ResNet.Block.single(2 * width, 2 * width)
      : ResNet.Block.chain(width, 2 * width, count: 1, expansion: 2)
    diff3 = ConvBNAct(4 * width, boundaryWidth, activation: .none)
    diff4 = ConvBNAct(8 * width, 2 * width, activation: .none)
    spp = PyramidContext(16 * width, width: variant.contextWidth, 4 * width, isParallel: !isLarge)
    dfm = BoundaryFusion(4 * width, isLight: !isLarge)
    layer5_d = ResNet.Block.chain(2 * width, 4 * width, count: 1, expansion: 2)
    let hasHeads = heads.contains(.auxiliary)
    segheadP = hasHeads ? NormalizedHead(2 * width, width: variant.headWidth, classes: classes) : nil
    segheadD = hasHeads ? NormalizedHead(2 * width, width: width, classes: 1) : nil
    finalLayer = NormalizedHead(4 * width, width: variant.headWidth, classes: classes)
    super.init()
    initializeConvolutionsLikeTorchvision()
  }

  public override var hasBoundaryHead: Bool { segheadD != nil }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let eighth = layer2(layer1(conv1(x)).relu()).relu()
    func resized(_ map: Tensor) -> Tensor { map.upsampleBilinear2d(size: eighth.spatialSize, alignCorners: false) }

    let sixteenth = layer3(eighth).relu()
    let early = pag3(layer3_(eighth), compression3(sixteenth)).relu()
    let edges = (layer3_d(eighth) + resized(diff3(sixteenth))).relu()

    let deep = layer4(sixteenth).relu()
    let late = pag4(layer4_(early), compression4(deep)).relu()
    let boundaries = (layer4_d(edges) + resized(diff4(deep))).relu()

    let context = resized(spp(layer5(deep)))
    let fused = dfm(detail: layer5_(late), context: context, boundaries: layer5_d(boundaries))
    var output = SegmentationOutput(logits: finalLayer(fused), resizedTo: x.spatialSize)
    if heads, let segheadP, let segheadD {
      output.auxiliary = [segheadP(early).resized(to: x.spatialSize)]
      output.detail = segheadD(boundaries)
    }
    return output
  }

  static let summary = NetworkSummary(
    family: "pidnet", title: "PIDNet: A Real-time Semantic Segmentation Network Inspired by PID Controllers",
    year: 2022, paper: "https://arxiv.org/abs/2206.02066", heads: .auxiliary, defaultHeads: .auxiliary, stride: 8)
}

extension PIDNet {
  /// Pixel-attention-guided fusion: each place takes a share of the context, the larger the more alike the two are.
  final class PixelAttention: Module {
    let fX, fY: ConvBNAct

    init(_ channels: Int, _ width: Int) {
      fX = ConvBNAct(channels, width, kernel: 1, activation: .none)
      fY = ConvBNAct(channels, width, kernel: 1, activation: .none)
    }

    func callAsFunction(_ detail: Tensor, _ context: Tensor) -> Tensor {
      func resized(_ map: Tensor) -> Tensor { map.upsampleBilinear2d(size: detail.spatialSize, alignCorners: false) }
      let share = (fX(detail) * resized(fY(context))).sum([1], keep: true).sigmoid()
      return (1 - share) * detail + share * resized(context)
    }
  }

  /// Boundary-attention-guided fusion: detail counts at boundaries, and context elsewhere.
  final class BoundaryFusion: Module {
    let convP, convI: ConvBNAct?
    let conv: BNActConv?

    /// - Parameter isLight: Whether two 1x1 convolutions take the place of one of 3x3.
    init(_ channels: Int, isLight: Bool) {
      convP = isLight ? ConvBNAct(channels, channels, kernel: 1, activation: .none) : nil
      convI = isLight ? ConvBNAct(channels, channels, kernel: 1, activation: .none) : nil
      conv = isLight ? nil : BNActConv(channels, channels, kernel: 3)
    }

    func callAsFunction(detail: Tensor, context: Tensor, boundaries: Tensor) -> Tensor {
      let share = boundaries.sigmoid()
      guard let convP, let convI else { return conv!(share * detail + (1 - share) * context) }
      return convP((1 - share) * context + detail) + convI(context + share * detail)
    }
  }
}
