#include "training/weight_gradient.hpp"

#include "core/shared.hpp"

#define CK_KERNELS "training/weight_gradient_kernels.hpp"
#include "simd/foreach_isa.hpp"

namespace ck {

WeightParts::WeightParts(const TrainedConvolution &convolution, int64_t wanted)
    : convolution_(convolution), channels_(convolution.is_depthwise ? 1 : convolution.channels) {
  // So many gradients stay in the nearest cache, and their copies in the next one.
  constexpr int64_t few = 8192, most_lines = 32;
  if (convolution.is_depthwise || convolution.weights() <= few) {
    lines_ = std::clamp<int64_t>(convolution.images * convolution.out_height / 4, 1, most_lines);
    return;
  }
  // The gradients of a part, and the values that they are the products of, stay in the nearest cache.
  constexpr int64_t most_in = 32, most_out = 64, least_in = 8, least_out = 16;
  int64_t out_channels = convolution.out_channels;
  rows_ = convolution.kernel_height;
  in_ = divide_up<int64_t>(channels_, most_in), out_ = divide_up<int64_t>(out_channels, most_out);
  while (count() < wanted) {
    bool can_divide_out = out_channels >= 2 * out_ * least_out, can_divide_in = channels_ >= 2 * in_ * least_in;
    if (!can_divide_out && !can_divide_in) break;
    (can_divide_out ? out_ : in_) *= 2;
  }
}

WeightPart WeightParts::operator[](int64_t index) const {
  int64_t out = index % out_, in = index / out_ % in_, row = index / out_ / in_ % rows_;
  int64_t line = index / out_ / in_ / rows_, lines = convolution_.images * convolution_.out_height;
  // Output channels begin at whole vectors of any instruction set if there are enough of them.
  int64_t channels = convolution_.out_channels, unit = channels >= 16 * out_ ? 16 : 1;
  int64_t units = divide_up<int64_t>(channels, unit);
  auto bound = [&](int64_t i) { return std::min(units * i / out_ * unit, channels); };
  return {lines * line / lines_, lines * (line + 1) / lines_, convolution_.kernel_height * row / rows_,
          convolution_.kernel_height * (row + 1) / rows_, channels_ * in / in_, channels_ * (in + 1) / in_, bound(out),
          bound(out + 1), line};
}

void weight_gradient(const TrainedConvolution &convolution, WeightPart part, const float *x, const float *gradient,
                     float *sums) {
  CK_DISPATCH(part_gradient)(convolution, part, x, gradient, sums);
}

}  // namespace ck
