// Convolution in training on maps with channels innermost. libtorch computes the result and the input's gradient, this
// package's kernels the weights' gradient.
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "guard.hpp"
#include "parallel.hpp"
#include "training/weight_gradient.hpp"

using namespace ct;

namespace {

struct TrainedConv2d : torch::autograd::Function<TrainedConv2d> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                            const std::optional<at::Tensor> &bias, std::vector<int64_t> stride,
                            std::vector<int64_t> padding, std::vector<int64_t> dilation, int64_t groups) {
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["dilation"] = dilation;
    context->saved_data["groups"] = groups;
    context->saved_data["has_bias"] = bias.has_value();
    return at::conv2d(x, weight, bias, stride, padding, dilation, groups);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "the convolution in training cannot be differentiated twice");
    auto variables = context->get_saved_variables();
    const auto &x = variables[0], &weight = variables[1];
    auto stride = context->saved_data["stride"].toIntVector(), padding = context->saved_data["padding"].toIntVector();
    auto dilation = context->saved_data["dilation"].toIntVector();
    auto groups = context->saved_data["groups"].toInt();
    auto gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor of_input, of_weight, of_bias;
    if (context->needs_input_grad(0)) {
      of_input = std::get<0>(at::convolution_backward(gradient, x, weight, std::nullopt, stride, padding, dilation,
                                                      false, {0, 0}, groups, {true, false, false}));
    }
    if (context->needs_input_grad(1)) of_weight = weight_gradient(x, weight, gradient, stride, padding, dilation);
    bool has_bias = context->saved_data["has_bias"].toBool();
    if (has_bias && context->needs_input_grad(2)) of_bias = gradient.sum(at::IntArrayRef{0, 2, 3});
    return {of_input, of_weight, of_bias, {}, {}, {}, {}};
  }

 private:
  static at::Tensor weight_gradient(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &gradient,
                                    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation) {
    bool is_depthwise = weight.size(1) != x.size(1);
    ck::TrainedConvolution convolution{
        x.size(0), x.size(2), x.size(3), x.size(1), gradient.size(2), gradient.size(3), gradient.size(1),
        weight.size(2), weight.size(3), stride[0], stride[1], padding[0], padding[1], dilation[0], dilation[1],
        is_depthwise};
    // More parts than threads, so that all threads finish together.
    ck::WeightParts parts(convolution, 4 * at::get_num_threads());
    auto sums = at::empty({parts.copies(), weight.size(2), weight.size(3), weight.size(1), weight.size(0)},
                          weight.options());
    const auto *values = const_elements<float>(x), *slopes = const_elements<float>(gradient);
    auto *to = sums.mutable_data_ptr<float>();
    parallel(parts.count(), 1, [&](int64_t begin, int64_t end) {
      for (auto index = begin; index < end; ++index) ck::weight_gradient(convolution, parts[index], values, slopes, to);
    });
    for (int64_t copy = 1, count = convolution.weights(); copy < parts.copies(); ++copy) {
      for (int64_t i = 0; i < count; ++i) to[i] += to[copy * count + i];
    }
    return sums.select(0, 0).permute({3, 2, 0, 1}).contiguous(weight.suggest_memory_format());
  }
};

/// Whether the weights' gradient is computed by this package's kernels.
bool fits(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias, int64_t groups) {
  if (!at::GradMode::is_enabled() || !weight.requires_grad()) return false;
  if (!x.is_cpu() || x.scalar_type() != at::kFloat || x.dim() != 4 || x.numel() == 0) return false;
  if (!x.is_contiguous(at::MemoryFormat::ChannelsLast)) return false;
  if (!weight.is_cpu() || weight.scalar_type() != at::kFloat || weight.dim() != 4) return false;
  if (bias && (!bias->is_cpu() || bias->scalar_type() != at::kFloat)) return false;
  if (at::autocast::is_autocast_enabled(at::kCPU)) return false;
  return groups == 1 || (groups == x.size(1) && groups == weight.size(0));
}

}  // namespace

bool ct_conv2d(ct_tensor x, ct_tensor weight, ct_tensor bias, const long *stride, const long *padding,
               const long *dilation, long groups, ct_tensor *out) {
  return guard([&] {
    const auto &input = get(x), &kernel = get(weight);
    auto offset = get_optional(bias);
    if (fits(input, kernel, offset, groups)) {
      *out = wrap(TrainedConv2d::apply(input, kernel, offset, pair(stride).vec(), pair(padding).vec(),
                                       pair(dilation).vec(), int64_t(groups)));
      return;
    }
    *out = wrap(at::conv2d(input, kernel, offset, pair(stride), pair(padding), pair(dilation), groups));
  });
}
