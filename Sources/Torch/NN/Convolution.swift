/// Zeros added around an image before a convolution.
public enum Padding: Sendable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  /// (kernel - 1) / 2 · dilation on each side: keeps the size at stride 1 for odd kernels.
  case centered
  /// So many rows above and below, and so many columns left and right.
  case fixed(IntPair)

  /// Makes a padding of the same width on all sides.
  public init(integerLiteral value: Int) { self = .fixed(IntPair(value)) }
  /// Makes a padding of two numbers: how many rows are added above and below, and how many columns left and right.
  public init(arrayLiteral elements: Int...) {
    precondition(elements.count == 2, "a padding has a height and a width")
    self = .fixed(IntPair(elements[0], elements[1]))
  }

  func size(kernel: IntPair, dilation: IntPair) -> IntPair {
    switch self {
    case .centered: IntPair((kernel.height - 1) / 2 * dilation.height, (kernel.width - 1) / 2 * dilation.width)
    case .fixed(let size): size
    }
  }
}

/// 2-D convolution: [N, inputs, H, W] in, [N, outputs, H', W'] out.
public final class Conv2d: Module, Layer {
  /// The weight: [outputs, inputs / groups, kernel height, kernel width].
  @Parameter public var weight: Tensor
  /// The number that is added to each output channel, [outputs]; `nil` if there is none.
  @Parameter public var bias: Tensor?
  let stride: IntPair
  let padding: IntPair
  let dilation: IntPair
  /// The number of groups. Each has its own part of the input's and of the output's channels.
  public let groups: Int
  /// Sees the layer's input whenever the layer runs.
  public var inputTap: InputTap?

  /// Makes a convolution with random weights, drawn as PyTorch draws them.
  /// - Parameters:
  ///   - inputs: The number of channels of the input.
  ///   - outputs: The number of channels of the output.
  ///   - kernel: The height and width of the filters.
  ///   - stride: The steps between places that give an output.
  ///   - dilation: The steps between elements of the input that neighbouring elements of a filter see.
  ///   - groups: The number of groups that the channels are split into; it divides both numbers of channels.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: IntPair, stride: IntPair = 1, padding: Padding = 0, dilation: IntPair = 1,
    groups: Int = 1, bias: Bool = true
  ) {
    precondition(
      inputs % groups == 0 && outputs % groups == 0,
      "\(inputs) and \(outputs) channels do not split into \(groups) groups")
    _weight = Parameter(wrappedValue: .empty([outputs, inputs / groups, kernel.height, kernel.width]))
    _bias = Parameter(wrappedValue: bias ? .empty([outputs]) : nil)
    self.stride = stride
    self.padding = padding.size(kernel: kernel, dilation: dilation)
    self.dilation = dilation
    self.groups = groups
    super.init()
    initializeLikePyTorch(weight: weight, bias: self.bias)
  }

  /// Convolves images: [N, inputs, H, W] in, [N, outputs, H', W'] out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    inputTap?.see(x)
    return x.conv2d(weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
  }
}

/// Transposed 2-D convolution: [N, inputs, H, W] in, [N, outputs, H', W'] out,
/// H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + output padding + 1.
public final class ConvTranspose2d: Module, Layer {
  /// The weight: [inputs, outputs / groups, kernel height, kernel width].
  @Parameter public var weight: Tensor
  /// The number that is added to each output channel, [outputs]; `nil` if there is none.
  @Parameter public var bias: Tensor?
  let stride: IntPair
  let padding: IntPair
  let outputPadding: IntPair
  let dilation: IntPair
  let groups: Int
  /// Sees the layer's input whenever the layer runs.
  public var inputTap: InputTap?

  /// Makes a transposed convolution with random weights, drawn as PyTorch draws them.
  /// - Parameters:
  ///   - inputs: The number of channels of the input.
  ///   - outputs: The number of channels of the output.
  ///   - stride: The factor by which the size grows.
  ///   - padding: How many rows and columns are cut off each edge of the result.
  ///   - outputPadding: How many rows and columns are added at the bottom and at the right of the result.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: IntPair, stride: IntPair = 1, padding: IntPair = 0,
    outputPadding: IntPair = 0, dilation: IntPair = 1, groups: Int = 1, bias: Bool = true
  ) {
    _weight = Parameter(wrappedValue: .empty([inputs, outputs / groups, kernel.height, kernel.width]))
    _bias = Parameter(wrappedValue: bias ? .empty([outputs]) : nil)
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    self.dilation = dilation
    self.groups = groups
    super.init()
    initializeLikePyTorch(weight: weight, bias: self.bias)
  }

  /// Convolves images: [N, inputs, H, W] in, [N, outputs, H', W'] out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    inputTap?.see(x)
    return x.convTranspose2d(
      weight: weight, bias: bias, stride: stride, padding: padding, outputPadding: outputPadding, dilation: dilation,
      groups: groups)
  }
}

/// A fully connected layer over the last dimension: [..., inputs] in, [..., outputs] out.
public final class Linear: Module, Layer {
  /// The weight: [outputs, inputs].
  @Parameter public var weight: Tensor
  /// The number that is added to each output, [outputs]; `nil` if there is none.
  @Parameter public var bias: Tensor?

  /// Makes a layer with random weights, drawn as PyTorch draws them.
  public init(_ inputs: Int, _ outputs: Int, bias: Bool = true) {
    _weight = Parameter(wrappedValue: .empty([outputs, inputs]))
    _bias = Parameter(wrappedValue: bias ? .empty([outputs]) : nil)
    super.init()
    initializeLikePyTorch(weight: weight, bias: self.bias)
  }

  /// Multiplies by the weight and adds the bias: [..., inputs] in, [..., outputs] out.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.linear(weight: weight, bias: bias) }
}
