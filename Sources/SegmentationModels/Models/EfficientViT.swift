import Torch

/// EfficientViT: multi-scale linear attention for high-resolution dense prediction (2022, <https://arxiv.org/abs/2205.14756>),
/// in the form that the authors publish for Cityscapes.
///
/// Inverted residuals filter neighborhoods. In the two last stages, attention whose cost grows linearly with the number of
/// pixels follows each of them: its weights are products of rectified values, so that the sums over all pixels need be taken
/// but once. Maps at 1/8, 1/16 and 1/32 are added at 1/8. It takes images whose height and width are multiples of 32.
///
/// The head's maps are resized by cubic interpolation, the scores bilinearly without aligned corners. If a map has no more
/// pixels than a head has channels, the original multiplies in another order, with the same result.
public final class EfficientViT: SegmentationModel {
  /// The size of the network.
  public enum Variant: String, Sendable, CaseIterable {
    case b0, b1, b2, b3

    /// The channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
    var channels: [Int] { [1, 2, 4, 8, 16].map { $0 * [8, 16, 24, 32][index] } }
    /// The blocks at these sizes, without those that only shrink.
    var blocks: [Int] { [[1, 2, 2, 2, 2], [1, 2, 3, 3, 4], [1, 3, 4, 4, 6], [1, 4, 6, 6, 9]][index] }
    /// The channels of each attention head.
    var headChannels: Int { [16, 16, 32, 32][index] }
    /// The blocks of the segmentation head.
    var headBlocks: Int { self == .b0 ? 1 : 3 }

    private var index: Int { Self.allCases.firstIndex(of: self)! }
  }

  let backbone: Backbone
  let head: Head

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .b0, classes: Int) {
    backbone = Backbone(variant)
    head = Head(Array(variant.channels[2...].reversed()), blocks: variant.headBlocks, classes: classes)
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    SegmentationOutput(logits: head(backbone(x)), resizedTo: x.spatialSize, alignCorners: false)
  }

  static let summary = NetworkSummary(
    family: "efficientvit",
    title: "EfficientViT: Multi-Scale Linear Attention for High-Resolution Dense Prediction", year: 2022,
    paper: "https://arxiv.org/abs/2205.14756", stride: 32)
}

// MARK: - Parts

extension EfficientViT {
  final class Backbone: Module, Pretrainable {
    let inputStem: Steps
    let stages: [Steps]

    init(_ variant: Variant) {
      let (channels, blocks) = (variant.channels, variant.blocks)
      inputStem = Steps(
        [Unit(ImageChannels.count, channels[0], kernel: 3, stride: 2, activation: .hardswish)]
          + (0..<blocks[0]).map { _ -> any Layer in Residual(Local(channels[0], channels[0], expansion: 1)) })
      stages = (1..<5).map { index -> Steps in
        let (inputs, outputs) = (channels[index - 1], channels[index])
        if index < 3 {
          return Steps(
            (0..<blocks[index]).map { block in
              block == 0
                ? Residual(Local(inputs, outputs, stride: 2), addsInput: false) : Residual(Local(outputs, outputs))
            })
        }
        let shrink = Residual(Local(inputs, outputs, stride: 2, normalizesAll: false), addsInput: false)
        return Steps(
          [shrink]
            + (0..<blocks[index]).map { _ -> any Layer in
              AttentionBlock(outputs, headChannels: variant.headChannels)
            })
      }
      super.init()
      visit { _, module in
        guard let conv = module as? Conv2d else { return }
        conv.weight.initializeKaimingNormalFanOut(groups: conv.groups)
        conv.bias?.initializeZero()
      }
    }

    /// The spelling of the authors' files.
    var pretrainedNames: PretrainedNames {
      PretrainedNames { $0.hasPrefix("backbone.") ? String($0.dropFirst("backbone.".count)) : nil }
    }

    /// The maps of images [N, 3, H, W] at 1/32, 1/16 and 1/8 of their size.
    func callAsFunction(_ x: Tensor) -> [Tensor] {
      var maps = [inputStem(x)]
      for stage in stages { maps.append(stage(maps[maps.count - 1])) }
      return maps.suffix(3).reversed()
    }
  }

  /// Adds maps at 1/8, filters them, and computes the scores.
  final class Head: Module {
    let inputOps: [any Layer]
    let middle: Steps
    let outputOps: [Steps]

    /// - Parameter channels: Those of the maps at 1/32, 1/16 and 1/8.
    init(_ channels: [Int], blocks: Int, classes: Int) {
      let width = channels[2]
      inputOps = [
        Steps([Unit(channels[0], width), Enlargement(4)]), Steps([Unit(channels[1], width), Enlargement(2)]),
        Unit(channels[2], width),
      ]
      middle = Steps((0..<blocks).map { _ in Residual(Local(width, width)) })
      outputOps = [
        Steps([
          Unit(width, 4 * width, activation: .hardswish), Unit(4 * width, classes, bias: true, normalizes: false),
        ])
      ]
    }

    func callAsFunction(_ maps: [Tensor]) -> Tensor {
      let maps = zip(inputOps, maps).map { $0($1) }
      return outputOps[0](middle(maps[0] + maps[1] + maps[2]))
    }
  }

