import Torch

/// FC-HarDNet (2019, <https://arxiv.org/abs/1909.00948>): HarDNet as a U-shaped network for segmentation.
///
/// Harmonic dense blocks connect each layer to those before it at distances that are powers of two, so that less memory
/// moves than in DenseNet. There are only 3x3 and 1x1 convolutions, with resizing and joining in the decoder. It takes
/// images of 64x64 pixels or more.
public final class FCHarDNet: SegmentationModel {
  /// The depth.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    /// FC-HarDNet-70.
    case standard70 = "70"
  }

  let base: [any Layer]
  let denseBlocksUp: [HarmonicBlock]
  let conv1x1_up: [ConvNormReLU]
  let finalConv: Conv2d
  /// The places in `base` after whose layers the decoder joins features.
  private let shortcuts: [Int]

  /// Makes the network with random weights.
  /// - Parameters:
  ///   - variant: The size of the network.
  ///   - classes: The number of scores for each pixel.
  public init(_ variant: Variant = .standard70, classes: Int) {
    let widths = [64, 96, 160, 224, 320]
    let growth = [10, 16, 18, 24, 32]
    let depth = [4, 4, 8, 8, 8]
    var layers: [any Layer] = [
      ConvNormReLU(ImageChannels.count, 16, kernel: 3, stride: 2), ConvNormReLU(16, 24, kernel: 3),
      ConvNormReLU(24, 32, kernel: 3, stride: 2), ConvNormReLU(32, 48, kernel: 3),
    ]
    var (channels, joined, shortcuts) = (48, [Int](), [Int]())
    for index in widths.indices {
      let block = HarmonicBlock(channels, growth: growth[index], depth: depth[index])
      joined.append(block.outputs)
      if index < widths.count - 1 { shortcuts.append(layers.count) }
      layers += [block, ConvNormReLU(block.outputs, widths[index], kernel: 1)]
      channels = widths[index]
      if index < widths.count - 1 { layers.append(AvgPool2d(2)) }
    }
    base = layers
    self.shortcuts = shortcuts
    var (blocks, convs) = ([HarmonicBlock](), [ConvNormReLU]())
    for index in (0..<widths.count - 1).reversed() {
      let inputs = channels + joined[index]
      convs.append(ConvNormReLU(inputs, inputs / 2, kernel: 1))
      blocks.append(HarmonicBlock(inputs / 2, growth: growth[index], depth: depth[index]))
      channels = blocks[blocks.count - 1].outputs
    }
    denseBlocksUp = blocks
    conv1x1_up = convs
    finalConv = Conv2d(channels, classes, kernel: 1)
    super.init()
    visit { _, module in
      guard let weight = (module as? Conv2d)?.weight else { return }
      weight.initializeNormal(std: (2 / Double(weight.fanIn + weight.fanOut)).squareRoot())
    }
  }

  /// The original's attributes are not in Python's usual spelling.
  public override var children: [(name: String, module: Module)] {
    super.children.map { name, module in
      for (own, original) in [("dense_blocks_up", "denseBlocksUp"), ("final_conv", "finalConv")]
      where name.hasPrefix(own) {
        return (original + name.dropFirst(own.count), module)
      }
      return (name, module)
    }
  }

  public override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    var (y, kept) = (x, [Tensor]())
    for (index, layer) in base.enumerated() {
      y = layer(y)
      if shortcuts.contains(index) { kept.append(y) }
    }
    for (conv, block) in zip(conv1x1_up, denseBlocksUp) {
      let skip = kept.removeLast()
      y = block(conv(cat([y.resized(to: skip.spatialSize), skip])))
    }
    return SegmentationOutput(logits: finalConv(y), resizedTo: x.spatialSize)
  }

  static let summary = NetworkSummary(
    family: "fchardnet", title: "HarDNet: A Low Memory Traffic Network", year: 2019,
    paper: "https://arxiv.org/abs/1909.00948", minimumSize: 64)
}

extension FCHarDNet {
  /// A convolution, normalization and ReLU. Keys begin "conv." and "norm.".
  final class ConvNormReLU: Module, Layer {
    let conv: Conv2d
    let norm: BatchNorm2d

    init(_ inputs: Int, _ outputs: Int, kernel: IntPair, stride: Int = 1) {
      conv = Conv2d(inputs, outputs, kernel: kernel, stride: IntPair(stride), padding: .centered, bias: false)
      norm = BatchNorm2d(outputs)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { norm.relu(conv(x)) }
  }

  /// A harmonic dense block. Its result joins every second layer's, beginning with the first, and the last one's.
  final class HarmonicBlock: Module, Layer {
    let layers: [ConvNormReLU]
    /// The channels of the result.
    let outputs: Int
    /// The maps that each layer joins; 0 is the block's input.
    private let links: [[Int]]

    /// - Parameters:
    ///   - growth: The channels of a layer that joins one map. Each further map multiplies them by 1.7.
    ///   - depth: The number of layers.
    init(_ inputs: Int, growth: Int, depth: Int) {
      var (widths, links, layers) = ([inputs], [[Int]](), [ConvNormReLU]())
      for layer in 1...depth {
        let distances = (0..<10).map { 1 << $0 }.filter { layer % $0 == 0 }
        let width = distances.dropFirst().reduce(Double(growth)) { width, _ in width * 1.7 }
        widths.append(Int(width + 1) / 2 * 2)
        links.append(distances.map { layer - $0 })
        layers.append(
          ConvNormReLU(links[layer - 1].reduce(0) { $0 + widths[$1] }, widths[layer], kernel: 3))
      }
      outputs = Self.results(depth).reduce(0) { $0 + widths[$1] }
      (self.links, self.layers) = (links, layers)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      var maps = [x]
      for (layer, links) in zip(layers, links) {
        maps.append(layer(links.count == 1 ? maps[links[0]] : cat(links.map { maps[$0] })))
      }
      return cat(Self.results(layers.count).map { maps[$0] })
    }

    private static func results(_ depth: Int) -> [Int] { (1...depth).filter { $0 % 2 == 1 || $0 == depth } }
  }
}
