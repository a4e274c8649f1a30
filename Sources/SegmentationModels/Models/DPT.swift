import Torch

/// DPT: vision transformers for dense prediction (2021, <https://arxiv.org/abs/2103.13413>), as segmentation_models.pytorch builds
/// it on timm's Vision Transformer, with its key names.
///
/// Four sets of tokens become maps of four sizes, and a pyramid joins them from the smallest one up. It takes images whose height
/// and width are multiples of 32.
public final class DPT: SegmentationModel {
  let encoder: Encoder
  let decoder: Decoder
  let segmentationHead: Head

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - encoder: The size of the transformer.
  ///   - classes: The number of scores for each pixel.
  public init(_ encoder: VisionTransformer.Variant = .tiny, classes: Int) {
    self.encoder = Encoder(encoder)
    decoder = Decoder(encoder.channels)
    segmentationHead = Head(Decoder.width, classes: classes)
    super.init()
    func visitConvolutions(_ part: Module, _ initialize: @escaping (Tensor) -> Void) {
      part.visit { _, module in
        guard let conv = module as? Conv2d else { return }
        initialize(conv.weight)
        conv.bias?.initializeZero()
      }
    }
    visitConvolutions(decoder) { $0.initializeKaimingUniformFanIn() }
    visitConvolutions(segmentationHead) { $0.initializeXavierUniform() }
    decoder.visit { _, module in
      guard let linear = module as? Linear else { return }
      linear.weight.initializeXavierUniform()
      linear.bias?.initializeZero()
    }
  }

  public override var pretrainableTitle: String { "encoder" }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let grid = ImageSize(
      height: x.spatialSize.height / VisionTransformer.patch, width: x.spatialSize.width / VisionTransformer.patch)
    let scores = segmentationHead(decoder(encoder.model(x), grid: grid))
    return SegmentationOutput(logits: scores, resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "dpt", title: "Vision Transformers for Dense Prediction", year: 2021,
    paper: "https://arxiv.org/abs/2103.13413", stride: 32)
}

extension DPT {
  final class Encoder: Module {
    let model: VisionTransformer

    init(_ variant: VisionTransformer.Variant) { model = VisionTransformer(variant) }
  }

  /// Maps at 1/4, 1/8, 1/16 and 1/32 from the four sets of tokens, joined from the smallest one up to a map at 1/2.
  final class Decoder: Module {
    let projectionBlocks: [Readout]
    let reassembleBlocks: [Reassembly]
    let fusionBlocks: [Fusion]
    /// The channels of all maps.
    static let width = 256

    init(_ inputs: Int) {
      let middle = [256, 512, 1024, 1024]
      let resizings: [Reassembly.Resizing] = [.enlarging(4), .enlarging(2), .none, .halving]
      projectionBlocks = middle.map { _ in Readout(inputs) }
      reassembleBlocks = zip(middle, resizings).map { Reassembly(inputs, middle: $0, Self.width, $1) }
      fusionBlocks = middle.map { _ in Fusion(Self.width) }
    }

    /// - Parameter grid: The numbers of patches of the image.
    func callAsFunction(_ tokens: [Tensor], grid: ImageSize) -> Tensor {
      let maps = tokens.indices.map { reassembleBlocks[$0](projectionBlocks[$0](tokens[$0], grid: grid)) }
      let smallest = fusionBlocks[0](maps[maps.count - 1], nil)
      return zip(fusionBlocks, maps.reversed()).dropFirst().reduce(smallest) { $1.0($1.1, $0) }
    }
  }

  /// Joins the token of the whole image to each of the others and mixes their numbers: [N, 1 + h·w, channels] in,
  /// [N, channels, h, w] out.
  final class Readout: Module {
    /// One layer for both, of whose inputs the first half is for the patch and the second one for the whole image.
    let project: [Linear]
    private let channels: Int

    init(_ channels: Int) {
      project = [Linear(2 * channels, channels)]
      self.channels = channels
    }

    func callAsFunction(_ x: Tensor, grid: ImageSize) -> Tensor {
      let layer = project[0]
      func part(_ tokens: Range<Int>, _ inputs: Range<Int>, bias: Tensor?) -> Tensor {
        x.slice(tokens, dimension: 1).linear(weight: layer.weight.slice(inputs, dimension: 1), bias: bias)
      }
      let patches = part(1..<x.size(1), 0..<channels, bias: layer.bias)
      let whole = part(0..<1, channels..<(2 * channels), bias: nil)
      return (patches.asMap(grid) + whole.transpose(1, 2).unsqueeze(-1)).gelu()
    }
  }

  final class Reassembly: Module {
    enum Resizing {
      case enlarging(Int), none, halving
    }

    let projectToOutChannel: Conv2d
    let upsample: any Layer
    let projectToFeatureDim: Conv2d

    init(_ inputs: Int, middle: Int, _ outputs: Int, _ resizing: Resizing) {
      projectToOutChannel = Conv2d(inputs, middle, kernel: 1)
      upsample =
        switch resizing {
        case .enlarging(let factor):
          ConvTranspose2d(middle, middle, kernel: IntPair(factor), stride: IntPair(factor))
        case .none: Identity()
        case .halving: Conv2d(middle, middle, kernel: 3, stride: 2, padding: 1)
        }
      projectToFeatureDim = Conv2d(middle, outputs, kernel: 3, padding: 1, bias: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { projectToFeatureDim(upsample(projectToOutChannel(x))) }
  }

  /// Adds the map below, filters, and doubles the size.
  final class Fusion: Module {
    let residualConvBlock1: Residual
    let residualConvBlock2: Residual
    let project: Conv2d

    init(_ channels: Int) {
      residualConvBlock1 = Residual(channels)
      residualConvBlock2 = Residual(channels)
      project = Conv2d(channels, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor, _ below: Tensor?) -> Tensor {
      let filtered = residualConvBlock1(x)
      let sum = residualConvBlock2(below.map { filtered + $0 } ?? filtered)
      return project(sum.upsampleBilinear2d(size: sum.spatialSize * 2, alignCorners: true))
    }
  }

  final class Residual: Module {
    let conv_1: Conv2d
    let batch_norm_1: BatchNorm2d
    let conv_2: Conv2d
    let batch_norm_2: BatchNorm2d

    init(_ channels: Int) {
      conv_1 = Conv2d(channels, channels, kernel: 3, padding: 1, bias: false)
      batch_norm_1 = BatchNorm2d(channels)
      conv_2 = Conv2d(channels, channels, kernel: 3, padding: 1, bias: false)
      batch_norm_2 = BatchNorm2d(channels)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      x + batch_norm_2(conv_2(batch_norm_1(conv_1(x.relu())).relu()))
    }
  }

  final class Head: Module {
    let head: Sequential

    init(_ inputs: Int, classes: Int) {
      head = Sequential(
        Conv2d(inputs, inputs, kernel: 3, padding: 1, bias: false), BatchNorm2d(inputs), Activation(.relu),
        Dropout(0.1), Conv2d(inputs, classes, kernel: 1))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { head(x) }
  }
}
