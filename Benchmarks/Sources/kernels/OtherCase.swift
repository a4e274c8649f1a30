import CKernels
import Torch

/// A kernel bound by memory: its bytes are those of inputs and outputs, each once.
struct OtherCase: KernelCase {
  let name: String
  let input: (height: Int, width: Int, channels: Int)
  let output: (height: Int, width: Int, channels: Int)
  var outputType = CK_FLOAT32
  let kernel: (OpaquePointer, inout ck_map, inout ck_map) -> Bool
  let peer: (Tensor) -> Tensor
  let operations = 0.0
  let type = CK_FLOAT32

  var bytes: Double {
    let size = outputType == CK_UINT8 ? 1 : 4
    return Double(
      input.height * input.width * input.channels * 4 + output.height * output.width * output.channels * size)
  }

  func prepare(pool: OpaquePointer) -> (kernel: () -> Void, peer: (() -> Void)?) {
    let (from, image) = randomMap(input.height, input.width, input.channels)
    var (to, held) = randomMap(output.height, output.width, output.channels)
    to.type = outputType
    let target = to
    return (
      {
        var (from, to) = (from, target)
        withExtendedLifetime((image, held)) { precondition(kernel(pool, &from, &to)) }
      },
      { _ = peer(image) }
    )
  }

  private static func window(_ kernel: Int32, stride: Int32) -> ck_window {
    let pad = kernel / 2 * (kernel % 2)
    return ck_window(
      kernel_height: kernel, kernel_width: kernel, stride_height: stride, stride_width: stride, pad_top: pad,
      pad_left: pad, pad_bottom: pad, pad_right: pad, dilation_height: 1, dilation_width: 1, count_include_pad: true,
      rows: ck_rows())
  }

  private static func resize(_ pool: OpaquePointer, _ from: inout ck_map, _ to: inout ck_map) -> Bool {
    var resizing = ck_resizing()
    return ck_resize(pool, &from, &to, &resizing, nil, ck_rows(begin: 0, end: to.height))
  }

  private static let large = (128, 256, 64)
  private static let logits = (64, 128, 19)

  static var all: [any KernelCase] {
    [
      Self(
        name: "bilinear x8 + argmax, 19 classes @512x1024", input: logits, output: (512, 1024, 1), outputType: CK_UINT8,
        kernel: { ck_argmax($0, &$1, &$2, false) },
        peer: {
          $0.upsampleBilinear2d(size: ImageSize(height: 512, width: 1024), alignCorners: false).argmax(dimension: 1)
        }),
      Self(
        name: "argmax, 19 classes @512x1024", input: (512, 1024, 19), output: (512, 1024, 1), outputType: CK_UINT8,
        kernel: { ck_argmax($0, &$1, &$2, false) }, peer: { $0.argmax(dimension: 1) }),
      Self(
        name: "bilinear x8, 19 @512x1024", input: logits, output: (512, 1024, 19),
        kernel: resize,
        peer: { $0.upsampleBilinear2d(size: ImageSize(height: 512, width: 1024), alignCorners: false) }),
      Self(
        name: "bilinear x2, 64 @128x256", input: (64, 128, 64), output: large,
        kernel: resize,
        peer: { $0.upsampleBilinear2d(size: ImageSize(height: 128, width: 256), alignCorners: false) }),
      Self(
        name: "add + ReLU, 64 @128x256", input: large, output: large,
        kernel: { pool, from, to in
          var (other, relu) = (from, ck_activation(kind: CK_RELU, a: 0, b: 0, slopes: nil))
          return ck_binary(pool, CK_ADD, &from, &other, &to, &relu)
        }, peer: { ($0 + $0).relu() }),
      Self(
        name: "sigmoid, 64 @128x256", input: large, output: large,
        kernel: { pool, from, to in
          var sigmoid = ck_activation(kind: CK_SIGMOID, a: 0, b: 0, slopes: nil)
          return ck_affine(pool, &from, &to, nil, nil, &sigmoid)
        }, peer: { $0.sigmoid() }),
      Self(
        name: "max pool 3x3, 64 @128x256", input: large, output: large,
        kernel: { pool, from, to in
          var window = window(3, stride: 1)
          return ck_max_pool(pool, &from, &to, &window, nil)
        }, peer: { $0.maxPool2d(kernel: 3, stride: 1, padding: 1) }),
      Self(
        name: "average pool 3x3, 64 @128x256", input: large, output: large,
        kernel: { pool, from, to in
          var window = window(3, stride: 1)
          return ck_average_pool(pool, &from, &to, &window)
        }, peer: { $0.avgPool2d(kernel: 3, stride: 1, padding: 1) }),
      Self(
        name: "max pool 2x2, stride 2, 3 @512x1024", input: (512, 1024, 3), output: (256, 512, 3),
        kernel: { pool, from, to in
          var window = window(2, stride: 2)
          return ck_max_pool(pool, &from, &to, &window, nil)
        }, peer: { $0.maxPool2d(kernel: 2, stride: 2) }),
      Self(
        name: "average pool 3x3, stride 2, 3 @512x1024", input: (512, 1024, 3), output: (256, 512, 3),
        kernel: { pool, from, to in
          var window = window(3, stride: 2)
          return ck_average_pool(pool, &from, &to, &window)
        }, peer: { $0.avgPool2d(kernel: 3, stride: 2, padding: 1) }),
      Self(
        name: "mean, 64 @128x256", input: large, output: (1, 1, 64),
        kernel: { ck_adaptive_average_pool($0, &$1, &$2) }, peer: { $0.adaptiveAvgPool2d(1) }),
      Self(
        name: "softmax, 19 @512x1024", input: (512, 1024, 19), output: (512, 1024, 19),
        kernel: { ck_softmax($0, &$1, &$2) }, peer: { $0.softmax(dimension: 1) }),
      Self(
        name: "softmax, 2048 @1x2048", input: (1, 2048, 2048), output: (1, 2048, 2048),
        kernel: { ck_softmax($0, &$1, &$2) }, peer: { $0.softmax(dimension: 1) }),
      Self(
        name: "layer normalization, 64 @128x256", input: large, output: large,
        kernel: { ck_normalize($0, &$1, &$2, 0, 1e-5, nil, nil) },
        peer: { $0.permute([0, 2, 3, 1]).layerNorm([64], weight: nil, bias: nil) }),
      Self(
        name: "group normalization, 64 @128x256", input: large, output: large,
        kernel: { ck_normalize($0, &$1, &$2, 8, 1e-5, nil, nil) },
        peer: { $0.groupNorm(groups: 8, weight: nil, bias: nil) }),
      Self(
        name: "transposition, 64 @128x256", input: large, output: large,
        kernel: { ck_rearrange($0, CK_FLOAT32, 2, [128 * 256, 64], $1.data, [64, 1], $2.data, [1, 128 * 256]) },
        peer: { $0.contiguous() }),
    ]
  }
}
