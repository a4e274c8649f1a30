import Torch

/// SegNeXt: rethinking convolutional attention design for semantic segmentation (2022, <https://arxiv.org/abs/2209.08575>), with
/// mmsegmentation's key names.
///
/// The encoder weighs each pixel by depthwise convolutions of several shapes, up to 21 pixels long. The decoder approximates the
/// joined maps by a product of two small matrices without negative numbers, found in seven steps for each image, and so
/// keeps what repeats over the image. It takes images whose height and width are multiples of 32.
///
/// The steps begin with fixed numbers, while the original draws them anew for each image. In training there are six steps.
/// Scores are resized without aligned corners.
public final class SegNeXt: SegmentationModel {
  /// The size of the network.
  public enum Variant: String, Sendable, CaseIterable {
    case tiny = "t"
    case small = "s"
    case base = "b"

    var channels: [Int] { self == .tiny ? [32, 64, 160, 256] : [64, 128, 320, 512] }
    /// The blocks of each stage.
    var blocks: [Int] {
      switch self {
      case .tiny: [3, 3, 5, 2]
      case .small: [2, 2, 4, 2]
      case .base: [3, 3, 12, 3]
      }
    }
    /// The channels of the decoder.
    var width: Int { self == .base ? 512 : 256 }
  }

  let backbone: Backbone
  let decodeHead: Head

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .tiny, classes: Int) {
    backbone = Backbone(variant)
    decodeHead = Head(variant.channels.dropFirst().reduce(0, +), width: variant.width, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    SegmentationOutput(logits: decodeHead(backbone(x)), resizedTo: x.spatialSize, alignCorners: false)
  }

  static let summary = NetworkSummary(
    family: "segnext", title: "SegNeXt: Rethinking Convolutional Attention Design for Semantic Segmentation",
    year: 2022,
    paper: "https://arxiv.org/abs/2209.08575", stride: 32)
}

// MARK: - Encoder

extension SegNeXt {
  final class Backbone: Module, Pretrainable {
    let patchEmbed1: Stem
    let block1: [Block]
    let norm1: LayerNorm
    let patchEmbed2: Shrinking
    let block2: [Block]
    let norm2: LayerNorm
    let patchEmbed3: Shrinking
    let block3: [Block]
    let norm3: LayerNorm
    let patchEmbed4: Shrinking
    let block4: [Block]
    let norm4: LayerNorm

    init(_ variant: Variant) {
      let (channels, counts) = (variant.channels, variant.blocks)
      let rates = StochasticDepth.rates(upTo: 0.1, count: counts.reduce(0, +))
      func blocks(_ stage: Int) -> [Block] {
        let first = counts[..<stage].reduce(0, +)
        return (0..<counts[stage]).map {
          Block(channels[stage], expansion: stage < 2 ? 8 : 4, dropRate: rates[first + $0])
        }
      }
      patchEmbed1 = Stem(channels[0])
      block1 = blocks(0)
      norm1 = LayerNorm(channels[0])
      patchEmbed2 = Shrinking(channels[0], channels[1])
      block2 = blocks(1)
      norm2 = LayerNorm(channels[1])
      patchEmbed3 = Shrinking(channels[1], channels[2])
      block3 = blocks(2)
      norm3 = LayerNorm(channels[2])
      patchEmbed4 = Shrinking(channels[2], channels[3])
      block4 = blocks(3)
      norm4 = LayerNorm(channels[3])
      super.init()
      visit { _, module in
        guard let conv = module as? Conv2d else { return }
        conv.weight.initializeKaimingNormalFanOut(groups: conv.groups)
        conv.bias?.initializeZero()
      }
    }

