import CKernels

/// A call of each kernel, of sizes with which it needs all kinds of scratch memory.
enum KernelCalls {
  typealias Call = (OpaquePointer) -> Bool

  private static func map(_ height: Int, _ width: Int, _ channels: Int, type: ck_type = CK_FLOAT32) -> KernelMap {
    let map = KernelMap(height, width, channels, type: type)
    _ = ck_pool_create(1).map { pool in
      var filled = map.map
      ck_fill(pool, &filled, 1)
      ck_pool_free(pool)
    }
    return map
  }

  /// A call with a map of [20, 30, channels] and an output of another size or type.
  private static func call(
    _ channels: Int = 19, to size: (Int, Int, Int)? = nil, from type: ck_type = CK_FLOAT32, as outType: ck_type? = nil,
    _ body: @escaping (OpaquePointer, inout ck_map, inout ck_map) -> Bool
  ) -> Call {
    let (height, width, outputs) = size ?? (20, 30, channels)
    let (source, target) = (map(20, 30, channels, type: type), map(height, width, outputs, type: outType ?? type))
    return { pool in
      withExtendedLifetime((source, target)) {
        var (from, to) = (source.map, target.map)
        return body(pool, &from, &to)
      }
    }
  }

  static var all: [(String, Call)] {
    var calls: [(String, Call)] = [
      ("affine", call { ck_affine($0, &$1, &$2, nil, nil, nil) }),
      (
        "binary",
        call { pool, from, to in
          var other = from
          return ck_binary(pool, CK_ADD, &from, &other, &to, nil)
        }
      ), ("softmax", call { ck_softmax($0, &$1, &$2) }),
      ("reduction", call(to: (20, 30, 1)) { ck_reduce_channels($0, &$1, &$2, CK_NORM) }),
      ("layer normalization", call { ck_normalize($0, &$1, &$2, 0, 1e-5, nil, nil) }),
      ("group normalization", call { ck_normalize($0, &$1, &$2, 1, 1e-5, nil, nil) }),
      ("class map", call(to: (20, 30, 1), as: CK_UINT8) { ck_argmax($0, &$1, &$2, false) }),
      ("upsampled class map", call(to: (80, 120, 1), as: CK_UINT8) { ck_argmax($0, &$1, &$2, false) }),
      ("copy", call { ck_copy($0, &$1, &$2) }), ("conversion", call(as: CK_BFLOAT16) { ck_copy($0, &$1, &$2) }),
      ("permutation", call { ck_permute_channels($0, &$1, &$2, (0..<19).map { 18 - $0 }) }),
      ("pixel shuffle", call(16, to: (40, 60, 4)) { ck_pixel_shuffle($0, &$1, &$2, 2) }),
      ("filling", call { pool, _, to in ck_fill(pool, &to, 2) }),
      ("average", call(to: (1, 1, 19)) { ck_adaptive_average_pool($0, &$1, &$2) }),
      ("average of bytes", call(to: (1, 1, 19), from: CK_UINT8) { ck_adaptive_average_pool($0, &$1, &$2) }),
      ("adaptive pooling", call(to: (3, 4, 19)) { ck_adaptive_max_pool($0, &$1, &$2) }),
      ("image", call(3, from: CK_UINT8, as: CK_FLOAT32) { ck_normalize_image($0, &$1, &$2, [1, 1, 1], [0, 0, 0]) }),
      (
        "interleaving",
        call(to: (20, 30, 38)) { pool, from, to in
          var other = from
          return ck_interleave_channels(pool, &from, &other, nil, &to)
        }
      ),
      (
        "max unpooling",
        call(to: (40, 60, 19)) { ck_max_unpool($0, &$1, &$2, [Int32](repeating: 7, count: 20 * 30 * 19)) }
      ),
      (
        "quantization",
        call(as: CK_UINT8) { pool, from, to in
          var quantization = ck_quantization(scale: 0.1, zero: 3)
          return ck_affine_quantized(pool, &from, nil, &to, &quantization, nil, nil, nil)
        }
      ),
      (
        "binary of bytes",
        call(from: CK_UINT8) { pool, from, to in
          var (other, quantization) = (from, ck_quantization(scale: 0.1, zero: 3))
          var second = quantization
          var third = quantization
          return ck_binary_quantized(pool, CK_ADD, &from, &quantization, &other, &second, &to, &third, nil)
        }
      ),
      (
        "planes",
        call { pool, _, to in ck_from_planes(pool, [Float](repeating: 0, count: 20 * 30 * 19), &to) }
      ),
      (
        "rearrangement",
        call { pool, from, to in
          ck_rearrange(pool, CK_FLOAT32, 2, [600, 19], from.data, [19, 1], to.data, [1, 600])
        }
      ),
      (
        "matrix product",
        call(2000, to: (1, 30, 30)) { pool, from, to in
          var a = ck_matrices(
            data: from.data, batch: 1, rows: 30, columns: 2000, type: CK_FLOAT32, batch_stride: 0, row: 2000)
          var b = a
          var out = ck_matrices(
            data: to.data, batch: 1, rows: 30, columns: 30, type: CK_FLOAT32, batch_stride: 0, row: 30)
          return ck_matmul(pool, &a, false, &b, true, &out)
        }
      ),
    ]
    for isNearest in [false, true] {
      calls.append(
        (
          "resizing",
          call(to: (40, 60, 19)) { pool, from, to in
            var resizing = ck_resizing()
            resizing.is_nearest = isNearest
            return ck_resize(pool, &from, &to, &resizing, nil, ck_rows(begin: 0, end: 40))
          }
        ))
    }
    for isMax in [false, true] {
      calls.append(
        (
          "pooling",
          call { pool, from, to in
            var window = ck_window()
            (window.kernel_height, window.kernel_width, window.stride_height, window.stride_width) = (3, 3, 1, 1)
            (window.pad_top, window.pad_left, window.pad_bottom, window.pad_right) = (1, 1, 1, 1)
            (window.dilation_height, window.dilation_width) = (1, 1)
            return isMax
              ? ck_max_pool(pool, &from, &to, &window, nil) : ck_average_pool(pool, &from, &to, &window)
          }
        ))
    }
    for (name, create) in convolutions {
      let conv = Convolution(create()!)
      let isBytes = name.hasPrefix("int8")
      let channels = name.hasSuffix("many channels") ? 330 : 32
      let type = isBytes ? CK_UINT8 : CK_FLOAT32
      calls.append(
        (
          name,
          call(channels, from: type) { pool, from, to in ck_conv_run(conv.handle, pool, &from, &to, nil) }
        ))
    }
    return calls
  }

