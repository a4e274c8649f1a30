import Torch

/// PP-MobileSeg: explore the fast and accurate semantic segmentation model on mobile devices (2023,
/// <https://arxiv.org/abs/2304.05152>), with mmsegmentation's key names.
///
/// MobileNetV3's blocks lead to 1/32 of the size; in the last two stages, attention along rows and along columns follows, at
/// half of the stage's size. Gates from the deeper maps weigh the shallower ones. It takes images whose height and width are
/// multiples of 32.
///
/// Scores are resized without aligned corners.
public final class PPMobileSeg: SegmentationModel {
  /// The size of the network.
  public enum Variant: String, Sendable, CaseIterable {
    case tiny = "t"
    case base = "b"

    var stages: [Stage] {
      switch self {
      case .tiny:
        [
          Stage([(3, 16, 16, .relu), (3, 64, 32, .relu), (3, 48, 24, .relu)], gated: [0], strided: 1),
          Stage([(5, 96, 32, .hardswish), (5, 96, 32, .hardswish)]),
          Stage([(5, 160, 64, .hardswish), (5, 160, 64, .hardswish)]),
          Stage([(3, 384, 128, .hardswish), (3, 384, 128, .hardswish)]),
        ]
      case .base:
        [
          Stage([(3, 16, 16, .relu), (3, 64, 32, .relu), (3, 96, 32, .relu)], gated: [0], strided: 1),
          Stage([(5, 128, 64, .hardswish), (5, 240, 64, .hardswish)]),
          Stage([(5, 384, 128, .hardswish), (5, 384, 128, .hardswish)]),
          Stage([(5, 768, 192, .hardswish), (5, 768, 192, .hardswish)]),
        ]
      }
    }

    /// The blocks of attention in each of the two last stages.
    var depth: Int { self == .tiny ? 2 : 3 }
    /// The heads of the attention.
    var heads: Int { self == .tiny ? 4 : 8 }
  }

  /// Blocks of MobileNetV3.
  struct Stage {
    /// The kernel, the width of the middle, the outputs and the activation of each block.
    let blocks: [(kernel: Int, width: Int, outputs: Int, activation: Activation.Kind)]
    /// The blocks that have channel gates.
    let gated: [Int]
    /// The block that halves the size.
    let strided: Int

    init(_ blocks: [(Int, Int, Int, Activation.Kind)], gated: [Int]? = nil, strided: Int = 0) {
      self.blocks = blocks.map { (kernel: $0.0, width: $0.1, outputs: $0.2, activation: $0.3) }
      self.gated = gated ?? Array(blocks.indices)
      self.strided = strided
    }

    var outputs: Int { blocks[blocks.count - 1].outputs }
  }

  let backbone: Backbone
  let decodeHead: Head

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .tiny, classes: Int) {
    backbone = Backbone(variant)
    decodeHead = Head(256, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    SegmentationOutput(logits: decodeHead(backbone(x)), resizedTo: x.spatialSize, alignCorners: false)
  }

  static let summary = NetworkSummary(
    family: "ppmobileseg",
    title: "PP-MobileSeg: Explore the Fast and Accurate Semantic Segmentation Model on Mobile Devices", year: 2023,
    paper: "https://arxiv.org/abs/2304.05152", stride: 32)
}

// MARK: - Encoder

extension PPMobileSeg {
  final class Backbone: Module, Pretrainable {
    let smb1, smb2, smb3, smb4: Blocks
    let trans1, trans2: Attentions
    let injModule: Module

    init(_ variant: Variant) {
      let stages = variant.stages
      let channels = [16] + stages.map(\.outputs)
      smb1 = Blocks(16, stages[0], hasStem: true)
      smb2 = Blocks(channels[1], stages[1])
      smb3 = Blocks(channels[2], stages[2])
      smb4 = Blocks(channels[3], stages[3])
      func attentions(_ channels: Int, key: Int, expansion: Int) -> Attentions {
        Attentions(channels, key: key, heads: variant.heads, expansion: expansion, count: variant.depth)
      }
      trans1 = attentions(channels[3], key: 16, expansion: 2)
      trans2 = attentions(channels[4], key: 24, expansion: 4)
      let maps = Array(channels[2...])
      injModule = variant == .tiny ? TinyInjection(maps, 256) : BaseInjection(maps, 256)
      super.init()
      visit { _, module in
        guard let conv = module as? Conv2d else { return }
        conv.weight.initializeKaimingNormalFanOut(groups: conv.groups)
        conv.bias?.initializeZero()
      }
    }

    /// The spelling of mmsegmentation's files.
    var pretrainedNames: PretrainedNames { PretrainedNames(within: self, added: ["inj_module."]) { $0 } }

    /// Features of images [N, 3, H, W], at 1/16 of their size in the tiny network, at 1/8 in the base one.
    func callAsFunction(_ x: Tensor) -> Tensor {
      let eighth = smb2(smb1(x))
      let sixteenth = trans1(smb3(eighth))
      let maps = [eighth, sixteenth, trans2(smb4(sixteenth))]
      return (injModule as? TinyInjection)?(maps) ?? (injModule as! BaseInjection)(maps)
    }
  }

