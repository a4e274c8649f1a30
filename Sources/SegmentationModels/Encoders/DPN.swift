import Torch

/// Dual path networks (2017, <https://arxiv.org/abs/1707.01629>): each block adds some channels to its input, as residual
/// networks do, and joins others with it, as densely connected ones do.
public final class DPN: Module, FeatureEncoder {
  /// The number of layers, by the name in the pretrained-models collection for PyTorch.
  public enum Variant: String, Sendable, CaseIterable {
    case dpn68, dpn68b, dpn92, dpn98, dpn107, dpn131

    var shape: Shape {
      switch self {
      case .dpn68, .dpn68b:
        Shape(stem: 10, width: 128, groups: 32, joined: [16, 32, 32, 64], blocks: [3, 4, 12, 3], isSmall: true)
      case .dpn92: Shape(stem: 64, width: 96, groups: 32, joined: [16, 32, 24, 128], blocks: [3, 4, 20, 3])
      case .dpn98: Shape(stem: 96, width: 160, groups: 40, joined: [16, 32, 32, 128], blocks: [3, 6, 20, 3])
      case .dpn107: Shape(stem: 128, width: 200, groups: 50, joined: [20, 64, 64, 128], blocks: [4, 8, 20, 3])
      case .dpn131: Shape(stem: 128, width: 160, groups: 40, joined: [16, 32, 32, 128], blocks: [4, 8, 28, 3])
      }
    }
  }

  struct Shape {
    /// The channels of the first convolution.
    let stem: Int
    /// The channels of the grouped convolutions in the first stage.
    let width: Int
    let groups: Int
    /// The channels that each block of a stage joins.
    let joined: [Int]
    /// The blocks of each stage.
    let blocks: [Int]
    var isSmall = false
  }