  private final class Convolution {
    let handle: OpaquePointer
    init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { ck_conv_free(handle) }
  }

  /// Convolutions of 3x3 of a map of [20, 30, channels] to one of the same size.
  static let convolutions: [(String, @Sendable () -> OpaquePointer?)] = [
    ("direct", { create(32, 1, CK_ALGORITHM_DIRECT) }), ("Winograd", { create(32, 1, CK_ALGORITHM_WINOGRAD_4) }),
    ("Winograd of many channels", { create(330, 1, CK_ALGORITHM_WINOGRAD_4) }),
    ("depthwise", { create(32, 32, CK_ALGORITHM_AUTO) }), ("groups", { create(32, 2, CK_ALGORITHM_DIRECT) }),
    ("int8", { create(32, 1, CK_ALGORITHM_AUTO, CK_UINT8) }),
    ("int8 depthwise", { create(32, 32, CK_ALGORITHM_AUTO, CK_UINT8) }),
    ("transposed, of many channels", { create(330, 1, CK_ALGORITHM_WINOGRAD_4, isTransposed: true) }),
  ]

  private static func create(
    _ channels: Int, _ groups: Int, _ algorithm: ck_algorithm, _ type: ck_type = CK_FLOAT32, isTransposed: Bool = false
  ) -> OpaquePointer? {
    var desc = ck_conv_desc()
    (desc.in_height, desc.in_width, desc.in_channels) = (20, 30, Int32(channels))
    (desc.out_height, desc.out_width, desc.out_channels) = (20, 30, Int32(channels))
    (desc.kernel_height, desc.kernel_width, desc.stride_height, desc.stride_width) = (3, 3, 1, 1)
    (desc.dilation_height, desc.dilation_width, desc.pad_top, desc.pad_left) = (1, 1, 1, 1)
    (desc.groups, desc.algorithm, desc.type, desc.out_type) = (Int32(groups), algorithm, type, type)
    desc.in_quantization = ck_quantization(scale: 0.1, zero: 3)
    desc.out_quantization = desc.in_quantization
    let weights = [Float](repeating: 0.1, count: channels * channels / groups * 9)
    return isTransposed ? ck_conv_create_transposed(&desc, weights, nil) : ck_conv_create(&desc, weights, nil)
  }
}
