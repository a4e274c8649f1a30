import Torch

/// Vision Transformer (2020, <https://arxiv.org/abs/2010.11929>), with timm's key names: patches of 16x16 pixels are tokens, and
/// all of them attend to each other at one size.
///
/// The codes of the patches' positions were learned for images of 224x224 pixels and are resized for others.
public final class VisionTransformer: Module, Pretrainable {
  /// The size of the network, by timm's name.
  public enum Variant: String, Sendable, CaseIterable {
    case tiny = "vit_tiny_patch16_224"
    case small = "vit_small_patch16_224"
    case base = "vit_base_patch16_224"

    /// The numbers of a token.
    var channels: Int {
      switch self {
      case .tiny: 192
      case .small: 384
      case .base: 768
      }
    }
  }

  static let patch = 16
  /// The patches along a side of the images that the position codes were learned for.
  private static let side = 14
  private static let blockCount = 12

  /// The token that stands for the whole image.
  @Parameter var clsToken: Tensor
  @Parameter var posEmbed: Tensor
  let patchEmbed: PatchEmbedding
  let blocks: [Block]
  // The last two layers of the classification network: checkpoints have them, and DPT does not use them.
  let norm: LayerNorm
  let head: Linear

  /// Makes an encoder with random weights.
  public init(_ variant: Variant) {
    let channels = variant.channels
    _clsToken = Parameter(wrappedValue: .empty([1, 1, channels]))
    _posEmbed = Parameter(wrappedValue: .empty([1, 1 + Self.side * Self.side, channels]))
    patchEmbed = PatchEmbedding(channels)
    blocks = (0..<Self.blockCount).map { _ in Block(channels) }
    norm = LayerNorm(channels, epsilon: 1e-6)
    head = Linear(channels, 1000)
    super.init()
    clsToken.initializeNormal(std: 1e-6)
    posEmbed.initializeNormal(std: 0.02)
    visit { _, module in
      guard let linear = module as? Linear else { return }
      linear.weight.initializeNormal(std: 0.02)
      linear.bias?.initializeZero()
    }
  }

  /// The spelling of timm's files.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "head.", added: ["head."]) }

  /// The tokens of images [N, C, H, W] after a quarter, a half, three quarters and all of the blocks, each
  /// [N, 1 + H/16·W/16, channels]; the first one stands for the whole image.
  func callAsFunction(_ images: Tensor) -> [Tensor] {
    let map = patchEmbed.proj(images)
    let whole = clsToken.expand([images.size(0), 1, clsToken.size(2)])
    var tokens = cat([whole, map.asTokens()]) + positions(for: map.spatialSize)
    return stride(from: 0, to: blocks.count, by: blocks.count / 4).map { first in
      tokens = blocks[first..<(first + blocks.count / 4)].reduce(tokens) { $1($0) }
      return tokens
    }
  }

  /// The position codes for a grid of patches, [1, 1 + h·w, channels].
  private func positions(for grid: ImageSize) -> Tensor {
    let (side, channels) = (Self.side, posEmbed.size(2))
    let codes = posEmbed.slice(1..<(1 + side * side), dimension: 1).reshape([1, side, side, channels])
    let cells = codes.permute([0, 3, 1, 2]).upsampleBicubic2d(size: grid, antialias: true)
    return cat([posEmbed.slice(0..<1, dimension: 1), cells.asTokens()])
  }

  final class PatchEmbedding: Module {
    let proj: Conv2d

    init(_ channels: Int) {
      proj = Conv2d(
        ImageChannels.count, channels, kernel: IntPair(VisionTransformer.patch),
        stride: IntPair(VisionTransformer.patch))
    }
  }

  /// Attention, then a small network on each token, each added to its input.
  final class Block: Module {
    let norm1: LayerNorm
    let attn: Attention
    let norm2: LayerNorm
    let mlp: FeedForward

    init(_ channels: Int) {
      norm1 = LayerNorm(channels, epsilon: 1e-6)
      attn = Attention(channels)
      norm2 = LayerNorm(channels, epsilon: 1e-6)
      mlp = FeedForward(channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let attended = x + attn(norm1(x))
      return attended + mlp(norm2(attended))
    }
  }

  final class Attention: Module {
    let qkv: Linear
    let proj: Linear
    /// The channels of one head.
    private let width = 64

    init(_ channels: Int) {
      qkv = Linear(channels, 3 * channels)
      proj = Linear(channels, channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let (batch, count, channels) = (x.size(0), x.size(1), x.size(2))
      let all = qkv(x).reshape([batch, count, 3, channels / width, width]).permute([2, 0, 3, 1, 4])
      let (queries, keys, values) = (
        all.select(0, dimension: 0), all.select(1, dimension: 0), all.select(2, dimension: 0)
      )
      let weights = (queries.matmul(keys.transpose(-2, -1)) * (1 / Double(width).squareRoot())).softmax(dimension: -1)
      return proj(weights.matmul(values).transpose(1, 2).reshape([batch, count, channels]))
    }
  }

  /// Widens tokens fourfold and narrows them again.
  final class FeedForward: Module {
    let fc1: Linear
    let fc2: Linear

    init(_ channels: Int) {
      fc1 = Linear(channels, 4 * channels)
      fc2 = Linear(4 * channels, channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { fc2(fc1(x).gelu()) }
  }
}
