import Torch

/// TopFormer: token pyramid transformer for mobile semantic segmentation (2022, <https://arxiv.org/abs/2204.05525>).
///
/// Inverted residuals make maps at 1/4 to 1/32. Their means at 1/64 are joined, and attention between all of those pixels
/// follows. The result is split again and weighs the maps. It takes images whose height and width are multiples of 32.
///
/// Scores are resized without aligned corners.
public final class TopFormer: SegmentationModel {
  /// The size of the network.
  public enum Variant: String, Sendable, CaseIterable {
    case tiny = "t"
    case small = "s"
    case base = "b"

    /// The channels of the maps at 1/4, 1/8, 1/16 and 1/32 of the image's size.
    var channels: [Int] {
      switch self {
      case .tiny: [16, 32, 64, 96]
      case .small: [24, 48, 96, 128]
      case .base: [32, 64, 128, 160]
      }
    }
    /// The channels of the head.
    var width: Int {
      switch self {
      case .tiny: 128
      case .small: 192
      case .base: 256
      }
    }
    /// The heads of the attention.
    var heads: Int {
      switch self {
      case .tiny: 4
      case .small: 6
      case .base: 8
      }
    }
  }

  let backbone: Backbone
  let decodeHead: Head

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .tiny, classes: Int) {
    backbone = Backbone(variant)
    decodeHead = Head(variant.width, isDepthwise: variant == .tiny, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    SegmentationOutput(logits: decodeHead(backbone(x)), resizedTo: x.spatialSize, alignCorners: false)
  }

  static let summary = NetworkSummary(
    family: "topformer", title: "TopFormer: Token Pyramid Transformer for Mobile Semantic Segmentation", year: 2022,
    paper: "https://arxiv.org/abs/2204.05525", stride: 32)
}

extension TopFormer {
  final class Backbone: Module {
    let tpm: Pyramid
    let trans: Blocks
    let SIM: [Module]
    private let channels: [Int]

    init(_ variant: Variant) {
      channels = variant.channels
      tpm = Pyramid(variant)
      trans = Blocks(channels.reduce(0, +), heads: variant.heads, count: 4, dropRate: 0.1)
      SIM = [Identity()] + channels.dropFirst().map { Injection($0, variant.width) }
    }

    /// The maps at 1/8, 1/16 and 1/32 of the size of images [N, 3, H, W].
    func callAsFunction(_ x: Tensor) -> [Tensor] {
      let maps = tpm(x)
      let last = maps[maps.count - 1].spatialSize
      let size = ImageSize(height: (last.height + 1) / 2, width: (last.width + 1) / 2)
      let parts = trans(cat(maps.map { $0.adaptiveAvgPool2d(to: size) })).split(channels)
      return (1..<4).map { (SIM[$0] as! Injection)(maps[$0], parts[$0]) }
    }
  }

  /// A convolution and its normalization. Keys: "c", "bn".
  final class ConvBN: Module, Layer {
    let c: Conv2d
    let bn: BatchNorm2d

    init(_ inputs: Int, _ outputs: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1) {
      c = Conv2d(
        inputs, outputs, kernel: IntPair(kernel), stride: IntPair(stride), padding: .centered, groups: groups,
        bias: false)
      bn = BatchNorm2d(outputs)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { bn(c(x)) }
  }

  /// Inverted residuals. Keys: "stem", "layer1", "layer2", ...
  final class Pyramid: Module {
    private let stem: Sequential
    private let layers: [Inverted]
    /// The numbers of layers after which the maps come out.
    private let ends: [Int]

    init(_ variant: Variant) {
      let channels = variant.channels
      stem = Sequential(ConvBN(ImageChannels.count, 16, kernel: 3, stride: 2), Activation(.relu))
      let stages = [(3, [1], 16), (3, [4, 3], channels[0]), (5, [3, 3], channels[1]), (3, [3, 3], channels[2])]
      let last = (5, variant == .tiny ? [6, 6] : [6, 6, 6], channels[3])
      var layers: [Inverted] = []
      var ends: [Int] = []
      var inputs = 16
      for (stage, (kernel, expansions, outputs)) in (stages + [last]).enumerated() {
        for (index, expansion) in expansions.enumerated() {
          // The third block of the last stage is smaller.
          layers.append(
            Inverted(
              inputs, outputs, kernel: index == 2 ? 3 : kernel, stride: stage > 0 && index == 0 ? 2 : 1,
              expansion: expansion))
          inputs = outputs
        }
        ends.append(layers.count)
      }
      self.layers = layers
      self.ends = ends
    }

    override var children: [(name: String, module: Module)] {
      [("stem", stem)] + layers.enumerated().map { ("layer\($0 + 1)", $1) }
    }

    func callAsFunction(_ x: Tensor) -> [Tensor] {
      var x = stem(x)
      var maps: [Tensor] = []
      for (start, end) in zip([0] + ends, ends) {
        x = layers[start..<end].reduce(x) { $1($0) }
        maps.append(x)
      }
      return Array(maps.dropFirst())
    }
  }