  let features: Features
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let shape = variant.shape
    let stem = Stem(options.inputChannels, shape.stem, kernel: shape.isSmall ? 3 : 7)
    var inputs = shape.stem
    var channels = [options.inputChannels, shape.stem]
    let stages = (0..<4).map { stage -> [Block] in
      let added = (shape.isSmall ? 64 : 256) << stage
      let (joined, scale) = (shape.joined[stage], 4 << stage)
      let blocks = (0..<shape.blocks[stage]).map { index in
        defer { inputs = index == 0 ? added + 3 * joined : inputs + joined }
        return Block(
          inputs, width: shape.width << stage, added: added, joined: joined, groups: shape.groups,
          projection: index > 0 ? nil : stage == 0 ? .keeping : .shrinking(stride: options.stride(at: scale)),
          dilation: options.dilation(at: scale), splitsLast: variant == .dpn68b)
      }
      channels.append(inputs)
      return blocks
    }
    features = Features(stem, stages, Norm(inputs))
    featureChannels = channels
  }

  /// The spelling of the files in the pretrained-models collection for PyTorch.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "last_linear.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps = [images, features.stem(images)]
    var parts = [maps[1].maxPool2d(kernel: 3, stride: 2, padding: 1)]
    for (index, blocks) in features.stages.prefix(depth - 1).enumerated() {
      parts = blocks.reduce(parts) { $1($0) }
      let map = cat(parts)
      maps.append(index == 3 ? features.last(map) : map.relu())
    }
    return maps
  }

  /// The layers. Keys: "conv1_1", "conv2_1", ..., "conv5_bn_ac".
  final class Features: Module {
    fileprivate let stem: Stem
    fileprivate let stages: [[Block]]
    fileprivate let last: Norm

    init(_ stem: Stem, _ stages: [[Block]], _ last: Norm) { (self.stem, self.stages, self.last) = (stem, stages, last) }

    override var children: [(name: String, module: Module)] {
      var children: [(name: String, module: Module)] = [("conv1_1", stem)]
      for (stage, blocks) in stages.enumerated() {
        children += blocks.enumerated().map { ("conv\(stage + 2)_\($0 + 1)", $1) }
      }
      return children + [("conv5_bn_ac", last)]
    }
  }

  final class Stem: Module {
    let conv: Conv2d
    let bn: BatchNorm2d

    init(_ inputs: Int, _ outputs: Int, kernel: Int) {
      conv = Conv2d(inputs, outputs, kernel: IntPair(kernel), stride: 2, padding: .centered, bias: false)
      bn = BatchNorm2d(outputs, epsilon: 1e-3)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { bn.relu(conv(x)) }
  }

  final class Norm: Module {
    let bn: BatchNorm2d

    init(_ channels: Int) { bn = BatchNorm2d(channels, epsilon: 1e-3) }

    func callAsFunction(_ x: Tensor) -> Tensor { bn.relu(x) }
  }

  /// A normalization and a ReLU before a convolution.
  final class NormConv: Module {
    let bn: BatchNorm2d
    let conv: Conv2d

    init(
      _ inputs: Int, _ outputs: Int, kernel: Int = 1, stride: Int = 1, dilation: Int = 1, groups: Int = 1
    ) {
      bn = BatchNorm2d(inputs, epsilon: 1e-3)
      conv = Conv2d(
        inputs, outputs, kernel: IntPair(kernel), stride: IntPair(stride), padding: .centered,
        dilation: IntPair(dilation), groups: groups, bias: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv(bn.relu(x)) }
  }

  /// Takes the channels that are added and those that are joined, and gives both.
  final class Block: Module {
    enum Projection {
      case keeping
      case shrinking(stride: Int)
    }

    let c1x1_w_s2: NormConv?
    let c1x1_w_s1: NormConv?
    let c1x1_a: NormConv
    let c3x3_b: NormConv
    let c1x1_c: Module
    let c1x1_c1: Conv2d?
    let c1x1_c2: Conv2d?
    private let added: Int

    /// - Parameters:
    ///   - projection: The kind of the stage's first block, which makes the channels of both kinds from one map.
    ///   - splitsLast: Whether the channels of both kinds come from convolutions of their own.
    init(
      _ inputs: Int, width: Int, added: Int, joined: Int, groups: Int, projection: Projection?, dilation: Int,
      splitsLast: Bool
    ) {
      var stride = 1
      var (shrinking, keeping): (NormConv?, NormConv?)
      switch projection {
      case .shrinking(let step):
        stride = step
        shrinking = NormConv(inputs, added + 2 * joined, stride: stride)
      case .keeping: keeping = NormConv(inputs, added + 2 * joined)
      case nil: break
      }
      (c1x1_w_s2, c1x1_w_s1) = (shrinking, keeping)
      c1x1_a = NormConv(inputs, width)
      c3x3_b = NormConv(width, width, kernel: 3, stride: stride, dilation: dilation, groups: groups)
      c1x1_c = splitsLast ? Norm(width) : NormConv(width, added + joined)
      c1x1_c1 = splitsLast ? Conv2d(width, added, kernel: 1, bias: false) : nil
      c1x1_c2 = splitsLast ? Conv2d(width, joined, kernel: 1, bias: false) : nil
      self.added = added
    }

    func callAsFunction(_ parts: [Tensor]) -> [Tensor] {
      func split(_ x: Tensor) -> [Tensor] { x.split([added, x.size(1) - added]) }
      let x = parts.count == 1 ? parts[0] : cat(parts)
      let old = (c1x1_w_s2 ?? c1x1_w_s1).map { split($0(x)) } ?? parts
      let y = c3x3_b(c1x1_a(x))
      let new: [Tensor]
      if let norm = c1x1_c as? Norm, let c1x1_c1, let c1x1_c2 {
        let z = norm(y)
        new = [c1x1_c1(z), c1x1_c2(z)]
      } else {
        new = split((c1x1_c as! NormConv)(y))
      }
      return [old[0] + new[0], cat([old[1], new[1]])]
    }
  }
}
