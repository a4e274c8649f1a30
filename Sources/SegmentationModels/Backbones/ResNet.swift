import Torch

/// Deep residual learning for image recognition (2015, <https://arxiv.org/abs/1512.03385>), as torchvision builds it, without
/// the classifier.
///
/// Each block learns what to add to its input. From 50 layers on, blocks narrow before their 3x3 convolution, which is
/// also the one that strides.
public final class ResNet: Module, BackboneNetwork {
  /// The number of layers, by torchvision's name.
  public enum Variant: String, Sendable, CaseIterable, Codable {
    case resnet18, resnet34, resnet50, resnet101, resnet152

    var shape: Shape {
      switch self {
      case .resnet18: Shape(blocks: [2, 2, 2, 2], expansion: 1)
      case .resnet34: Shape(blocks: [3, 4, 6, 3], expansion: 1)
      case .resnet50: Shape(blocks: [3, 4, 6, 3])
      case .resnet101: Shape(blocks: [3, 4, 23, 3])
      case .resnet152: Shape(blocks: [3, 8, 36, 3])
      }
    }
  }

  /// The numbers in which residual networks differ.
  struct Shape {
    /// The number of blocks of each layer.
    var blocks: [Int]
    /// The factor between the channels of a block's output and those that it narrows to; 1 for blocks of two 3x3
    /// convolutions.
    var expansion = 4
    /// The number of groups of the 3x3 convolutions, and the channels of each group in the first layer.
    var groups = 1
    var groupWidth = 64
  }

  let conv1: Conv2d
  let bn1: BatchNorm2d
  let layer1, layer2, layer3, layer4: Sequential
  /// The channels of the four feature maps, at 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let channels: [Int]
  /// Whether the first layer strides. Its first block then has a shortcut convolution, which torchvision's has not.
  private let shrinksFirstLayer: Bool

  /// Makes a backbone with random weights.
  /// - Parameters:
  ///   - strides: The factor by which each layer's first block divides the size.
  ///   - dilations: The dilation of each layer's first block.
  public convenience init(_ variant: Variant, strides: [Int] = [1, 2, 2, 2], dilations: [Int] = [1, 1, 1, 1]) {
    self.init(variant.shape, strides: strides, dilations: dilations)
  }

  /// - Parameter dilatesWholeLayers: Whether `dilations` hold for all 3x3 convolutions of a layer.
  init(
    _ shape: Shape, inputChannels: Int = ImageChannels.count, strides: [Int], dilations: [Int],
    dilatesWholeLayers: Bool = false
  ) {
    conv1 = Conv2d(inputChannels, 64, kernel: 7, stride: 2, padding: 3, bias: false)
    bn1 = BatchNorm2d(64)
    let channels = [64, 128, 256, 512].map { $0 * shape.expansion }
    func layer(_ index: Int) -> Sequential {
      Sequential(
        (0..<shape.blocks[index]).map { block in
          Block(
            block > 0 ? channels[index] : index > 0 ? channels[index - 1] : 64, channels[index],
            stride: block > 0 ? 1 : strides[index],
            dilations: [
              block == 0 || dilatesWholeLayers ? dilations[index] : 1, dilatesWholeLayers ? dilations[index] : 1,
            ], shape: shape)
        })
    }
    layer1 = layer(0)
    layer2 = layer(1)
    layer3 = layer(2)
    layer4 = layer(3)
    self.channels = channels
    shrinksFirstLayer = strides[0] != 1 && shape.expansion == 1
    super.init()
    initializeConvolutionsLikeTorchvision()
  }

  /// The spelling of torchvision's files.
  public var pretrainedNames: PretrainedNames {
    PretrainedNames(classifier: "fc.", added: shrinksFirstLayer ? ["layer1.0.downsample."] : [])
  }

  /// The four feature maps of images [N, 3, H, W], at 1/4, 1/8, 1/16 and 1/32 of their size.
  public func callAsFunction(_ x: Tensor) -> [Tensor] {
    let quarter = layer1(stem(x))
    let eighth = layer2(quarter)
    let sixteenth = layer3(eighth)
    return [quarter, eighth, sixteenth, layer4(sixteenth)]
  }

  /// The part before the layers, which ends at 1/4 of the image's size.
  func stem(_ x: Tensor) -> Tensor {
    bn1.relu(conv1(x)).maxPool2d(kernel: 3, stride: 2, padding: 1)
  }

  /// Two 3x3 convolutions, or a 3x3 one between two 1x1 ones (`expansion` 4), added to the input.
  final class Block: Module, Layer {
    let conv1: Conv2d
    let bn1: BatchNorm2d
    let conv2: Conv2d
    let bn2: BatchNorm2d
    let conv3: Conv2d?
    let bn3: BatchNorm2d?
    let downsample: Sequential?
    private let activates: Bool

    /// - Parameters:
    ///   - dilations: The dilation of the 3x3 convolution that strides, and of the other one if there are two.
    ///   - activates: Whether the sum passes a ReLU.
    init(_ inputs: Int, _ outputs: Int, stride: Int, dilations: [Int], shape: Shape, activates: Bool = true) {
      self.activates = activates
      func conv(
        _ inputs: Int, _ outputs: Int, kernel: IntPair, stride: Int = 1, dilation: Int = 1, groups: Int = 1
      ) -> Conv2d {
        Conv2d(
          inputs, outputs, kernel: kernel, stride: IntPair(stride), padding: .centered, dilation: IntPair(dilation),
          groups: groups, bias: false)
      }
      let narrows = shape.expansion > 1
      let width = outputs / shape.expansion * shape.groupWidth / 64 * shape.groups
      conv1 =
        narrows
        ? conv(inputs, width, kernel: 1) : conv(inputs, width, kernel: 3, stride: stride, dilation: dilations[0])
      bn1 = BatchNorm2d(width)
      conv2 = conv(
        width, width, kernel: 3, stride: narrows ? stride : 1, dilation: dilations[narrows ? 0 : 1],
        groups: shape.groups)
      bn2 = BatchNorm2d(width)
      conv3 = narrows ? conv(width, outputs, kernel: 1) : nil
      bn3 = narrows ? BatchNorm2d(outputs) : nil
      let changes = stride != 1 || inputs != outputs
      downsample = changes ? Sequential(conv(inputs, outputs, kernel: 1, stride: stride), BatchNorm2d(outputs)) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let first = bn1.relu(conv1(x))
      let y: Tensor
      if let conv3, let bn3 {
        y = bn3(conv3(bn2.relu(conv2(first))))
      } else {
        y = bn2(conv2(first))
      }
      y.addInPlace(downsample?(x) ?? x)
      if activates { y.reluInPlace() }
      return y
    }
  }
}
