/// Sees the input of the layers that it is attached to: the feature map that a classifier reads, for example.
public final class InputTap {
  private let body: (Tensor) -> Void

  /// - Parameter body: A function that is called with the input whenever a layer with this tap runs.
  public init(_ body: @escaping (Tensor) -> Void) { self.body = body }

  func see(_ input: Tensor) { body(input) }
}

/// A convolution, also a transposed one.
public protocol ConvolutionLayer: Layer {
  /// Channels of the output.
  var outputs: Int { get }
  /// Channels of the input.
  var inputs: Int { get }
  /// Sees the layer's input whenever the layer runs; `nil` for none.
  var inputTap: InputTap? { get set }
}

extension Conv2d: ConvolutionLayer {
  /// The number of channels of the output.
  public var outputs: Int { weight.size(0) }
  /// The number of channels of the input.
  public var inputs: Int { weight.size(1) * groups }
}

extension ConvTranspose2d: ConvolutionLayer {
  /// The number of channels of the output.
  public var outputs: Int { weight.size(1) * groups }
  /// The number of channels of the input.
  public var inputs: Int { weight.size(0) }
}
