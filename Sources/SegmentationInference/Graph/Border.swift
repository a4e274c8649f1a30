import Torch

/// The rows below a map and the columns to its right that a convolution adds, found from the sizes of its input and its
/// result.
package struct Border {
  /// Rows of zeros below the input, negative if its last rows are not read; of a transposed convolution the rows that
  /// the result has more than usual.
  package let bottom: Int
  /// The same for columns, to the right.
  package let right: Int
  /// Whether as many zeros on opposite sides give the result's size.
  package let isSymmetric: Bool

  /// - Parameters:
  ///   - input: The shape of the map that is convolved.
  ///   - kernel: The shape of the weights.
  ///   - output: The shape of the result.
  package init(_ convolution: Graph.Convolution, input: [Int], kernel: [Int], output: [Int]) {
    let sides = [
      (convolution.stride.height, convolution.padding.height, convolution.dilation.height),
      (convolution.stride.width, convolution.padding.width, convolution.dilation.width),
    ].enumerated().map { axis, side in
      let (stride, padding, dilation) = side
      let extent = (kernel[axis + 2] - 1) * dilation + 1
      let (length, result) = (input[axis + 2], output[axis + 2])
      if convolution.isTransposed {
        let more = result - (length - 1) * stride + 2 * padding - extent
        return (end: more, isSymmetric: true)
      }
      let end = (result - 1) * stride + extent - length - padding
      return (end: end, isSymmetric: (length + 2 * padding - extent) / stride + 1 == result)
    }
    (bottom, right) = (sides[0].end, sides[1].end)
    isSymmetric = sides[0].isSymmetric && sides[1].isSymmetric
  }
}

extension Graph.Quantization {
  /// The numbers nearest to those of a tensor that bytes stand for.
  func rounded(_ x: Tensor) -> Tensor {
    let (scale, zero) = (Double(scale), Double(zero))
    return ((x / scale + zero).round().clamp(min: 0, max: 255) - zero) * scale
  }
}
