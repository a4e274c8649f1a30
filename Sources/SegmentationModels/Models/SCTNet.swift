import Torch

/// SCTNet: single-branch CNN with transformer semantic information for real-time segmentation (2023,
/// <https://arxiv.org/abs/2312.17071>).
///
/// Residual blocks lead to 1/16 of the size; there and at 1/32, convolutions of 7x1 and 1x7 stand in for attention: the same
/// filters find and give back what belongs together. Pyramid pooling follows, and the map at 1/8 is joined. The authors
/// train it beside a SegFormer whose maps it learns to equal, as `distillation.compare: alignment` does
/// (``SegFormerTeacher``). It takes images whose height and width are multiples of 32.
///
/// Scores are resized without aligned corners.
public final class SCTNet: SegmentationModel {
  /// The size of the network.
  public enum Variant: String, Sendable, CaseIterable {
    case small = "s"
    case base = "b"

    var width: Int { self == .small ? 32 : 64 }
  }

  let backbone: Backbone
  let decodeHead: Head
  let auxiliaryHead: [Head]

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  ///   - heads: The heads that serve training alone.
  public init(_ variant: Variant = .small, classes: Int, heads: Heads = []) {
    let width = variant.width
    backbone = Backbone(width)
    decodeHead = Head(4 * width, classes: classes)
    auxiliaryHead = heads.contains(.auxiliary) ? [Head(2 * width, classes: classes)] : []
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let maps = backbone(x)
    return SegmentationOutput(
      logits: decodeHead(maps.alignment.joined), resizedTo: x.spatialSize, alignCorners: false,
      auxiliary: heads ? auxiliaryHead.map { $0(maps.eighth) } : [], alignment: heads ? maps.alignment : nil)
  }

  public override var alignmentChannels: AlignmentMaps<Int>? {
    let joined = decodeHead.convSeg.inputs
    return AlignmentMaps(joined: joined, sixteenth: joined, deepest: 2 * joined)
  }

  /// The auxiliary head and the authors' transformer.
  public override var trainingParts: [String] { ["auxiliary_head."] }

  static let summary = NetworkSummary(
    family: "sctnet",
    title: "SCTNet: Single-Branch CNN with Transformer Semantic Information for Real-Time Segmentation", year: 2023,
    paper: "https://arxiv.org/abs/2312.17071", heads: .auxiliary, defaultHeads: .auxiliary, stride: 32)
}

extension SCTNet {
  final class Backbone: Module {
    let conv1: Sequential
    let layer1, layer2, layer3: Sequential
    let layer3_2: ConvFormer
    let convdown4: Sequential
    let layer4: ConvFormer
    let layer5: ConvFormer
    let spp: Pyramid

    init(_ width: Int) {
      func shrink(_ inputs: Int, _ outputs: Int) -> [any Layer] {
        [Conv2d(inputs, outputs, kernel: 3, stride: 2, padding: 1), BatchNorm2d(outputs), Activation(.relu)]
      }
      func layer(_ inputs: Int, _ outputs: Int, stride: Int) -> Sequential {
        Sequential(
          ResidualBlock(inputs, outputs, stride: stride), ResidualBlock(outputs, outputs, stride: 1, activates: false))
      }
      conv1 = Sequential(shrink(ImageChannels.count, width) + shrink(width, width))
      layer1 = layer(width, width, stride: 1)
      layer2 = layer(width, 2 * width, stride: 2)
      layer3 = layer(2 * width, 4 * width, stride: 2)
      layer3_2 = ConvFormer(4 * width)
      convdown4 = Sequential(shrink(4 * width, 8 * width))
      layer4 = ConvFormer(8 * width)
      layer5 = ConvFormer(8 * width)
      spp = Pyramid(8 * width, width: 2 * width, 2 * width)
    }

    /// The map at 1/8 of the size of images [N, 3, H, W], the same joined with what lies deeper, and the maps at 1/16 and
    /// 1/32.
    func callAsFunction(_ x: Tensor) -> (eighth: Tensor, alignment: AlignmentMaps<Tensor>) {
      let eighth = layer2(layer1(conv1(x)).relu())
      let sixteenth = layer3_2(layer3(eighth.relu()).relu())
      let deepest = layer5(layer4(convdown4(sixteenth)).relu())
      let joined = cat([eighth, spp(deepest).resizedByEdges(to: eighth.spatialSize)])
      return (eighth, AlignmentMaps(joined: joined, sixteenth: sixteenth, deepest: deepest))
    }
  }

  /// Two 3x3 convolutions, added to the input.
  final class ResidualBlock: Module, Layer {
    let conv1: Conv2d
    let bn1: BatchNorm2d
    let conv2: Conv2d
    let bn2: BatchNorm2d
    let downsample: Sequential?
    private let activates: Bool