    /// The spelling of mmsegmentation's files.
    var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "head.") }

    /// The maps of images [N, 3, H, W] at 1/8, 1/16 and 1/32 of their size.
    func callAsFunction(_ x: Tensor) -> [Tensor] {
      func normalized(_ norm: LayerNorm, _ x: Tensor) -> Tensor { norm(x.asTokens()).asMap(x.spatialSize) }
      let quarter = normalized(norm1, block1.reduce(patchEmbed1(x)) { $1($0) })
      let eighth = normalized(norm2, block2.reduce(patchEmbed2(quarter)) { $1($0) })
      let sixteenth = normalized(norm3, block3.reduce(patchEmbed3(eighth)) { $1($0) })
      return [eighth, sixteenth, normalized(norm4, block4.reduce(patchEmbed4(sixteenth)) { $1($0) })]
    }
  }

  /// Two convolutions that halve the size.
  final class Stem: Module {
    let proj: Sequential

    init(_ outputs: Int) {
      proj = Sequential(
        Conv2d(ImageChannels.count, outputs / 2, kernel: 3, stride: 2, padding: 1), BatchNorm2d(outputs / 2),
        Activation(.gelu),
        Conv2d(outputs / 2, outputs, kernel: 3, stride: 2, padding: 1), BatchNorm2d(outputs))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { proj(x) }
  }

  final class Shrinking: Module {
    let proj: Conv2d
    let norm: BatchNorm2d

    init(_ inputs: Int, _ outputs: Int) {
      proj = Conv2d(inputs, outputs, kernel: 3, stride: 2, padding: 1)
      norm = BatchNorm2d(outputs)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { norm(proj(x)) }
  }

  /// Attention by convolutions, then a small network on each pixel and its neighbors, each added to its input.
  final class Block: Module {
    @Parameter var layer_scale_1: Tensor
    @Parameter var layer_scale_2: Tensor
    let norm1: BatchNorm2d
    let attn: Attention
    let dropPath: StochasticDepth
    let norm2: BatchNorm2d
    let mlp: FeedForward

    init(_ channels: Int, expansion: Int, dropRate: Double) {
      _layer_scale_1 = Parameter(wrappedValue: .full([channels], 0.01))
      _layer_scale_2 = Parameter(wrappedValue: .full([channels], 0.01))
      norm1 = BatchNorm2d(channels)
      attn = Attention(channels)
      dropPath = StochasticDepth(dropRate)
      norm2 = BatchNorm2d(channels)
      mlp = FeedForward(channels, width: expansion * channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      func scaled(_ x: Tensor, _ scale: Tensor) -> Tensor { dropPath(x * scale.unsqueeze(-1).unsqueeze(-1)) }
      let attended = x + scaled(attn(norm1(x)), layer_scale_1)
      return attended + scaled(mlp(norm2(attended)), layer_scale_2)
    }
  }

  final class Attention: Module {
    let proj_1: Conv2d
    let spatialGatingUnit: Gate
    let proj_2: Conv2d

    init(_ channels: Int) {
      proj_1 = Conv2d(channels, channels, kernel: 1)
      spatialGatingUnit = Gate(channels)
      proj_2 = Conv2d(channels, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { proj_2(spatialGatingUnit(proj_1(x).gelu())) + x }
  }

  /// Multiplies each value by what depthwise convolutions of several shapes give.
  final class Gate: Module {
    let conv0: Conv2d
    let conv0_1, conv0_2, conv1_1, conv1_2, conv2_1, conv2_2: Conv2d
    let conv3: Conv2d

    init(_ channels: Int) {
      func filter(_ kernel: IntPair) -> Conv2d {
        Conv2d(channels, channels, kernel: kernel, padding: .centered, groups: channels)
      }
      conv0 = filter(5)
      conv0_1 = filter([1, 7])
      conv0_2 = filter([7, 1])
      conv1_1 = filter([1, 11])
      conv1_2 = filter([11, 1])
      conv2_1 = filter([1, 21])
      conv2_2 = filter([21, 1])
      conv3 = Conv2d(channels, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let near = conv0(x)
      let sum = near + conv0_2(conv0_1(near)) + conv1_2(conv1_1(near)) + conv2_2(conv2_1(near))
      return conv3(sum) * x
    }
  }

  /// Widens, mixes each pixel with its neighbors, and narrows.
  final class FeedForward: Module {
    let fc1: Conv2d
    let dwconv: Conv2d
    let fc2: Conv2d

    init(_ channels: Int, width: Int) {
      fc1 = Conv2d(channels, width, kernel: 1)
      dwconv = Conv2d(width, width, kernel: 3, padding: 1, groups: width)
      fc2 = Conv2d(width, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { fc2(dwconv(fc1(x)).gelu()) }
  }
}

// MARK: - Decoder

extension SegNeXt {
  final class Head: Module {
    let convSeg: Conv2d
    let dropout = Dropout(0.1, channels: true)
    let squeeze: ConvModule
    let hamburger: Hamburger
    let align: ConvModule

    init(_ inputs: Int, width: Int, classes: Int) {
      convSeg = Conv2d(width, classes, kernel: 1)
      squeeze = ConvModule(inputs, width, .groups)
      hamburger = Hamburger(width)
      align = ConvModule(width, width, .groups)
    }

    func callAsFunction(_ maps: [Tensor]) -> Tensor {
      let size = maps[0].spatialSize
      return convSeg(dropout(align(hamburger(squeeze(cat(maps.map { $0.resizedByEdges(to: size) }))))))
    }
  }

  /// Adds what a product of two small matrices keeps of a map.
  final class Hamburger: Module {
    let hamIn: ConvModule
    let hamOut: ConvModule
    /// The number of columns of the first matrix, and of rows of the second one.
    private let rank = 16

    init(_ channels: Int) {
      hamIn = ConvModule(channels, channels, .none, activation: .none)
      hamOut = ConvModule(channels, channels, .groups, activation: .none)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let positive = hamIn(x).relu()
      let map = factorized(positive.flatten(from: 2)).reshape(positive.shape)
      return (x + hamOut(map)).relu()
    }

    /// The product of two matrices without negative numbers that is near to x, [N, channels, pixels], by multiplicative
    /// updates (<https://papers.nips.cc/paper/1861>).
    private func factorized(_ x: Tensor) -> Tensor {
      var bases = firstBases(like: x)
      var coefficients = x.transpose(1, 2).matmul(bases).softmax(dimension: -1)
      /// The coefficients that are better for these bases.
      func improved(_ coefficients: Tensor) -> Tensor {
        let aim = x.transpose(1, 2).matmul(bases)
        let now = coefficients.matmul(bases.transpose(1, 2).matmul(bases))
        return coefficients * aim / (now + 1e-6)
      }
      for _ in 0..<(isTraining ? 6 : 7) {
        coefficients = improved(coefficients)
        let aim = x.matmul(coefficients)
        let now = bases.matmul(coefficients.transpose(1, 2).matmul(coefficients))
        bases = bases * aim / (now + 1e-6)
      }
      return bases.matmul(improved(coefficients).transpose(1, 2))
    }

    /// Columns of length 1 with numbers spread evenly, [1, channels, rank]: the fractions of the squares of 0, 1, 2, ... times
    /// the golden ratio.
    private func firstBases(like x: Tensor) -> Tensor {
      let channels = x.size(1)
      let index = Tensor.range(channels * rank, dtype: .float64, device: x.device)
      let spread = index * index * 0.618_033_988_749_894_9
      let bases = (spread - spread.floor()).reshape([1, channels, rank])
      return (bases / (bases * bases).sum([1], keep: true).sqrt()).to(dtype: x.dtype)
    }
  }
}
