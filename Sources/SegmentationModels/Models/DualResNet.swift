import Torch

/// DDRNet as its authors publish it, under the name that their code gives it (2021,
/// <https://arxiv.org/abs/2101.06085>; github.com/ydhongHIT/DDRNet).
///
/// It differs from ``DDRNet``, which follows the PyTorch reference: in its pyramid pooling and heads normalizations stand
/// before the convolutions, the exchange at 1/32 goes through two convolutions, and nothing is resized with aligned
/// corners. The checkpoints of the authors load into it. It takes images whose height and width are multiples of 8.
///
/// The auxiliary head reads the branch of detail after the first exchanges. Its scores have the size of the images.
public final class DualResNet: SegmentationModel {
  /// The width and depth, as the paper names them.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// DDRNet-23-slim, with half as many channels as DDRNet-23.
    case slim23 = "23slim"
    /// DDRNet-23.
    case standard23 = "23"
    /// DDRNet-39.
    case standard39 = "39"

    var width: Int { self == .slim23 ? 32 : 64 }
    var headWidth: Int { self == .slim23 ? 64 : self == .standard23 ? 128 : 256 }
    /// Residual blocks of layers 1, 2 and 4. Layer 3 has as many as layer 4 in each of its parts.
    var blocks: (first: Int, second: Int, deep: Int) { self == .standard39 ? (3, 4, 3) : (2, 2, 2) }
  }

  let conv1: DualResolutionStem
  let layer1, layer2: Sequential
  let layer3: Sequential?
  let layer3_1, layer3_2: Sequential?
  let layer4: Sequential
  let compression3: ConvBNAct?
  let compression3_1, compression3_2: ConvBNAct?
  let compression4: ConvBNAct
  let down3: ConvBNAct?
  let down3_1, down3_2: ConvBNAct?
  let down4: Sequential
  let layer3_: Sequential?
  let layer3_1_, layer3_2_: Sequential?
  let layer4_: Sequential
  let layer5_: Sequential
  let layer5: Sequential
  let spp: PyramidContext
  let segheadExtra: NormalizedHead?
  let finalLayer: NormalizedHead

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  ///   - heads: The heads that serve training alone.
  public init(_ variant: Variant = .slim23, classes: Int, heads: Heads = []) {
    let (width, blocks) = (variant.width, variant.blocks)
    let high = 2 * width
    func chain(_ inputs: Int, _ outputs: Int, _ count: Int, stride: Int = 1) -> Sequential {
      ResNet.Block.chain(inputs, outputs, count: count, stride: stride)
    }
    func exchange(_ inputs: Int, _ outputs: Int, raises: Bool) -> ConvBNAct {
      ConvBNAct(inputs, outputs, kernel: raises ? 1 : 3, stride: raises ? 1 : 2, activation: .none)
    }
    let isDeep = variant == .standard39
    conv1 = DualResolutionStem(width)
    layer1 = chain(width, width, blocks.first)
    layer2 = chain(width, high, blocks.second, stride: 2)
    layer3 = isDeep ? nil : chain(high, 4 * width, blocks.deep, stride: 2)
    layer3_1 = isDeep ? chain(high, 4 * width, blocks.deep, stride: 2) : nil
    layer3_2 = isDeep ? chain(4 * width, 4 * width, blocks.deep) : nil
    layer4 = chain(4 * width, 8 * width, blocks.deep, stride: 2)
    compression3 = isDeep ? nil : exchange(4 * width, high, raises: true)
    compression3_1 = isDeep ? exchange(4 * width, high, raises: true) : nil
    compression3_2 = isDeep ? exchange(4 * width, high, raises: true) : nil
    compression4 = exchange(8 * width, high, raises: true)
    down3 = isDeep ? nil : exchange(high, 4 * width, raises: false)
    down3_1 = isDeep ? exchange(high, 4 * width, raises: false) : nil
    down3_2 = isDeep ? exchange(high, 4 * width, raises: false) : nil
    down4 = Sequential(
      ConvBNAct(high, 4 * width, stride: 2).layers
        + ConvBNAct(4 * width, 8 * width, stride: 2, activation: .none).layers)
    layer3_ = isDeep ? nil : chain(high, high, blocks.deep)
    layer3_1_ = isDeep ? chain(high, high, blocks.deep) : nil
    layer3_2_ = isDeep ? chain(high, high, blocks.deep) : nil
    layer4_ = chain(high, high, blocks.deep)
    layer5_ = ResNet.Block.chain(high, 2 * high, count: 1, expansion: 2)
    layer5 = ResNet.Block.chain(8 * width, 16 * width, count: 1, stride: 2, expansion: 2)
    spp = PyramidContext(16 * width, width: 128, 4 * width)
    segheadExtra =
      heads.contains(.auxiliary) ? NormalizedHead(high, width: variant.headWidth, classes: classes) : nil
    finalLayer = NormalizedHead(4 * width, width: variant.headWidth, classes: classes)
    super.init()
    initializeConvolutionsLikeTorchvision()
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    func resized(_ map: Tensor, like other: Tensor) -> Tensor {
      map.upsampleBilinear2d(size: other.spatialSize, alignCorners: false)
    }
    // Each stage gives the sums of an exchange, which pass ReLU where they are read.
    func stage(
      _ low: Tensor, _ high: Tensor, _ deep: Sequential?, _ fine: Sequential?, up: ConvBNAct?, down: (any Layer)?
    ) -> (low: Tensor, high: Tensor) {
      let (deeper, finer) = (deep!(low.relu()), fine!(high.relu()))
      return (deeper + down!(finer.relu()), finer + resized(up!(deeper.relu()), like: finer))
    }
    let eighth = layer2(layer1(conv1(x)).relu())
    var (low, high) =
      layer3 == nil
      ? stage(eighth, eighth, layer3_1, layer3_1_, up: compression3_1, down: down3_1)
      : stage(eighth, eighth, layer3, layer3_, up: compression3, down: down3)
    if layer3_2 != nil {
      (low, high) = stage(low, high, layer3_2, layer3_2_, up: compression3_2, down: down3_2)
    }
    let early = high
    (low, high) = stage(low, high, layer4, layer4_, up: compression4, down: down4)
    let detail = layer5_(high.relu())
    let context = resized(spp(layer5(low.relu())), like: detail)
    var output = SegmentationOutput(logits: resized(finalLayer(context + detail), like: x))
    if heads, let segheadExtra { output.auxiliary = [resized(segheadExtra(early), like: x)] }
    return output
  }

  static let summary = NetworkSummary(
    family: "dualresnet",
    title: "Deep Dual-resolution Networks for Real-time and Accurate Semantic Segmentation of Road Scenes", year: 2021,
    paper: "https://arxiv.org/abs/2101.06085", heads: .auxiliary, defaultHeads: .auxiliary, stride: 8)
}