    init(_ inputs: Int, _ outputs: Int, stride: Int, activates: Bool = true) {
      conv1 = Conv2d(inputs, outputs, kernel: 3, stride: IntPair(stride), padding: 1)
      bn1 = BatchNorm2d(outputs)
      conv2 = Conv2d(outputs, outputs, kernel: 3, padding: 1)
      bn2 = BatchNorm2d(outputs)
      downsample =
        stride != 1 || inputs != outputs
        ? Sequential(Conv2d(inputs, outputs, kernel: 1, stride: IntPair(stride)), BatchNorm2d(outputs)) : nil
      self.activates = activates
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let y = bn2(conv2(bn1.relu(conv1(x)))) + (downsample?(x) ?? x)
      return activates ? y.relu() : y
    }
  }

  /// Attention by convolutions, then two 3x3 convolutions, each added to its input.
  final class ConvFormer: Module {
    let attn_l: Attention
    let mlp_l: FeedForward
    let dropPath = StochasticDepth(0.1)

    init(_ channels: Int) {
      attn_l = Attention(channels)
      mlp_l = FeedForward(channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let attended = x + dropPath(attn_l(x))
      return attended + dropPath(mlp_l(attended))
    }
  }

  /// Filters whose answers, made probabilities over all pixels, weigh what the same filters give back.
  final class Attention: Module {
    @Parameter var kv: Tensor
    @Parameter var kv3: Tensor
    let norm: BatchNorm2d
    /// The number of filters, and of groups in which the answers of all filters sum to 1.
    private static let (filters, groups) = (64, 8)

    init(_ channels: Int) {
      _kv = Parameter(wrappedValue: .empty([Self.filters, channels, 7, 1]))
      _kv3 = Parameter(wrappedValue: .empty([Self.filters, channels, 1, 7]))
      norm = BatchNorm2d(channels)
      super.init()
      kv.initializeNormal(std: 0.001)
      kv3.initializeNormal(std: 0.001)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let x = norm(x)
      func attended(_ filters: Tensor, _ padding: IntPair) -> Tensor {
        weights(x.conv2d(weight: filters, padding: padding)).conv2d(weight: filters.transpose(1, 0), padding: padding)
      }
      return attended(kv, [3, 0]) + attended(kv3, [0, 3])
    }

    private func weights(_ answers: Tensor) -> Tensor {
      let probabilities = answers.reshape([answers.size(0), Self.groups, Self.filters / Self.groups, -1])
        .softmax(dimension: 3)
      return (probabilities / (probabilities.sum([2], keep: true) + 1e-6)).reshape(answers.shape)
    }
  }

  final class FeedForward: Module {
    let norm: BatchNorm2d
    let conv1: Conv2d
    let conv2: Conv2d

    init(_ channels: Int) {
      norm = BatchNorm2d(channels, epsilon: 1e-6)
      conv1 = Conv2d(channels, channels, kernel: 3, padding: 1)
      conv2 = Conv2d(channels, channels, kernel: 3, padding: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv2(conv1(norm(x)).gelu()) }
  }

  /// Deep aggregation pyramid pooling (<https://arxiv.org/abs/2101.06085>): means over windows of several sizes, each added to
  /// the next finer ones, joined and mixed.
  final class Pyramid: Module {
    let scale1, scale2, scale3, scale4, scale0: Sequential
    let process1, process2, process3, process4: Sequential
    let compression: Sequential
    let shortcut: Sequential

    init(_ inputs: Int, width: Int, _ outputs: Int) {
      func scale(_ pools: [any Layer]) -> Sequential {
        Sequential(pools + [BatchNorm2d(inputs), Activation(.relu), Conv2d(inputs, width, kernel: 1)] as [any Layer])
      }
      func window(_ size: Int, _ stride: Int) -> [any Layer] {
        [AvgPool2d(IntPair(size), stride: IntPair(stride), padding: IntPair(stride))]
      }
      func process() -> Sequential {
        Sequential(BatchNorm2d(width), Activation(.relu), Conv2d(width, width, kernel: 3, padding: 1))
      }
      (scale1, scale2, scale3) = (scale(window(5, 2)), scale(window(9, 4)), scale(window(17, 8)))
      scale4 = scale([AdaptiveAvgPool2d(1)])
      scale0 = scale([])
      (process1, process2, process3, process4) = (process(), process(), process(), process())
      compression = Sequential(BatchNorm2d(5 * width), Activation(.relu), Conv2d(5 * width, outputs, kernel: 1))
      shortcut = Sequential(BatchNorm2d(inputs), Activation(.relu), Conv2d(inputs, outputs, kernel: 1))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      var levels = [scale0(x)]
      let steps = [(scale1, process1), (scale2, process2), (scale3, process3), (scale4, process4)]
      for (scale, process) in steps {
        levels.append(process(scale(x).resizedByEdges(to: x.spatialSize) + levels[levels.count - 1]))
      }
      return compression(cat(levels)) + shortcut(x)
    }
  }

  final class Head: Module {
    let convSeg: Conv2d
    let bn1: BatchNorm2d
    let conv1: Conv2d
    let bn2: BatchNorm2d

    init(_ channels: Int, classes: Int) {
      convSeg = Conv2d(channels, classes, kernel: 1)
      bn1 = BatchNorm2d(channels)
      conv1 = Conv2d(channels, channels, kernel: 3, padding: 1)
      bn2 = BatchNorm2d(channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convSeg(bn2.relu(conv1(bn1.relu(x)))) }
  }
}
