import ArgumentParser
import CKernels
import Torch

/// A convolution with bias and ReLU, padded so that a stride of 1 keeps the size. A transposed one enlarges the map by
/// its stride.
struct ConvolutionCase: KernelCase {
  let name: String
  let inputs: Int
  let outputs: Int
  let size: IntPair
  var kernel: IntPair = 3
  var stride = 1
  var dilation = 1
  var groups = 1
  var type = CK_FLOAT32
  var algorithm = CK_ALGORITHM_AUTO
  var isTransposed = false

  var operations: Double {
    let small = isTransposed ? size : outputSize
    return 2 * Double(small.height * small.width * outputs * taps)
  }
  var bytes: Double {
    let values = size.height * size.width * inputs + outputSize.height * outputSize.width * outputs + outputs * taps
    return Double(values * (type == CK_FLOAT32 ? 4 : type == CK_UINT8 ? 1 : 2))
  }
  private var taps: Int { kernel.height * kernel.width * inputs / groups }
  private var outputSize: IntPair {
    isTransposed
      ? IntPair(size.height * stride, size.width * stride)
      : IntPair((size.height - 1) / stride + 1, (size.width - 1) / stride + 1)
  }

  func prepare(pool: OpaquePointer) throws -> (kernel: () -> Void, peer: (() -> Void)?) {
    let dilation = IntPair(kernel.height > 1 ? dilation : 1, kernel.width > 1 ? dilation : 1)
    let padding =
      isTransposed
      ? IntPair((kernel.height - 1) / 2, (kernel.width - 1) / 2)
      : IntPair(kernel.height / 2 * dilation.height, kernel.width / 2 * dilation.width)
    var desc = ck_conv_desc()
    (desc.in_height, desc.in_width, desc.in_channels) = (Int32(size.height), Int32(size.width), Int32(inputs))
    (desc.out_height, desc.out_width) = (Int32(outputSize.height), Int32(outputSize.width))
    desc.out_channels = Int32(outputs)
    (desc.kernel_height, desc.kernel_width) = (Int32(kernel.height), Int32(kernel.width))
    (desc.stride_height, desc.stride_width) = (Int32(stride), Int32(stride))
    (desc.dilation_height, desc.dilation_width) = (Int32(dilation.height), Int32(dilation.width))
    (desc.pad_top, desc.pad_left) = (Int32(padding.height), Int32(padding.width))
    desc.groups = Int32(groups)
    desc.activation.kind = CK_RELU
    desc.type = type
    desc.algorithm = algorithm
    // The output's type is that of the input; scales are for bytes alone.
    desc.out_type = type
    desc.in_quantization = ck_quantization(scale: 0.02, zero: 0)
    desc.out_quantization = desc.in_quantization
    let weight = Tensor.randomNormal(
      (isTransposed ? [inputs, outputs] : [outputs, inputs / groups]) + [kernel.height, kernel.width])
    let bias = Tensor.randomNormal([outputs])
    let create = isTransposed ? ck_conv_create_transposed : ck_conv_create
    guard let conv = create(&desc, weight.elements(Float.self), bias.elements(Float.self)) else {
      throw ValidationError(String(cString: ck_last_error()))
    }
    ck_pool_reserve(pool, ck_conv_scratch(conv))
    let (input, image) = randomMap(size.height, size.width, inputs, type: type)
    let (output, held) = randomMap(outputSize.height, outputSize.width, outputs, type: type)
    let run = {
      var (input, output) = (input, output)
      withExtendedLifetime((image, held)) { precondition(ck_conv_run(conv, pool, &input, &output, nil)) }
    }
    if type == CK_UINT8 { return (run, nil) }
    let dtype: DType = type == CK_FLOAT32 ? .float32 : .bfloat16
    let (ownWeight, ownBias) = (weight.to(dtype: dtype).contiguous(.channelsLast), bias.to(dtype: dtype))
    if isTransposed {
      let beyond = IntPair(
        outputSize.height - (size.height - 1) * stride - kernel.height + 2 * padding.height,
        outputSize.width - (size.width - 1) * stride - kernel.width + 2 * padding.width)
      return (
        run,
        {
          image.convTranspose2d(
            weight: ownWeight, bias: ownBias, stride: IntPair(stride), padding: padding, outputPadding: beyond
          ).reluInPlace()
        }
      )
    }
    return (
      run,
      {
        image.conv2d(
          weight: ownWeight, bias: ownBias, stride: IntPair(stride), padding: padding, dilation: dilation,
          groups: groups
        ).reluInPlace()
      }
    )
  }

