import Torch

/// Lite-HRNet: a lightweight high-resolution network (2021, <https://arxiv.org/abs/2104.06403>).
///
/// Branches at up to four resolutions run side by side and exchange features. Instead of pointwise convolutions,
/// weights that are computed across all resolutions scale the channels. It takes images whose height and width are
/// multiples of 32.
///
/// Downsampling chains keep the channel count until their last step.
public final class LiteHRNet: SegmentationModel {
  /// The number of layers, as the paper counts them.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// Lite-HRNet-18.
    case layers18 = "18"
    /// Lite-HRNet-30.
    case layers30 = "30"

    /// Modules in stages 2, 3 and 4.
    var modules: [Int] { self == .layers18 ? [2, 4, 2] : [3, 8, 3] }
  }

  let stem: Sequential
  let stage1Down: DSConvBNAct
  let stage2, stage3, stage4: HighResolutionStage
  let repHead: RepresentationHead

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .layers18, classes: Int) {
    let channels = [40, 80, 160, 320]
    func stage(_ index: Int) -> HighResolutionStage {
      HighResolutionStage(
        Array(channels.prefix(index)), adding: channels.dropFirst(index).first, modules: variant.modules[index - 2])
    }
    stem = Sequential(ConvBNAct(ImageChannels.count, 32, stride: 2), ShuffleStem(32, channels[0]))
    stage1Down = DSConvBNAct(channels[0], channels[1], stride: 2)
    stage2 = stage(2)
    stage3 = stage(3)
    stage4 = stage(4)
    repHead = RepresentationHead(channels.reduce(0, +), classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let quarter = stem(x)
    let features = stage4(stage3(stage2([quarter, stage1Down(quarter)])))
    return SegmentationOutput(logits: repHead(features), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "litehrnet", title: "Lite-HRNet: A Lightweight High-Resolution Network", year: 2021,
    paper: "https://arxiv.org/abs/2104.06403", stride: 32)
}

extension LiteHRNet {
  /// Halves the size in both halves of the channels, by a pointwise convolution and by a depthwise one between
  /// pointwise ones, and shuffles them.
  final class ShuffleStem: Module, Layer {
    let leftBranch: ConvBNAct
    let rightBranch: Sequential

    init(_ inputs: Int, _ outputs: Int) {
      let half = outputs / 2
      leftBranch = ConvBNAct(inputs / 2, half, kernel: 1, stride: 2)
      rightBranch = Sequential(
        ConvBNAct(inputs / 2, half, kernel: 1), DWConvBNAct(half, half, stride: 2), ConvBNAct(half, half, kernel: 1))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let halves = x.chunk(2)
      return cat([leftBranch(halves[0]), rightBranch(halves[1])]).channelShuffled(groups: 2)
    }
  }

  /// Modules of three steps each: weights across resolutions, blocks that use them, fusion of the branches. The last
  /// fusion may add a branch.
  final class HighResolutionStage: Module {
    let stageBlocks: [any BranchStep]

    init(_ channels: [Int], adding: Int?, modules: Int) {
      stageBlocks = (0..<modules).flatMap { index -> [any BranchStep] in
        let outputs = index == modules - 1 ? channels + (adding.map { [$0] } ?? []) : channels
        return [CrossResolutionWeights(channels), WeightedBranches(channels), BranchExchange(channels, outputs)]
      }
    }

    func callAsFunction(_ branches: [Tensor]) -> [Tensor] {
      var state = BranchState(branches: branches)
      for step in stageBlocks { step(&state) }
      return state.branches
    }
  }

  /// Features at each resolution, finest first, and the weights for half of their channels, at the coarsest resolution.
  struct BranchState {
    var branches: [Tensor]
    var weights: [Tensor] = []
  }

  protocol BranchStep: Module {
    func callAsFunction(_ state: inout BranchState)
  }

  /// Computes weights for the second half of each branch's channels from all branches, pooled to the coarsest size.
  final class CrossResolutionWeights: Module, BranchStep {
    let conv: Sequential
    let widths: [Int]

    init(_ channels: [Int]) {
      widths = channels.map { $0 / 2 }
      conv = channelWeights(widths.reduce(0, +))
    }

    func callAsFunction(_ state: inout BranchState) {
      let size = state.branches[state.branches.count - 1].spatialSize
      let halves = state.branches.map { $0.chunk(2)[1] }
      let pooled = halves.map { $0.spatialSize == size ? $0 : $0.adaptiveAvgPool2d(to: size) }
      state.weights = conv(cat(pooled)).split(widths)
    }
  }

  /// Pointwise convolutions down to an eighth of the channels and back, ending in a sigmoid.
  private static func channelWeights(_ channels: Int) -> Sequential {
    Sequential(
      ConvBNAct(channels, channels / 8, kernel: 1), ConvBNAct(channels / 8, channels, kernel: 1, activation: .sigmoid))
  }

  /// Two weighted blocks in each branch. Keys begin with the numbers of branch and block.
  final class WeightedBranches: Module, BranchStep {
    let blocks: [[ChannelWeightedBlock]]

    init(_ channels: [Int]) {
      blocks = channels.map { [ChannelWeightedBlock($0), ChannelWeightedBlock($0)] }
    }

    override var children: [(name: String, module: Module)] {
      blocks.enumerated().flatMap { branch, blocks in
        blocks.enumerated().map { (name: "\(branch).\($0)", module: $1) }
      }
    }

    func callAsFunction(_ state: inout BranchState) {
      for index in blocks.indices {
        for block in blocks[index] {
          state.branches[index] = block(state.branches[index], weights: state.weights[index])
        }
      }
    }
  }

  /// Half the channels are scaled by the weights, filtered by channel, and scaled again by weights of their own means;
  /// then all are shuffled.
  final class ChannelWeightedBlock: Module {
    let rightBranch: DWConvBNAct
    let sw: SpatialWeights

    init(_ channels: Int) {
      rightBranch = DWConvBNAct(channels / 2, channels / 2)
      sw = SpatialWeights(channels / 2)
    }

    func callAsFunction(_ x: Tensor, weights: Tensor) -> Tensor {
      let halves = x.chunk(2)
      let filtered = rightBranch(halves[1] * weights.upsampleNearest2d(size: x.spatialSize))
      return cat([halves[0], filtered * sw(filtered)]).channelShuffled(groups: 2)
    }

    /// Weights from the channels' means.
    final class SpatialWeights: Module, Layer {
      let fc: Sequential

      init(_ channels: Int) { fc = channelWeights(channels) }

      func callAsFunction(_ x: Tensor) -> Tensor { fc(x.adaptiveAvgPool2d(1)) }
    }
  }

  /// Each output branch is the sum of all input branches, brought to its size and channels.
  final class BranchExchange: Module, BranchStep {
    let stream1, stream2, stream3, stream4: [any Layer]

    init(_ inputs: [Int], _ outputs: [Int]) {
      func stream(_ source: Int) -> [any Layer] {
        guard source < inputs.count else { return [] }
        return outputs.indices.map { target in
          if target == source { return Identity() }
          if target > source { return DownsamplingChain(inputs[source], outputs[target], steps: target - source) }
          return Sequential(
            ConvBNAct(inputs[source], outputs[target], kernel: 1), Upsample(scale: Double(1 << (source - target))))
        }
      }
      stream1 = stream(0)
      stream2 = stream(1)
      stream3 = stream(2)
      stream4 = stream(3)
    }

    func callAsFunction(_ state: inout BranchState) {
      let pairs = zip([stream1, stream2, stream3, stream4], state.branches)
      state.branches = stream1.indices.map { target in
        let parts = pairs.map { stream, branch in stream[target](branch) }
        return parts.dropFirst().reduce(parts[0], +)
      }
    }
  }

  /// Strided separable convolutions, the last of which changes the channels.
  final class DownsamplingChain: Module, Layer {
    let conv: Sequential

    init(_ inputs: Int, _ outputs: Int, steps: Int) {
      conv = Sequential((1...steps).map { DSConvBNAct(inputs, $0 == steps ? outputs : inputs, stride: 2) })
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv(x) }
  }

  /// Joins all branches at the finest one's size and classifies them.
  final class RepresentationHead: Module {
    let segHead: Sequential

    init(_ inputs: Int, classes: Int) {
      segHead = Sequential(DSConvBNAct(inputs, 128), Conv2d(128, classes, kernel: 1, bias: false))
    }

    func callAsFunction(_ branches: [Tensor]) -> Tensor {
      let size = branches[0].spatialSize
      return segHead(cat([branches[0]] + branches.dropFirst().map { $0.resized(to: size) }))
    }
  }
}
