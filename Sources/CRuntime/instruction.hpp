// Instructions of a plan: a kernel with its parameters. The numbers of kernels are the indices of `Parameters`, plus 1.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "CRuntime.h"

namespace rt {

/// Weights are named by their index in the program; -1 stands for none.
struct Activation {
  ck_activation_kind kind = CK_IDENTITY;
  float a = 0, b = 0;
  int32_t slopes = -1;
};

struct Convolution {
  bool is_transposed;
  int32_t weight, bias;
  int32_t stride_height, stride_width;
  int32_t pad_top, pad_left;
  int32_t dilation_height, dilation_width;
  int32_t groups;
  ck_residual residual;
  Activation activation;
  bool is_exact;
};

struct Affine {
  int32_t scale, shift;
  Activation activation;
};

struct Binary {
  ck_operator op;
  Activation activation;
};

struct Resize {
  bool is_nearest, align_corners;
  /// Used with a second input.
  ck_operator op;
  Activation activation;
};

struct ClassMap {
  bool align_corners;
};

struct MaxPool {
  ck_window window;
};

struct AveragePool {
  ck_window window;
};

struct AdaptiveAveragePool {};
struct AdaptiveMaxPool {};
struct MaxUnpool {};
struct Copy {};

struct PermuteChannels {
  std::vector<int32_t> source;
};

struct Interleave {};

struct PixelShuffle {
  int32_t factor;
};

struct Softmax {};

struct Reduce {
  ck_reduction reduction;
};

struct Join {};

struct MatrixProduct {
  int32_t batch, rows, inner, columns;
  bool a_is_transposed, b_is_transposed;
  int32_t a_batch, b_batch;
};

struct Normalize {
  int32_t groups;
  float epsilon;
  int32_t scale, shift;
};

/// A copy between dense tensors: element (i, j, ...) of `sizes` moves from offset_in + i * strides_in[0] + ... to
/// offset_out + i * strides_out[0] + ...
struct Rearrange {
  std::vector<int32_t> sizes;
  int64_t offset_in, offset_out;
  std::vector<int64_t> strides_in, strides_out;
};

struct Host {
  uint32_t index;
};

struct Fill {
  float value;
};

using Parameters = std::variant<Convolution, Affine, Binary, Resize, ClassMap, MaxPool, AveragePool,
                                AdaptiveAveragePool, AdaptiveMaxPool, MaxUnpool, Copy, PermuteChannels, Interleave,
                                PixelShuffle, Softmax, Reduce, Join, MatrixProduct, Normalize, Rearrange, Host, Fill>;

struct Instruction {
  /// The operator and the module, as profiles show them.
  std::string name, module;
  uint64_t multiply_accumulates;
  /// Indices of tensors.
  std::vector<uint32_t> inputs, outputs;
  /// Indices into `inputs`: the output may take the memory of these if nothing reads them later.
  std::vector<uint8_t> replaceable;
  Parameters parameters;
};

/// A visitor made of functions, one for each type.
template <typename... Functions>
struct Visitor : Functions... {
  using Functions::operator()...;
};

}  // namespace rt