  static var all: [any KernelCase] {
    [
      Self(name: "3x3 64-64 @128x256", inputs: 64, outputs: 64, size: [128, 256]),
      Self(
        name: "3x3 64-64 @128x256, F(2x2)", inputs: 64, outputs: 64, size: [128, 256],
        algorithm: CK_ALGORITHM_WINOGRAD_2),
      Self(
        name: "3x3 64-64 @128x256, direct", inputs: 64, outputs: 64, size: [128, 256], algorithm: CK_ALGORITHM_DIRECT),
      Self(name: "3x3 128-128 @64x128", inputs: 128, outputs: 128, size: [64, 128]),
      Self(name: "3x3 128-128 @64x128, dilation 4", inputs: 128, outputs: 128, size: [64, 128], dilation: 4),
      Self(name: "3x3 32-32 @128x256", inputs: 32, outputs: 32, size: [128, 256]),
      Self(name: "3x3 20-20 @128x256", inputs: 20, outputs: 20, size: [128, 256]),
      Self(name: "3x3 256-256 @32x64", inputs: 256, outputs: 256, size: [32, 64]),
      Self(name: "3x3 64-128 @128x256, stride 2", inputs: 64, outputs: 128, size: [128, 256], stride: 2),
      Self(name: "3x3 3-32 @512x1024, stride 2", inputs: 3, outputs: 32, size: [512, 1024], stride: 2),
      Self(name: "1x1 128-128 @64x128", inputs: 128, outputs: 128, size: [64, 128], kernel: 1),
      Self(name: "1x1 32-192 @64x128", inputs: 32, outputs: 192, size: [64, 128], kernel: 1),
      Self(name: "1x1 64-19 @128x256", inputs: 64, outputs: 19, size: [128, 256], kernel: 1),
      Self(name: "3x1 64-64 @64x128", inputs: 64, outputs: 64, size: [64, 128], kernel: [3, 1]),
      Self(name: "1x3 64-64 @64x128", inputs: 64, outputs: 64, size: [64, 128], kernel: [1, 3]),
      Self(
        name: "1x3 64-64 @64x128, dilation 8", inputs: 64, outputs: 64, size: [64, 128], kernel: [1, 3], dilation: 8),
      Self(name: "3x3 256-256 @64x128, groups of 16", inputs: 256, outputs: 256, size: [64, 128], groups: 16),
      Self(name: "3x3 64-64 @128x256, groups of 4", inputs: 64, outputs: 64, size: [128, 256], groups: 16),
      Self(name: "depthwise 3x3 64 @128x256", inputs: 64, outputs: 64, size: [128, 256], groups: 64),
      Self(
        name: "depthwise 3x3 64 @128x256, dilation 16", inputs: 64, outputs: 64, size: [128, 256], dilation: 16,
        groups: 64),
      Self(
        name: "depthwise 3x3 192 @128x256, stride 2", inputs: 192, outputs: 192, size: [128, 256], stride: 2,
        groups: 192),
      Self(
        name: "transposed 3x3 64-64 @64x128, stride 2", inputs: 64, outputs: 64, size: [64, 128], stride: 2,
        isTransposed: true),
      Self(
        name: "transposed 3x3 128-64 @64x128, stride 2", inputs: 128, outputs: 64, size: [64, 128], stride: 2,
        isTransposed: true),
      Self(
        name: "transposed 2x2 16-19 @256x512, stride 2", inputs: 16, outputs: 19, size: [256, 512], kernel: 2,
        stride: 2, isTransposed: true),
      Self(name: "bf16 3x3 64-64 @128x256", inputs: 64, outputs: 64, size: [128, 256], type: CK_BFLOAT16),
      Self(
        name: "bf16 3x3 64-128 @128x256, stride 2", inputs: 64, outputs: 128, size: [128, 256], stride: 2,
        type: CK_BFLOAT16),
      Self(name: "bf16 1x1 128-128 @64x128", inputs: 128, outputs: 128, size: [64, 128], kernel: 1, type: CK_BFLOAT16),
      Self(name: "int8 3x3 64-64 @128x256", inputs: 64, outputs: 64, size: [128, 256], type: CK_UINT8),
      Self(
        name: "int8 3x3 128-128 @64x128, dilation 4", inputs: 128, outputs: 128, size: [64, 128], dilation: 4,
        type: CK_UINT8),
      Self(name: "int8 3x3 512-512 @16x32", inputs: 512, outputs: 512, size: [16, 32], type: CK_UINT8),
      Self(
        name: "int8 3x3 64-128 @128x256, stride 2", inputs: 64, outputs: 128, size: [128, 256], stride: 2,
        type: CK_UINT8),
      Self(
        name: "int8 3x3 3-32 @512x1024, stride 2", inputs: 3, outputs: 32, size: [512, 1024], stride: 2,
        type: CK_UINT8),
      Self(name: "int8 1x1 128-128 @64x128", inputs: 128, outputs: 128, size: [64, 128], kernel: 1, type: CK_UINT8),
      Self(
        name: "int8 3x3 256-256 @64x128, groups of 16", inputs: 256, outputs: 256, size: [64, 128], groups: 16,
        type: CK_UINT8),
      Self(
        name: "int8 depthwise 3x3 64 @128x256", inputs: 64, outputs: 64, size: [128, 256], groups: 64,
        type: CK_UINT8),
    ]
  }
}