  final class Blocks: Module {
    let conv: ConvModule?
    let blocks: [Inverted]

    init(_ inputs: Int, _ stage: Stage, hasStem: Bool = false) {
      conv = hasStem ? ConvModule(ImageChannels.count, inputs, kernel: 3, stride: 2, activation: .hardswish) : nil
      var inputs = inputs
      blocks = stage.blocks.enumerated().map { index, shape in
        defer { inputs = shape.outputs }
        return Inverted(
          inputs, shape.outputs, width: shape.width, kernel: shape.kernel, stride: index == stage.strided ? 2 : 1,
          isGated: stage.gated.contains(index), activation: shape.activation)
      }
    }

    func callAsFunction(_ x: Tensor) -> Tensor { blocks.reduce(conv?(x) ?? x) { $1($0) } }
  }

  /// Widens, filters by channel, gates and narrows. The input is added if size and channels stay.
  final class Inverted: Module {
    let expandConv: ConvModule
    let bottleneckConv: ConvModule
    let midSe: Gate?
    let linearConv: ConvModule
    private let addsInput: Bool

    init(
      _ inputs: Int, _ outputs: Int, width: Int, kernel: Int, stride: Int, isGated: Bool, activation: Activation.Kind
    ) {
      expandConv = ConvModule(inputs, width, activation: activation)
      bottleneckConv = ConvModule(
        width, width, kernel: kernel, stride: stride, groups: width, activation: activation)
      midSe = isGated ? Gate(width) : nil
      linearConv = ConvModule(width, outputs, activation: .none)
      addsInput = stride == 1 && inputs == outputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let filtered = bottleneckConv(expandConv(x))
      let y = linearConv(midSe?(filtered) ?? filtered)
      return addsInput ? x + y : y
    }
  }

  /// Multiplies each channel by a number between 0 and 1 found from all channels' means.
  final class Gate: Module {
    let convAct1: ConvModule
    let convAct2: ConvModule

    init(_ channels: Int) {
      convAct1 = ConvModule(channels, channels / 4, .none)
      convAct2 = ConvModule(channels / 4, channels, .none, activation: .none)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let scores = convAct2(convAct1(x.adaptiveAvgPool2d(1)))
      // This hard sigmoid has the slope 1/5.
      return x * (scores * 0.2 + 0.5).clamp(min: 0, max: 1)
    }
  }

  final class Attentions: Module {
    let transformerBlocks: [Block]

    init(_ channels: Int, key: Int, heads: Int, expansion: Int, count: Int) {
      transformerBlocks = StochasticDepth.rates(upTo: 0.1, count: count).map {
        Block(channels, key: key, heads: heads, expansion: expansion, dropRate: $0)
      }
    }

    func callAsFunction(_ x: Tensor) -> Tensor { transformerBlocks.reduce(x) { $1($0) } }
  }

  /// Attention, then a small network on each pixel and its neighbors, each added to its input.
  final class Block: Module {
    let attn: AxialAttention
    let dropPath: StochasticDepth
    let mlp: FeedForward

    init(_ channels: Int, key: Int, heads: Int, expansion: Int, dropRate: Double) {
      attn = AxialAttention(channels, key: key, heads: heads)
      dropPath = StochasticDepth(dropRate)
      mlp = FeedForward(channels, width: expansion * channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let attended = x + dropPath(attn(x))
      return attended + dropPath(mlp(attended))
    }
  }

  /// Attention between the means of rows, and between those of columns, at half the size.
  final class AxialAttention: Module {
    let toQ, toK, toV: ConvModule
    let strideConv: ConvModule
    let proj: ConvModule
    let projEncodeRow: ConvModule
    let posEmbRowq, posEmbRowk: Positions
    let projEncodeColumn: ConvModule
    let posEmbColumnq, posEmbColumnk: Positions
    let dwconv: ConvModule
    let pwconv: ConvModule
    private let heads: Int
    private let key: Int

    init(_ channels: Int, key: Int, heads: Int) {
      let (keys, values) = (key * heads, 2 * key * heads)
      func plain(_ inputs: Int, _ outputs: Int) -> ConvModule { ConvModule(inputs, outputs, activation: .none) }
      (toQ, toK, toV) = (plain(channels, keys), plain(channels, keys), plain(channels, values))
      strideConv = ConvModule(
        channels, channels, kernel: 3, stride: 2, groups: channels, bias: true, activation: .none)
      proj = plain(values, channels)
      projEncodeRow = plain(values, values)
      (posEmbRowq, posEmbRowk) = (Positions(keys), Positions(keys))
      projEncodeColumn = plain(values, values)
      (posEmbColumnq, posEmbColumnk) = (Positions(keys), Positions(keys))
      dwconv = ConvModule(2 * values, 2 * values, kernel: 3, groups: 2 * values, activation: .relu6)
      pwconv = plain(2 * values, channels)
      self.heads = heads
      self.key = key
    }