  /// A convolution, with a normalization and an activation if they are wanted.
  final class Unit: Module, Layer {
    let conv: Conv2d
    let norm: BatchNorm2d?
    let act: Activation

    init(
      _ inputs: Int, _ outputs: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1, bias: Bool = false,
      normalizes: Bool = true, activation: Activation.Kind = .none
    ) {
      conv = Conv2d(
        inputs, outputs, kernel: IntPair(kernel), stride: IntPair(stride), padding: .centered, groups: groups,
        bias: bias)
      norm = normalizes ? BatchNorm2d(outputs) : nil
      act = Activation(activation)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let y = conv(x)
      return act(norm?(y) ?? y)
    }
  }

  /// Widens if `expansion` is above 1, filters by channel, and narrows without an activation.
  final class Local: Module, Layer {
    let invertedConv: Unit?
    let depthConv: Unit
    let pointConv: Unit

    /// - Parameter normalizesAll: Whether each convolution is normalized, and not the last one alone.
    init(_ inputs: Int, _ outputs: Int, stride: Int = 1, expansion: Int = 4, normalizesAll: Bool = true) {
      let width = inputs * expansion
      invertedConv =
        expansion > 1
        ? Unit(inputs, width, bias: !normalizesAll, normalizes: normalizesAll, activation: .hardswish) : nil
      depthConv = Unit(
        width, width, kernel: 3, stride: stride, groups: width, bias: !normalizesAll, normalizes: normalizesAll,
        activation: .hardswish)
      pointConv = Unit(width, outputs)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { pointConv(depthConv(invertedConv?(x) ?? x)) }
  }

  /// Attention, then a filter of neighborhoods, each added to its input.
  final class AttentionBlock: Module, Layer {
    let contextModule: Residual
    let localModule: Residual

    init(_ channels: Int, headChannels: Int) {
      contextModule = Residual(LinearAttention(channels, headChannels: headChannels))
      localModule = Residual(Local(channels, channels, normalizesAll: false))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { localModule(contextModule(x)) }
  }

  /// Attention of all pixels to all pixels, to each by the product of rectified values, for single pixels and for
  /// neighborhoods of 5x5 pixels.
  final class LinearAttention: Module, Layer {
    let qkv: Unit
    let aggreg: [Sequential]
    let proj: Unit
    private let headChannels: Int

    init(_ channels: Int, headChannels: Int) {
      let width = 3 * channels
      qkv = Unit(channels, width, normalizes: false)
      aggreg = [
        Sequential(
          Conv2d(width, width, kernel: 5, padding: .centered, groups: width, bias: false),
          Conv2d(width, width, kernel: 1, groups: width / headChannels, bias: false))
      ]
      proj = Unit(2 * channels, channels)
      self.headChannels = headChannels
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let single = qkv(x)
      return proj(attention(cat([single] + aggreg.map { $0(single) })))
    }

    /// [N, heads · 3 · channels, H, W] in, with queries, keys and values of each head; [N, heads · channels, H, W] out.
    private func attention(_ x: Tensor) -> Tensor {
      let (batch, size) = (x.size(0), x.spatialSize)
      let (pixels, heads) = (size.height * size.width, x.size(1) / (3 * headChannels))
      let tokens = x.asTokens().reshape([batch, pixels, heads, 3 * headChannels]).permute([0, 2, 1, 3])
        .reshape([batch * heads, pixels, 3 * headChannels])
      let parts = tokens.split([headChannels, headChannels, headChannels], dimension: 2)
      let (queries, keys) = (parts[0].relu(), parts[1].relu())
      // A last column of ones sums the weights.
      let values = parts[2].pad(right: 1, value: 1)
      let sums = queries.matmul(keys.transpose(1, 2).matmul(values)).split([headChannels, 1], dimension: 2)
      return (sums[0] / (sums[1] + 1e-15)).reshape([batch, heads, pixels, headChannels]).permute([0, 2, 1, 3])
        .reshape([batch, pixels, heads * headChannels]).asMap(size)
    }
  }

  /// A layer, added to its input if `addsInput` is true.
  final class Residual: Module, Layer {
    let main: any Layer
    private let addsInput: Bool

    init(_ main: any Layer, addsInput: Bool = true) {
      self.main = main
      self.addsInput = addsInput
    }

    func callAsFunction(_ x: Tensor) -> Tensor { addsInput ? main(x) + x : main(x) }
  }

  /// Layers one after another. Keys: "op_list.0", "op_list.1", ...
  final class Steps: Module, Layer {
    let opList: [any Layer]

    init(_ layers: [any Layer]) { opList = layers }

    func callAsFunction(_ x: Tensor) -> Tensor { opList.reduce(x) { $1($0) } }
  }

  /// Enlarges a map by cubic interpolation.
  final class Enlargement: Module, Layer {
    private let factor: Int

    init(_ factor: Int) { self.factor = factor }

    func callAsFunction(_ x: Tensor) -> Tensor { x.upsampleBicubic2d(size: x.spatialSize * factor) }
  }
}
