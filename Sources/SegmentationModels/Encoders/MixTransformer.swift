import Torch

/// Mix Transformer, SegFormer's encoder (2021, <https://arxiv.org/abs/2105.15203>): overlapping patches, attention to a
/// shrunken map, and depthwise convolutions in place of position codes.
///
/// It has no feature map at half the image's size.
public final class MixTransformer: Module, FeatureEncoder {
  /// The size of the network, by segmentation_models.pytorch's name.
  public enum Variant: String, Sendable, CaseIterable {
    case b0 = "mit_b0"
    case b1 = "mit_b1"
    case b2 = "mit_b2"
    case b3 = "mit_b3"
    case b4 = "mit_b4"
    case b5 = "mit_b5"

    /// Blocks of each stage.
    var blocks: [Int] {
      switch self {
      case .b0, .b1: [2, 2, 2, 2]
      case .b2: [3, 4, 6, 3]
      case .b3: [3, 4, 18, 3]
      case .b4: [3, 8, 27, 3]
      case .b5: [3, 6, 40, 3]
      }
    }

    var channels: [Int] { self == .b0 ? [32, 64, 160, 256] : [64, 128, 320, 512] }
  }

  let patchEmbed1, patchEmbed2, patchEmbed3, patchEmbed4: PatchEmbedding
  let block1: [Block]
  let norm1: LayerNorm
  let block2: [Block]
  let norm2: LayerNorm
  let block3: [Block]
  let norm3: LayerNorm
  let block4: [Block]
  let norm4: LayerNorm
  /// The channels of the feature maps at 1/1 to 1/32 of the image's size; there is no map at 1/2, which counts as 0
  /// channels.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let channels = variant.channels
    func patches(_ index: Int) -> PatchEmbedding {
      PatchEmbedding(
        channels[index - 1], channels[index], kernel: 3, stride: options.stride(at: 4 << index),
        dilation: options.dilation(at: 4 << index))
    }
    patchEmbed1 = PatchEmbedding(options.inputChannels, channels[0], kernel: 7, stride: 4, dilation: 1)
    patchEmbed2 = patches(1)
    patchEmbed3 = patches(2)
    patchEmbed4 = patches(3)
    let blockCount = variant.blocks.reduce(0, +)
    func blocks(_ index: Int) -> [Block] {
      let first = variant.blocks.prefix(index).reduce(0, +)
      return (0..<variant.blocks[index]).map { block in
        Block(
          channels[index], heads: [1, 2, 5, 8][index], shrink: [8, 4, 2, 1][index],
          dilation: options.dilation(at: 4 << index), dropRate: 0.1 * Double(first + block) / Double(blockCount - 1))
      }
    }
    func norm(_ index: Int) -> LayerNorm { LayerNorm(channels[index], epsilon: 1e-6) }
    block1 = blocks(0)
    norm1 = norm(0)
    block2 = blocks(1)
    norm2 = norm(1)
    block3 = blocks(2)
    norm3 = norm(2)
    block4 = blocks(3)
    norm4 = norm(3)
    featureChannels = [options.inputChannels, 0] + channels
    super.init()
    visit { _, module in
      if let conv = module as? Conv2d {
        conv.weight.initializeKaimingNormalFanOut(groups: conv.groups)
        conv.bias?.initializeZero()
      } else if let linear = module as? Linear {
        linear.weight.initializeNormal(std: 0.02)
        linear.bias?.initializeZero()
      }
    }
  }

  /// The spelling of the authors' files.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "head.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves; the map at 1/2 is
  /// empty.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    let size = images.spatialSize
    let none = Tensor.zeros(
      [images.size(0), 0, size.height / 2, size.width / 2], dtype: images.dtype, device: images.device)
    var maps = [images, none]
    let stages = [
      (patchEmbed1, block1, norm1), (patchEmbed2, block2, norm2), (patchEmbed3, block3, norm3),
      (patchEmbed4, block4, norm4),
    ]
    for (patches, blocks, norm) in stages.prefix(depth - 1) {
      let (tokens, size) = patches(maps.count == 2 ? images : maps[maps.count - 1])
      maps.append(norm(blocks.reduce(tokens) { $1($0, size: size) }).asMap(size))
    }
    return maps
  }

  /// Overlapping patches as tokens: [N, C, H, W] in, [N, h·w, channels] and (h, w) out.
  final class PatchEmbedding: Module {
    let proj: Conv2d
    let norm: LayerNorm

    init(_ inputs: Int, _ outputs: Int, kernel: Int, stride: Int, dilation: Int) {
      proj = Conv2d(
        inputs, outputs, kernel: IntPair(kernel), stride: IntPair(stride), padding: .centered,
        dilation: IntPair(dilation))
      norm = LayerNorm(outputs)
    }

    func callAsFunction(_ x: Tensor) -> (tokens: Tensor, size: ImageSize) {
      let map = proj(x)
      return (norm(map.asTokens()), map.spatialSize)
    }
  }

  /// Attention, then a small network on each token and its neighbors, each added to its input.
  final class Block: Module {
    let norm1: LayerNorm
    let attn: Attention
    let norm2: LayerNorm
    let mlp: MixFeedForward
    private let dropRate: Double

    init(_ channels: Int, heads: Int, shrink: Int, dilation: Int, dropRate: Double) {
      norm1 = LayerNorm(channels, epsilon: 1e-6)
      attn = Attention(channels, heads: heads, shrink: shrink, dilation: dilation)
      norm2 = LayerNorm(channels, epsilon: 1e-6)
      mlp = MixFeedForward(channels, dilation: dilation)
      self.dropRate = dropRate
    }

    func callAsFunction(_ x: Tensor, size: ImageSize) -> Tensor {
      let attended = x + attn(norm1(x), size: size).droppedInTraining(dropRate, training: isTraining)
      return attended + mlp(norm2(attended), size: size).droppedInTraining(dropRate, training: isTraining)
    }
  }

  /// Attention of all tokens to the tokens of a map shrunk by a strided convolution.
  final class Attention: Module {
    let q: Linear
    let kv: Linear
    let proj: Linear
    let sr: Conv2d?
    let norm: LayerNorm?
    private let heads: Int

    /// - Parameter dilation: The dilation that replaces the stride of the shrinking convolution if it is above 1.
    init(_ channels: Int, heads: Int, shrink: Int, dilation: Int) {
      q = Linear(channels, channels)
      kv = Linear(channels, 2 * channels)
      proj = Linear(channels, channels)
      sr =
        shrink > 1
        ? Conv2d(
          channels, channels, kernel: IntPair(shrink), stride: IntPair(dilation > 1 ? 1 : shrink),
          padding: .fixed(IntPair(dilation > 1 ? shrink / 2 * dilation : 0)), dilation: IntPair(dilation)) : nil
      norm = shrink > 1 ? LayerNorm(channels) : nil
      self.heads = heads
    }

    func callAsFunction(_ x: Tensor, size: ImageSize) -> Tensor {
      let (batch, count, channels) = (x.size(0), x.size(1), x.size(2))
      let width = channels / heads
      let queries = q(x).reshape([batch, count, heads, width]).permute([0, 2, 1, 3])
      var source = x
      if let sr, let norm { source = norm(sr(x.asMap(size)).asTokens()) }
      let both = kv(source).reshape([batch, -1, 2, heads, width]).permute([2, 0, 3, 1, 4])
      let weights = (queries.matmul(both.select(0, dimension: 0).transpose(-2, -1)) * (1 / Double(width).squareRoot()))
        .softmax(dimension: -1)
      let mixed = weights.matmul(both.select(1, dimension: 0))
      return proj(mixed.transpose(1, 2).reshape([batch, count, channels]))
    }
  }

  /// Widens tokens fourfold, mixes each with its neighbors, and narrows them again.
  final class MixFeedForward: Module {
    let fc1: Linear
    let dwconv: Depthwise
    let fc2: Linear

    init(_ channels: Int, dilation: Int) {
      fc1 = Linear(channels, 4 * channels)
      dwconv = Depthwise(4 * channels, dilation: dilation)
      fc2 = Linear(4 * channels, channels)
    }

    func callAsFunction(_ x: Tensor, size: ImageSize) -> Tensor {
      fc2(dwconv.dwconv(fc1(x).asMap(size)).asTokens().gelu())
    }
  }

  final class Depthwise: Module {
    let dwconv: Conv2d

    init(_ channels: Int, dilation: Int) {
      dwconv = Conv2d(
        channels, channels, kernel: 3, padding: .centered, dilation: IntPair(dilation), groups: channels)
    }
  }
}
