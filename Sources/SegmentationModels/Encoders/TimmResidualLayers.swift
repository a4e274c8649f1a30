import Torch

/// The frame of timm's residual networks: a stem and four layers of blocks. Layers that only deeper maps need are left out.
final class TimmResidualLayers: Module {
  /// The facts that a block is told of its place.
  struct Place {
    let inputs: Int
    /// The outputs are four times as many, or as many if blocks do not narrow.
    let planes: Int
    let stride: Int
    let dilation: Int
    /// The convolution of the shortcut, for blocks that change size or channels.
    let downsample: Sequential?
  }

  /// How networks differ in the frame.
  struct Shape {
    /// The blocks of each layer.
    let blocks: [Int]
    /// The factor between a block's outputs and its planes.
    var expansion = 4
    /// The channels of three 3x3 convolutions in place of one of 7x7; `nil` for that one.
    var deepStem: Int?
    /// Whether shortcuts shrink maps by means, and not by a stride.
    var averagesShortcuts = false

    /// The channels after the stem and after each layer.
    var channels: [Int] { [deepStem.map { 2 * $0 } ?? 64] + [64, 128, 256, 512].map { $0 * expansion } }
  }

  let conv1: any Layer
  let bn1: BatchNorm2d
  let layer1: Sequential
  let layer2, layer3, layer4: Sequential?

  /// - Parameters:
  ///   - dilatesAll: Whether the first block of a layer dilates as the others do; in timm it does so only from the layer after
  ///     on.
  ///   - makeBlock: Makes a block for a place.
  init(_ shape: Shape, _ options: EncoderOptions, dilatesAll: Bool = false, makeBlock: (Place) -> any Layer) {
    let channels = shape.channels
    if let width = shape.deepStem {
      func conv(_ inputs: Int, _ outputs: Int, stride: Int = 1) -> Conv2d {
        Conv2d(inputs, outputs, kernel: 3, stride: IntPair(stride), padding: 1, bias: false)
      }
      conv1 = Sequential(
        conv(options.inputChannels, width, stride: 2), BatchNorm2d(width), Activation(.relu, inPlace: true),
        conv(width, width), BatchNorm2d(width), Activation(.relu, inPlace: true), conv(width, 2 * width))
    } else {
      conv1 = Conv2d(options.inputChannels, 64, kernel: 7, stride: 2, padding: 3, bias: false)
    }
    bn1 = BatchNorm2d(channels[0])
    func layer(_ index: Int) -> Sequential {
      let (scale, outputs) = (4 << index, channels[index + 1])
      let stride = index == 0 ? 1 : options.stride(at: scale)
      let dilation = options.dilation(at: scale)
      return Sequential(
        (0..<shape.blocks[index]).map { block -> any Layer in
          let (inputs, stride) = block == 0 ? (channels[index], stride) : (outputs, 1)
          let changes = stride != 1 || inputs != outputs
          return makeBlock(
            Place(
              inputs: inputs, planes: outputs / shape.expansion, stride: stride,
              dilation: block == 0 && !dilatesAll ? options.firstDilation(at: scale) : dilation,
              downsample: changes
                ? Self.shortcut(inputs, outputs, stride: stride, dilation: dilation, averages: shape.averagesShortcuts)
                : nil))
        })
    }
    layer1 = layer(0)
    layer2 = options.depth > 2 ? layer(1) : nil
    layer3 = options.depth > 3 ? layer(2) : nil
    layer4 = options.depth > 4 ? layer(3) : nil
    super.init()
    visit { _, module in (module as? Conv2d)?.weight.initializeKaimingNormalFanOut() }
  }

  private static func shortcut(_ inputs: Int, _ outputs: Int, stride: Int, dilation: Int, averages: Bool) -> Sequential
  {
    guard averages else {
      return Sequential(
        Conv2d(inputs, outputs, kernel: 1, stride: IntPair(stride), bias: false), BatchNorm2d(outputs))
    }
    let pool: any Layer = stride > 1 ? AvgPool2d(2, stride: 2) : dilation > 1 ? KeepingAverage() : Identity()
    return Sequential(pool, Conv2d(inputs, outputs, kernel: 1, bias: false), BatchNorm2d(outputs))
  }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps = [images, bn1.relu(conv1(images))]
    for (layer, index) in zip([layer1, layer2, layer3, layer4], 2...depth) {
      guard let layer else { break }
      maps.append(layer(index == 2 ? maps[1].maxPool2d(kernel: 3, stride: 2, padding: 1) : maps[index - 1]))
    }
    return maps
  }

  /// Means over 2x2 pixels at each pixel; zeros follow the last row and column.
  private final class KeepingAverage: Module, Layer {
    func callAsFunction(_ x: Tensor) -> Tensor { x.pad(right: 1, bottom: 1).avgPool2d(kernel: 2, stride: 1) }
  }
}
