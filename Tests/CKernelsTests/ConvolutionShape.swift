import CKernels
import Testing
import Torch

/// A convolution to test; paddings, sizes and values are drawn.
struct ConvolutionShape {
  var kernel: IntPair = 3
  var stride: IntPair = 1
  var dilation: IntPair = 1
  var groups = 1
  var inputs: Int
  var outputs: Int
  var algorithm = CK_ALGORITHM_AUTO
  var isTransposed = false

  /// A padding, and a size of the input that the kernel fits into.
  func drawSizes(_ draw: inout Draw) -> (padding: IntPair, size: ImageSize) {
    let padding = IntPair(draw.int(0...kernel.height / 2 * dilation.height), kernel.width / 2 * dilation.width)
    let extent = IntPair((kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1)
    return (
      padding,
      ImageSize(
        height: draw.int(extent.height...extent.height + 9), width: draw.int(extent.width...extent.width + 25))
    )
  }

  /// The description but for types, the residual and the activation.
  func description(from size: ImageSize, padding: IntPair, to outputSize: ImageSize) -> ck_conv_desc {
    var desc = ck_conv_desc()
    (desc.in_height, desc.in_width) = (Int32(size.height), Int32(size.width))
    (desc.out_height, desc.out_width) = (Int32(outputSize.height), Int32(outputSize.width))
    (desc.in_channels, desc.out_channels) = (Int32(inputs), Int32(outputs))
    (desc.kernel_height, desc.kernel_width) = (Int32(kernel.height), Int32(kernel.width))
    (desc.stride_height, desc.stride_width) = (Int32(stride.height), Int32(stride.width))
    (desc.dilation_height, desc.dilation_width) = (Int32(dilation.height), Int32(dilation.width))
    (desc.pad_top, desc.pad_left) = (Int32(padding.height), Int32(padding.width))
    desc.groups = Int32(groups)
    desc.algorithm = algorithm
    return desc
  }

  /// Runs the described convolution as a whole, or in two bands of rows, the lower first.
  func run(
    _ desc: ck_conv_desc, weight: Tensor, bias: Tensor?, activation kind: ck_activation_kind, slopes: Tensor,
    input: KernelMap, residual: KernelMap, output: KernelMap, _ draw: inout Draw, _ pool: OpaquePointer
  ) {
    let conv = slopes.elements(Float.self).withUnsafeBufferPointer { slopes in
      var desc = desc
      desc.activation = ck_activation(kind: kind, a: -0.25, b: 0.75, slopes: slopes.baseAddress)
      let create = isTransposed ? ck_conv_create_transposed : ck_conv_create
      return create(&desc, weight.contiguous().elements(Float.self), bias?.elements(Float.self))
    }
    guard let conv else {
      Issue.record("\(String(cString: ck_last_error()))")
      return
    }
    defer { ck_conv_free(conv) }
    var (from, to, addend) = (input.map, output.map, residual.map)
    var bands = [0..<desc.out_height]
    let step = ck_conv_row_step(conv)
    if step > 0, draw.bool() {
      let cut = Int32(draw.int(0...Int(desc.out_height))) / step * step
      bands = [cut..<desc.out_height, 0..<cut]
    }
    for band in bands {
      let rows = ck_rows(begin: band.lowerBound, end: band.upperBound)
      let done =
        desc.residual == CK_RESIDUAL_NONE
        ? ck_conv_run_rows(conv, pool, &from, &to, nil, rows)
        : ck_conv_run_rows(conv, pool, &from, &to, &addend, rows)
      #expect(done, "\(String(cString: ck_last_error()))")
    }
  }
}
