// Output shapes on the meta device for operators whose rules libtorch keeps on its Python side.
#include <ATen/ATen.h>
#include <ATen/native/ConvUtils.h>
#include <torch/library.h>

namespace {

using at::IntArrayRef;
using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

Tensor same(const Tensor &x) { return at::empty_like(x); }
Tensor &same_(Tensor &x) { return x; }

Tensor convolution(const Tensor &input, const Tensor &weight, const OptionalTensor &, IntArrayRef stride,
                   IntArrayRef padding, IntArrayRef dilation, bool transposed, IntArrayRef output_padding,
                   int64_t groups) {
  auto size = transposed ? at::native::conv_input_size(input.sizes(), weight.sizes(), padding, output_padding, stride,
                                                       dilation, groups)
                         : at::native::conv_output_size(input.sizes(), weight.sizes(), padding, stride, dilation);
  return input.new_empty(size);
}

std::tuple<Tensor, Tensor, Tensor> batch_norm(const Tensor &input, const OptionalTensor &, const OptionalTensor &,
                                              const OptionalTensor &, const OptionalTensor &, bool training, double,
                                              double) {
  int64_t saved = training ? input.size(1) : 0;
  return {at::empty_like(input), input.new_empty({saved}), input.new_empty({saved})};
}

Tensor prelu(const Tensor &x, const Tensor &) { return at::empty_like(x); }

Tensor with_plane(const Tensor &input, IntArrayRef size) {
  auto shape = input.sizes().vec();
  std::copy(size.begin(), size.end(), shape.end() - 2);
  return input.new_empty(shape);
}
Tensor max_unpool(const Tensor &input, const Tensor &, IntArrayRef size) { return with_plane(input, size); }

}  // namespace

TORCH_LIBRARY_IMPL(aten, Meta, library) {
  library.impl("convolution_overrideable", convolution);
  library.impl("native_batch_norm", batch_norm);
  library.impl("_prelu_kernel", prelu);
  library.impl("_adaptive_avg_pool2d", with_plane);
  library.impl("max_unpool2d", max_unpool);
  library.impl("relu", same);
  library.impl("relu_", same_);
  library.impl("hardswish", same);
}
