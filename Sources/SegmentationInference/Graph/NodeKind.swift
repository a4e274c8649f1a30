/// The graph's own operators. `GraphOptimizer` leaves these, and libtorch's operators that have no kind here.
///
/// Shapes are in the order NCHW, whatever the memory layout of an engine is. An argument that a node may lack is marked
/// `?`. A node with `activation` also has `activation_parameters` (doubles) and `slope`? (value): see
/// `Graph.Activation`.
///
/// | kind | arguments |
/// |---|---|
/// | `conv` | `input`, `weight` [out, in / groups, kh, kw], `bias`? [out], `residual`?, `stride`, `padding`, `dilation` (ints: height, width), `groups`, `residual_position`, `activation` |
/// | `convTranspose` | as `conv`, `weight` [in, out / groups, kh, kw], and `output_padding` |
/// | `affine` | `input`, `scale`, `shift` (constants of one element or of one element per channel), `activation`: scale · x + shift |
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
/// The result of a convolution depends on `residual_position`: "none": activation(conv); "before": activation(conv +
/// residual); "after": activation(conv) + residual. The residual has the result's shape.
///
/// `NodeKind.libtorchOperators` lists libtorch's operators that networks of the catalogue keep, with their own
/// arguments.
public enum NodeKind: String, Sendable, CaseIterable {
  /// A convolution with bias, residual and activation.
  case conv = "rtseg::conv"
  /// A transposed convolution with bias, residual and activation.
  case convTranspose = "rtseg::conv_transpose"
  /// A scale and a shift per channel, such as batch normalization in evaluation.
  case affine = "rtseg::affine"
  /// An operation on two tensors that broadcast.
  case binary = "rtseg::binary"
  /// An activation function by itself.
  case unary = "rtseg::unary"
  /// The mean over height and width.
  case globalMean = "rtseg::global_mean"
  /// Bilinear or nearest resizing.
  case resize = "rtseg::resize"
  /// A change of shape that moves no element.
  case reshape = "rtseg::reshape"
  /// A change of the dimensions' order.
  case permute = "rtseg::permute"
  /// A range of indices along one dimension.
  case slice = "rtseg::slice"
  /// A change of the channels' order.
  case permuteChannels = "rtseg::permute_channels"
  /// The class with the largest score at each pixel.
  case argmax = "rtseg::argmax"

  /// The names of libtorch's operators that the catalogue's real-time networks keep after `GraphOptimizer`, the most
  /// frequent first.
  public static let libtorchOperators = [
    "cat", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "pixel_shuffle", "mean", "amax",
    "max_pool2d_with_indices", "max_unpool2d", "matmul", "linalg_vector_norm",
  ]

  /// Whether nodes of this kind apply an activation to their result.
  var hasActivation: Bool {
    switch self {
    case .conv, .convTranspose, .affine, .binary, .unary: true
    default: false
    }
  }
}
