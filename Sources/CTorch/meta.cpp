// The shapes of operators for which libtorch has a meta kernel only in Python, or none at all.
#include <torch/library.h>

#include "guard.hpp"

namespace {

at::Tensor convolution(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
  TORCH_CHECK(x.dim() == 4 && weight.dim() == 4, "a convolution of ", x.sizes(), " by ", weight.sizes());
  auto inputs = transposed ? weight.size(0) : weight.size(1) * groups;
  TORCH_CHECK(x.size(1) == inputs, "expected input", x.sizes(), " to have ", inputs, " channels");
  std::vector<int64_t> shape{x.size(0), transposed ? weight.size(1) * groups : weight.size(0)};
  for (size_t i = 0; i < 2; ++i) {
    auto size = x.size(i + 2), reach = dilation[i] * (weight.size(i + 2) - 1);
    shape.push_back(transposed ? (size - 1) * stride[i] - 2 * padding[i] + reach + output_padding[i] + 1
                               : (size + 2 * padding[i] - reach - 1) / stride[i] + 1);
    TORCH_CHECK(shape.back() > 0, "the input ", x.sizes(), " is smaller than the kernel ", weight.sizes());
  }
  return at::empty(shape, x.options());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> batch_norm(const at::Tensor &x, const std::optional<at::Tensor> &,
                                                          const std::optional<at::Tensor> &,
                                                          const std::optional<at::Tensor> &,
                                                          const std::optional<at::Tensor> &, bool training, double,
                                                          double) {
  std::vector<int64_t> channels{training ? x.size(1) : 0};
  return {at::empty_like(x), at::empty(channels, x.options()), at::empty(channels, x.options())};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> group_norm(const at::Tensor &x, const std::optional<at::Tensor> &,
                                                          const std::optional<at::Tensor> &, int64_t images, int64_t,
                                                          int64_t, int64_t groups, double) {
  return {at::empty_like(x), at::empty({images, groups}, x.options()), at::empty({images, groups}, x.options())};
}

at::Tensor resized(const at::Tensor &x, at::IntArrayRef size) {
  auto shape = x.sizes().vec();
  shape[shape.size() - 2] = size[0];
  shape[shape.size() - 1] = size[1];
  return at::empty(shape, x.options());
}

at::Tensor max_unpool2d(const at::Tensor &x, const at::Tensor &, at::IntArrayRef size) {
  return resized(x, size);
}

at::Tensor like(const at::Tensor &x) { return at::empty_like(x); }
at::Tensor &itself(at::Tensor &x) { return x; }
at::Tensor clipped(const at::Tensor &x, const at::Scalar &, const at::Scalar &) { return at::empty_like(x); }
at::Tensor prelu(const at::Tensor &x, const at::Tensor &) { return at::empty_like(x); }

}  // namespace

TORCH_LIBRARY_IMPL(aten, Meta, library) {
  library.impl("convolution_overrideable", TORCH_FN(convolution));
  library.impl("native_batch_norm", TORCH_FN(batch_norm));
  library.impl("native_group_norm", TORCH_FN(group_norm));
  library.impl("_adaptive_avg_pool2d", TORCH_FN(resized));
  library.impl("relu", TORCH_FN(like));
  library.impl("relu_", TORCH_FN(itself));
  library.impl("hardswish", TORCH_FN(like));
  library.impl("hardtanh", TORCH_FN(clipped));
  library.impl("_prelu_kernel", TORCH_FN(prelu));
  library.impl("max_unpool2d", TORCH_FN(max_unpool2d));
}
