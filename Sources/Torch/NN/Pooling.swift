/// Largest value of each window.
public final class MaxPool2d: Module, Layer {
  let kernel: IntPair
  let stride: IntPair
  let padding: IntPair
  let ceilMode: Bool

  /// Makes a layer of max pooling.
  /// - Parameters:
  ///   - kernel: The height and width of the windows.
  ///   - stride: The steps between windows; the kernel's size if it is `nil`.
  ///   - padding: How far windows reach over each edge. Places outside the image never count.
  ///   - ceilMode: Whether a window that lies on the image in part gives an output too.
  public init(_ kernel: IntPair, stride: IntPair? = nil, padding: IntPair = 0, ceilMode: Bool = false) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    self.ceilMode = ceilMode
  }

  /// Pools images: [N, C, H, W] in, [N, C, H', W'] out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.maxPool2d(kernel: kernel, stride: stride, padding: padding, ceilMode: ceilMode)
  }
}

/// Mean of each window, zeros of the padding counted.
public final class AvgPool2d: Module, Layer {
  let kernel: IntPair
  let stride: IntPair
  let padding: IntPair

  /// Makes a layer of average pooling.
  /// - Parameters:
  ///   - kernel: The height and width of the windows.
  ///   - stride: The steps between windows; the kernel's size if it is `nil`.
  ///   - padding: How many zeros are added at each edge.
  public init(_ kernel: IntPair, stride: IntPair? = nil, padding: IntPair = 0) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
  }

  /// Pools images: [N, C, H, W] in, [N, C, H', W'] out.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.avgPool2d(kernel: kernel, stride: stride, padding: padding) }
}

/// Mean over cells of a grid: [N, C, H, W] in, [N, C, height, width] out.
public final class AdaptiveAvgPool2d: Module, Layer {
  let size: IntPair

  /// Makes a layer whose output has a fixed height and width.
  public init(_ size: IntPair) { self.size = size }

  /// Averages images: [N, C, H, W] in, [N, C, height, width] out.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.adaptiveAvgPool2d(size) }
}