    func callAsFunction(_ input: Tensor) -> Tensor {
      let x = strideConv(input)
      let (q, k, v) = (toQ(x), toK(x), toV(x))
      let detail = pwconv(dwconv(cat([q, k, v])))
      let (batch, size) = (x.size(0), x.spatialSize)
      /// Attention between the means along an axis, [N, values, length].
      func attended(along axis: Int, _ queries: Positions, _ keys: Positions) -> Tensor {
        func parts(_ x: Tensor) -> Tensor { x.reshape([batch, heads, -1, x.size(2)]) }
        let products = parts(queries(q.mean([axis]))).transpose(2, 3).matmul(parts(keys(k.mean([axis]))))
        let weights = (products * (1 / Double(key).squareRoot())).softmax(dimension: -1)
        return weights.matmul(parts(v.mean([axis])).transpose(2, 3)).transpose(2, 3)
      }
      let rows = attended(along: 3, posEmbRowq, posEmbRowk).reshape([batch, -1, size.height, 1])
      let columns = attended(along: 2, posEmbColumnq, posEmbColumnk).reshape([batch, -1, 1, size.width])
      func encoded(_ conv: ConvModule, _ x: Tensor) -> Tensor { conv(x.hardtanh(0, 6)) }
      let sum = v + (encoded(projEncodeRow, rows) + encoded(projEncodeColumn, columns))
      return (encoded(proj, sum).hardsigmoid() * detail).resizedByEdges(to: input.spatialSize)
    }
  }

  /// Learned numbers for 16 places along an axis, resized to its length and added.
  final class Positions: Module {
    @Parameter var posEmbed: Tensor

    init(_ channels: Int) {
      _posEmbed = Parameter(wrappedValue: .empty([1, channels, 16]))
      super.init()
      posEmbed.initializeNormal(std: 1)
    }

    /// [N, channels, length] in and out.
    func callAsFunction(_ x: Tensor) -> Tensor {
      let size = ImageSize(height: 1, width: x.size(2))
      return x + posEmbed.unsqueeze(2).upsampleBilinear2d(size: size, alignCorners: false).squeeze(2)
    }
  }

  /// Widens, mixes each pixel with its neighbors, and narrows.
  final class FeedForward: Module {
    let fc1: ConvModule
    let dwconv: ConvModule
    let fc2: ConvModule

    init(_ channels: Int, width: Int) {
      fc1 = ConvModule(channels, width, activation: .none)
      dwconv = ConvModule(width, width, kernel: 3, groups: width, .none, activation: .relu6)
      fc2 = ConvModule(width, channels, activation: .none)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { fc2(dwconv(fc1(x))) }
  }
}

// MARK: - Decoder

extension PPMobileSeg {
  /// Gates from all three maps weigh the sum of the two larger ones, at 1/16.
  final class TinyInjection: Module {
    let embeddingList: [ConvModule]
    let actEmbeddingList: [ConvModule]

    init(_ channels: [Int], _ outputs: Int) {
      embeddingList = channels.map { ConvModule($0, outputs, activation: .none) }
      actEmbeddingList = channels.map { ConvModule($0, outputs, activation: .sigmoid) }
    }

    func callAsFunction(_ maps: [Tensor]) -> Tensor {
      let first = maps[0].upsampleBilinear2d(scale: 0.5, alignCorners: false)
      let size = first.spatialSize
      let second = maps[1].resizedByEdges(to: size)
      let gates = actEmbeddingList[0](first) * actEmbeddingList[1](second)
      let deepGate = actEmbeddingList[2](maps[2]).resizedByEdges(to: size)
      return gates * deepGate * (embeddingList[0](first) + embeddingList[1](second))
        + embeddingList[2](maps[2]).resizedByEdges(to: size)
    }
  }

  /// Gates from the two smaller maps weigh the largest one, at 1/8.
  final class BaseInjection: Module {
    let embeddingList: [ConvModule]
    let actEmbeddingList: [ConvModule]

    init(_ channels: [Int], _ outputs: Int) {
      embeddingList = [channels[0], channels[2]].map { ConvModule($0, outputs, activation: .none) }
      actEmbeddingList = channels.dropFirst().map { ConvModule($0, outputs, activation: .sigmoid) }
    }

    func callAsFunction(_ maps: [Tensor]) -> Tensor {
      let first = embeddingList[0](maps[0])
      let size = first.spatialSize
      let gate = actEmbeddingList[0](maps[1].resizedByEdges(to: size))
      let deepGate = actEmbeddingList[1](maps[2]).resizedByEdges(to: size)
      return gate * deepGate * first + embeddingList[1](maps[2]).resizedByEdges(to: size)
    }
  }

  final class Head: Module {
    let linearFuse: ConvModule
    let dropout = Dropout(0.1, channels: true)
    let convSeg: Conv2d

    init(_ channels: Int, classes: Int) {
      linearFuse = ConvModule(channels, channels, groups: channels)
      convSeg = Conv2d(channels, classes, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convSeg(dropout(linearFuse(x))) }
  }
}
