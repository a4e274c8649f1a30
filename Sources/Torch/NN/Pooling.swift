/// Largest value of each window.
public final class MaxPool2d: Module, Layer {
  let kernel: IntPair
  let stride: IntPair
  let padding: IntPair
  let ceilMode: Bool

  public init(_ kernel: IntPair, stride: IntPair? = nil, padding: IntPair = 0, ceilMode: Bool = false) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    self.ceilMode = ceilMode
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.maxPool2d(kernel: kernel, stride: stride, padding: padding, ceilMode: ceilMode)
  }
}

/// Mean of each window, zeros of the padding counted.
public final class AvgPool2d: Module, Layer {
  let kernel: IntPair
  let stride: IntPair
  let padding: IntPair

  public init(_ kernel: IntPair, stride: IntPair? = nil, padding: IntPair = 0) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { x.avgPool2d(kernel: kernel, stride: stride, padding: padding) }
}

/// Mean over cells of a grid: [N, C, H, W] in, [N, C, height, width] out.
public final class AdaptiveAvgPool2d: Module, Layer {
  let size: IntPair

  public init(_ size: IntPair) { self.size = size }

  public func callAsFunction(_ x: Tensor) -> Tensor { x.adaptiveAvgPool2d(size) }
}
