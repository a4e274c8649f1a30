// The parts that all algorithms of convolution share. They do not depend on the instruction set.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "core/common.hpp"
#include "core/tuning.hpp"
#include "core/types.hpp"

namespace ck {

/// A checked description with its weights and bias, which belong to the caller.
struct ConvSpec {
  ck_conv_desc desc;
  const float *weights;
  const float *bias;

  int in_group() const { return desc.in_channels / desc.groups; }
  int out_group() const { return desc.out_channels / desc.groups; }
  int taps() const { return desc.kernel_height * desc.kernel_width; }
  float weight(int k, int c, int tap) const { return weights[(int64_t(k) * in_group() + c) * taps() + tap]; }
};

/// A convolution with packed weights. The maps that it gets have been checked.
class ConvPlan {
 public:
  virtual ~ConvPlan() = default;
  virtual void run(ck_pool *pool, const ck_map &in, const ck_map &out, const ck_map *residual, ck_rows rows) const = 0;

  ck_algorithm algorithm = CK_ALGORITHM_DIRECT;
  int row_step = 1;  // rows that are computed together; 0: all rows
  size_t scratch_bytes = 0;
  size_t shared_bytes = 0;  // of the scratch memory that all threads share
};

/// Which columns of a depthwise kernel read inside the input, for each column of the output.
class TapColumns {
 public:
  explicit TapColumns(const ck_conv_desc &desc) : desc_(desc), cuts_{0, desc.out_width} {
    for (int kx = 0; kx < desc.kernel_width; ++kx) {
      cuts_.push_back(first(kx));
      cuts_.push_back(last(kx));
    }
    std::sort(cuts_.begin(), cuts_.end());
    cuts_.erase(std::unique(cuts_.begin(), cuts_.end()), cuts_.end());
  }

  /// Columns of the output, in order, between which the same taps fall inside the input.
  const std::vector<int> &cuts() const { return cuts_; }
  /// Whether a column of the kernel falls inside the input for column `x` of the output.
  bool reads(int kx, int x) const { return x >= first(kx) && x < last(kx); }

 private:
  int first(int kx) const {
    int first = divide_up(std::max(0, desc_.pad_left - kx * desc_.dilation_width), desc_.stride_width);
    return std::min(first, desc_.out_width);
  }
  int last(int kx) const {
    int room = desc_.in_width + desc_.pad_left - kx * desc_.dilation_width;
    return std::clamp(divide_up(std::max(0, room), desc_.stride_width), first(kx), desc_.out_width);
  }

  ck_conv_desc desc_;
  std::vector<int> cuts_;
};

/// The activation and the residual. If `is_simple`, the activation is min(max(x, low), high), or x > 0 ? x : slope * x
/// with `has_slope`.
struct Epilogue {
  ck_activation_kind kind;
  float a, b;
  bool residual_after;
  bool is_simple = true;
  bool has_slope = false;
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();

  explicit Epilogue(const ck_conv_desc &desc)
      : kind(desc.activation.kind),
        a(desc.activation.a),
        b(desc.activation.b),
        residual_after(desc.residual == CK_RESIDUAL_AFTER) {
    switch (kind) {
      case CK_IDENTITY: break;
      case CK_RELU: low = 0; break;
      case CK_CLIP: low = a, high = b; break;
      case CK_LEAKY_RELU:
      case CK_PRELU: has_slope = true; break;
      default: is_simple = false;
    }
  }
  float slope(const ck_activation &activation, int channel) const {
    return kind == CK_PRELU ? activation.slopes[channel] : a;
  }
};

std::unique_ptr<ConvPlan> make_direct_plan(const ConvSpec &spec);
std::unique_ptr<ConvPlan> make_winograd_plan(const ConvSpec &spec, ck_algorithm algorithm);
/// Makes a depthwise or narrow grouped convolution; NULL if there is no kernel for the groups.
std::unique_ptr<ConvPlan> make_depthwise_plan(const ConvSpec &spec);
/// Makes a convolution of quantized maps.
std::unique_ptr<ConvPlan> make_quantized_plan(const ConvSpec &spec);
/// Chooses the algorithm. The padding may be negative if the strides are 1.
std::unique_ptr<ConvPlan> make_plan(const ConvSpec &spec);
/// Makes a transposed convolution. The weights are [in_channels, out_channels / groups, kernel_height, kernel_width].
std::unique_ptr<ConvPlan> make_transposed_plan(const ConvSpec &spec);

}  // namespace ck
