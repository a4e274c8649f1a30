/// The graph's own operators: what `GraphOptimizer` leaves for engines, beside libtorch's that have no form here.
///
/// Shapes are NCHW whatever an engine's memory layout is. Arguments that a node may lack are marked `?`.
/// Nodes with `activation` also have `activation_parameters` (doubles) and `slope`? (value): see `Graph.Activation`.
///
/// | kind | arguments |
/// |---|---|
/// | `conv` | `input`, `weight` [out, in / groups, kh, kw], `bias`? [out], `residual`?, `stride`, `padding`, `dilation` (ints: height, width), `groups`, `residual_position`, `activation` |
/// | `convTranspose` | as `conv`, `weight` [in, out / groups, kh, kw], and `output_padding` |
/// | `affine` | `input`, `scale`, `shift` (constants of one element or of one a channel), `activation`: scale · x + shift |
/// | `binary` | `input`, `other` (broadcasting), `operation` ("add", "subtract", "multiply", "divide"), `activation` |
/// | `unary` | `input`, `activation` |
/// | `globalMean` | `input`: [N, C, H, W] to [N, C, 1, 1] |
/// | `resize` | `input`, `size` (ints), `mode` ("bilinear", "nearest"), `align_corners` |
/// | `reshape` | `input`, `shape`: row-major, in the NCHW sense |
/// | `permute` | `input`, `dims` |
/// | `slice` | `input`, `dim`, `offset`, `length` |
/// | `permuteChannels` | `input`, `indices`: channel i of the result is channel indices[i] |
/// | `argmax` | `input`, `dtype` (uint8 or int32), `size`? (ints), `align_corners`?: the class of each pixel [N, H, W], after bilinear resizing to `size` |
///
/// A convolution's result is, by `residual_position`: "none": activation(conv); "before": activation(conv + residual);
/// "after": activation(conv) + residual. The residual has the result's shape.
///
/// Of libtorch's operators, with their own arguments, networks of the catalogue keep `NodeKind.libtorchOperators`.
public enum NodeKind: String, Sendable, CaseIterable {
  case conv = "rtseg::conv"
  case convTranspose = "rtseg::conv_transpose"
  case affine = "rtseg::affine"
  case binary = "rtseg::binary"
  case unary = "rtseg::unary"
  case globalMean = "rtseg::global_mean"
  case resize = "rtseg::resize"
  case reshape = "rtseg::reshape"
  case permute = "rtseg::permute"
  case slice = "rtseg::slice"
  case permuteChannels = "rtseg::permute_channels"
  case argmax = "rtseg::argmax"

  /// libtorch's operators that the catalogue's real-time networks keep after `GraphOptimizer`, most frequent ones first.
  public static let libtorchOperators = [
    "cat", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "pixel_shuffle", "mean", "amax",
    "max_pool2d_with_indices", "max_unpool2d", "matmul", "linalg_vector_norm",
  ]

  /// Whether nodes have an activation for their result.
  var hasActivation: Bool {
    switch self {
    case .conv, .convTranspose, .affine, .binary, .unary: true
    default: false
    }
  }
}