  /// Widens if `expansion` is above 1, filters by channel, and narrows. The input is added if size and channels stay.
  final class Inverted: Module {
    let conv: Sequential
    private let addsInput: Bool

    init(_ inputs: Int, _ outputs: Int, kernel: Int, stride: Int, expansion: Int) {
      let width = inputs * expansion
      let widen: [any Layer] = expansion == 1 ? [] : [ConvBN(inputs, width), Activation(.relu)]
      conv = Sequential(
        widen + [
          ConvBN(width, width, kernel: kernel, stride: stride, groups: width), Activation(.relu),
          ConvBN(width, outputs),
        ])
      addsInput = stride == 1 && inputs == outputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor { addsInput ? x + conv(x) : conv(x) }
  }

  final class Blocks: Module {
    let transformerBlocks: [Block]

    init(_ channels: Int, heads: Int, count: Int, dropRate: Double) {
      transformerBlocks = StochasticDepth.rates(upTo: dropRate, count: count).map {
        Block(channels, heads: heads, dropRate: $0)
      }
    }

    func callAsFunction(_ x: Tensor) -> Tensor { transformerBlocks.reduce(x) { $1($0) } }
  }

  /// Attention, then a small network on each pixel and its neighbors, each added to its input.
  final class Block: Module {
    let attn: Attention
    let dropPath: StochasticDepth
    let mlp: FeedForward

    init(_ channels: Int, heads: Int, dropRate: Double) {
      attn = Attention(channels, heads: heads)
      dropPath = StochasticDepth(dropRate)
      mlp = FeedForward(channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let attended = x + dropPath(attn(x))
      return attended + dropPath(mlp(attended))
    }
  }

  final class Attention: Module {
    let toQ, toK, toV: ConvBN
    let proj: Sequential
    private let heads: Int

    init(_ channels: Int, heads: Int) {
      (toQ, toK, toV) = (ConvBN(channels, 16 * heads), ConvBN(channels, 16 * heads), ConvBN(channels, 32 * heads))
      proj = Sequential(Activation(.relu6), ConvBN(32 * heads, channels))
      self.heads = heads
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let (batch, size) = (x.size(0), x.spatialSize)
      func parts(_ x: Tensor) -> Tensor { x.reshape([batch, heads, -1, size.height * size.width]) }
      let weights = parts(toQ(x)).transpose(2, 3).matmul(parts(toK(x))).softmax(dimension: -1)
      let mixed = weights.matmul(parts(toV(x)).transpose(2, 3))
      return proj(mixed.transpose(2, 3).reshape([batch, 32 * heads, size.height, size.width]))
    }
  }

  /// Widens twofold, mixes each pixel with its neighbors, and narrows.
  final class FeedForward: Module {
    let fc1: ConvBN
    let dwconv: Conv2d
    let fc2: ConvBN

    init(_ channels: Int) {
      fc1 = ConvBN(channels, 2 * channels)
      dwconv = Conv2d(2 * channels, 2 * channels, kernel: 3, padding: 1, groups: 2 * channels)
      fc2 = ConvBN(2 * channels, channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { fc2(dwconv(fc1(x)).hardtanh(0, 6)) }
  }

  /// Weighs a map by gates from its part of the attention's result, and adds that part.
  final class Injection: Module {
    let localEmbedding: ConvModule
    let globalEmbedding: ConvModule
    let globalAct: ConvModule

    init(_ inputs: Int, _ outputs: Int) {
      localEmbedding = ConvModule(inputs, outputs, activation: .none)
      globalEmbedding = ConvModule(inputs, outputs, activation: .none)
      globalAct = ConvModule(inputs, outputs, activation: .none)
    }

    func callAsFunction(_ map: Tensor, _ part: Tensor) -> Tensor {
      let size = map.spatialSize
      let gate = globalAct(part).hardsigmoid().resizedByEdges(to: size)
      return localEmbedding(map) * gate + globalEmbedding(part).resizedByEdges(to: size)
    }
  }

  /// Adds the maps at 1/8, mixes them, and computes the scores.
  final class Head: Module {
    let convSeg: Conv2d
    let dropout = Dropout(0.1, channels: true)
    let linearFuse: ConvModule

    init(_ width: Int, isDepthwise: Bool, classes: Int) {
      convSeg = Conv2d(width, classes, kernel: 1)
      linearFuse = ConvModule(width, width, groups: isDepthwise ? width : 1)
    }

    func callAsFunction(_ maps: [Tensor]) -> Tensor {
      let size = maps[0].spatialSize
      let sum = maps.dropFirst().reduce(maps[0]) { $0 + $1.resizedByEdges(to: size) }
      return convSeg(dropout(linearFuse(sum)))
    }
  }
}
