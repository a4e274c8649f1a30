import Torch

/// Short-term dense concatenation (<https://arxiv.org/abs/2104.13188>): four convolutions one after another, with fewer
/// channels each, all of whose outputs are joined, so that one module sees several scales.
public final class STDCModule: Module, Layer {
  let block1, block2, block3, block4: ConvBNAct
  let stride: Int

  /// - Parameter stride: 1, or 2 to halve the size in the second convolution.
  public init(_ inputs: Int, _ outputs: Int, stride: Int = 1) {
    block1 = ConvBNAct(inputs, outputs / 2, kernel: 1)
    block2 = ConvBNAct(outputs / 2, outputs / 4, stride: IntPair(stride))
    block3 = ConvBNAct(outputs / 4, outputs / 8)
    block4 = ConvBNAct(outputs / 8, outputs / 8)
    self.stride = stride
  }

  /// Runs the module: [N, inputs, H, W] in, [N, outputs, H / stride, W / stride] out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let first = block1(x)
    let second = block2(first)
    let third = block3(second)
    let pooled = stride == 1 ? first : first.avgPool2d(kernel: 3, stride: 2, padding: 1)
    return cat([pooled, second, third, block4(third)])
  }

  /// Modules one after another, the first of which halves the size.
  static func stage(_ inputs: Int, _ outputs: Int, count: Int) -> Sequential {
    Sequential(
      (0..<count).map { $0 == 0 ? STDCModule(inputs, outputs, stride: 2) : STDCModule(outputs, outputs) })
  }
}
