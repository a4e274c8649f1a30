import Torch

// The parts that DDRNet's authors wrote and that PIDNet and DSNet took over, under their names in checkpoints.

extension ResNet.Block {
  /// Residual blocks one after another, of which the first changes channels and size. The last of several ends without
  /// a ReLU, and so does each bottleneck that is the first.
  /// - Parameters:
  ///   - expansion: 1 for two 3x3 convolutions; 2 for a bottleneck with half as many channels inside as it gives.
  ///   - dilation: The dilation of all 3x3 convolutions.
  static func chain(
    _ inputs: Int, _ outputs: Int, count: Int, stride: Int = 1, expansion: Int = 1, dilation: Int = 1
  ) -> Sequential {
    Sequential(
      (0..<count).map { index in
        ResNet.Block(
          index == 0 ? inputs : outputs, outputs, stride: index == 0 ? stride : 1, dilations: [dilation, dilation],
          shape: ResNet.Shape(blocks: [], expansion: expansion),
          activates: index == 0 ? expansion == 1 : index < count - 1)
      })
  }

  /// One block of two 3x3 convolutions that ends without a ReLU.
  static func single(_ inputs: Int, _ outputs: Int) -> ResNet.Block {
    ResNet.Block(
      inputs, outputs, stride: 1, dilations: [1, 1], shape: ResNet.Shape(blocks: [], expansion: 1), activates: false)
  }
}

/// Two 3x3 convolutions with biases that bring images to a quarter of their size, each with normalization and ReLU.
final class DualResolutionStem: Sequential {
  init(_ width: Int) {
    let layers =
      ConvBNAct(ImageChannels.count, width, stride: 2, bias: true).layers
      + ConvBNAct(width, width, stride: 2, bias: true).layers
    super.init(layers)
  }
}

/// Class scores from features that are normalized first: keys begin "bn1.", "conv1.", "bn2." and "conv2.".
final class NormalizedHead: Module, Layer {
  let bn1: BatchNorm2d
  let conv1: Conv2d
  let bn2: BatchNorm2d
  let conv2: Conv2d

  /// - Parameter width: The channels between the two convolutions.
  init(_ inputs: Int, width: Int, classes: Int) {
    bn1 = BatchNorm2d(inputs)
    conv1 = Conv2d(inputs, width, kernel: 3, padding: 1, bias: false)
    bn2 = BatchNorm2d(width)
    conv2 = Conv2d(width, classes, kernel: 1)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { conv2(bn2.relu(conv1(bn1.relu(x)))) }
}

/// Batch normalization, ReLU and a convolution without bias, perhaps after a pooling. Keys are the layers' numbers.
final class BNActConv: Sequential {
  /// At stride 1, an odd kernel keeps the size.
  init(_ inputs: Int, _ outputs: Int, kernel: IntPair = 1, groups: Int = 1, after pool: (any Layer)? = nil) {
    super.init(
      [pool].compactMap { $0 } + [
        BatchNorm2d(inputs), Activation(.relu, inPlace: true),
        Conv2d(inputs, outputs, kernel: kernel, padding: .centered, groups: groups, bias: false),
      ])
  }
}

/// Pyramid pooling of the deepest map, as DDRNet (DAPPM: each scale is convolved together with the next smaller one) or as
/// PIDNet's smaller variants have it (PAPPM: all scales at once, by a convolution in groups).
final class PyramidContext: Module, Layer {
  let scale1, scale2, scale3, scale4: Sequential
  let scale0: Sequential
  let process1, process2, process3, process4: Sequential?
  let scaleProcess: Sequential?
  let compression, shortcut: Sequential

  /// - Parameters:
  ///   - width: The channels of each scale.
  ///   - isParallel: Whether it is PAPPM.
  init(_ inputs: Int, width: Int, _ outputs: Int, isParallel: Bool = false) {
    scale1 = BNActConv(inputs, width, after: AvgPool2d(5, stride: 2, padding: 2))
    scale2 = BNActConv(inputs, width, after: AvgPool2d(9, stride: 4, padding: 4))
    scale3 = BNActConv(inputs, width, after: AvgPool2d(17, stride: 8, padding: 8))
    scale4 = BNActConv(inputs, width, after: AdaptiveAvgPool2d(1))
    scale0 = BNActConv(inputs, width)
    func process() -> Sequential? { isParallel ? nil : BNActConv(width, width, kernel: 3) }
    (process1, process2, process3, process4) = (process(), process(), process(), process())
    scaleProcess = isParallel ? BNActConv(4 * width, 4 * width, kernel: 3, groups: 4) : nil
    compression = BNActConv(5 * width, outputs)
    shortcut = BNActConv(inputs, outputs)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let scales: [any Layer] = [scale1, scale2, scale3, scale4]
    let maps =
      if let scaleProcess {
        Self.parallel(x, scale0, scales, process: scaleProcess)
      } else {
        Self.deep(x, scale0, scales, processes: [process1, process2, process3, process4].compactMap { $0 })
      }
    return compression(cat(maps)) + shortcut(x)
  }

  /// The maps of DAPPM at the input's size: the unpooled one, then one for each scale.
  static func deep(
    _ x: Tensor, _ unpooled: any Layer, _ scales: [any Layer], processes: [any Layer]
  ) -> [Tensor] {
    zip(scales, processes).reduce(into: [unpooled(x)]) { maps, layers in
      let scale = layers.0(x).upsampleBilinear2d(size: x.spatialSize, alignCorners: false)
      maps.append(layers.1(scale + maps[maps.count - 1]))
    }
  }

  /// The maps of PAPPM at the input's size: the unpooled one, and one with the channels of all scales.
  static func parallel(
    _ x: Tensor, _ unpooled: any Layer, _ scales: [any Layer], process: any Layer
  ) -> [Tensor] {
    let first = unpooled(x)
    let sums = scales.map { $0(x).upsampleBilinear2d(size: x.spatialSize, alignCorners: false) + first }
    return [first, process(cat(sums))]
  }
}
