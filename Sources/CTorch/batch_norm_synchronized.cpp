// Batch normalization over the batches of several processes, by ordinary operators on any device.
#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "distributed.hpp"

using namespace ct;

namespace {

at::Tensor by_channel(const at::Tensor &numbers) { return numbers.view({1, -1, 1, 1}); }

/// The mean and the variance of the values of all processes, and their number, in float64. With sums in float64 a
/// single message suffices, and no digits are lost that float32 has.
struct Statistics {
  at::Tensor mean, variance, count;

  Statistics(ct_process_group_impl &group, const at::Tensor &x) {
    auto channels = x.size(1);
    auto values = x.numel() / channels;
    auto sums = at::zeros({2 * channels + 1}, x.options().dtype(at::kDouble));
    sums[2 * channels].fill_(double(values));
    if (values > 0) {
      auto [own_variance, own_mean] =
          at::var_mean(x.is_floating_point() && x.element_size() < 4 ? x.to(at::kFloat) : x, at::IntArrayRef({0, 2, 3}), std::optional<at::Scalar>(0));
      own_mean = own_mean.to(at::kDouble);
      sums.narrow(0, 0, channels).copy_(own_mean * values);
      sums.narrow(0, channels, channels).copy_((own_variance.to(at::kDouble) + own_mean.square()) * values);
    }
    sum_in_place(group, sums, "synchronized batch normalization");
    count = sums[2 * channels];
    // On GPUs, reading the number would wait for the message. More than one value in this process means more than one
    // in all.
    TORCH_CHECK(values > 1 || count.item<double>() > 1, "rank ", group.rank,
                ": batch normalization needs more than one value of each channel in the batches of all processes");
    mean = sums.narrow(0, 0, channels) / count;
    variance = (sums.narrow(0, channels, channels) / count - mean.square()).clamp_min_(0);
  }
};

struct SynchronizedBatchNorm : torch::autograd::Function<SynchronizedBatchNorm> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                            const at::Tensor &bias, const at::Tensor &running_mean, const at::Tensor &running_var,
                            double momentum, double epsilon, c10::intrusive_ptr<ct_process_group_impl> group) {
    Statistics all(*group, x);
    auto unbiased = all.variance * (all.count / (all.count - 1));
    running_mean.lerp_(all.mean.to(running_mean.scalar_type()), momentum);
    running_var.lerp_(unbiased.to(running_var.scalar_type()), momentum);
    auto mean = all.mean.to(weight.scalar_type()), variance = all.variance.to(weight.scalar_type());
    // The statistics are given, as in evaluation. libtorch's operators do not take empty maps.
    auto y = x.numel() == 0
                 ? at::empty_like(x)
                 : std::get<0>(at::native_batch_norm(x, weight, bias, mean, variance, /*training=*/false, 0, epsilon));
    context->save_for_backward({x, weight, mean, variance, all.count});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["group"] = c10::IValue::make_capsule(std::move(group));
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "the synchronized batch normalization cannot be differentiated twice");
    auto variables = context->get_saved_variables();
    const auto &x = variables[0], &weight = variables[1], &mean = variables[2], &variance = variables[3],
               &count = variables[4];
    auto epsilon = context->saved_data["epsilon"].toDouble();
    auto group = c10::static_intrusive_pointer_cast<ct_process_group_impl>(context->saved_data["group"].toCapsule());
    auto wants_input = context->needs_input_grad(0);
    // These are the gradients as if the statistics were constant: sum(dy · x̂) and sum(dy) for weight and bias, and dy
    // · weight / deviation for the input.
    auto direct = x, products = at::zeros_like(weight), sums = at::zeros_like(weight);
    if (x.numel() > 0) {
      std::tie(direct, products, sums) =
          // On GPUs the saved numbers must be there, though they serve training alone.
          at::native_batch_norm_backward(gradients[0], x, weight, mean, variance, mean, (variance + epsilon).rsqrt(),
                                         /*train=*/false, epsilon, {wants_input, true, true});
    }
    // Every process takes part, whether or not its input needs a gradient.
    auto totals = at::cat({sums, products}).to(at::kDouble);
    sum_in_place(*group, totals, "synchronized batch normalization");
    at::Tensor input_gradient;
    if (wants_input) {
      auto channels = x.size(1);
      auto inverse = (variance.to(at::kDouble) + epsilon).rsqrt();
      auto scale = -(weight.to(at::kDouble) * inverse) / count;
      auto offset = (totals.narrow(0, 0, channels) * scale).to(at::kFloat);
      auto slope = (totals.narrow(0, channels, channels) * scale * inverse).to(at::kFloat);
      auto centered = x - by_channel(mean);
      input_gradient = centered.mul_(by_channel(slope)).add_(by_channel(offset)).add_(direct).to(x.scalar_type());
    }
    return {input_gradient, products, sums, {}, {}, {}, {}, {}};
  }
};

}  // namespace

bool ct_batch_norm_synchronized(ct_process_group group, ct_tensor x, ct_tensor weight, ct_tensor bias,
                                ct_tensor running_mean, ct_tensor running_var, double momentum, double epsilon,
                                double low, double high, ct_tensor *out) {
  return guard([&] {
    const auto &input = get(x);
    TORCH_CHECK(input.dim() == 4 && input.size(1) == get(weight).numel(), "batch normalization of ",
                get(weight).numel(), " channels was given ", input.sizes());
    auto y = SynchronizedBatchNorm::apply(input, get(weight), get(bias), get(running_mean), get(running_var), momentum,
                                          epsilon, c10::intrusive_ptr<ct_process_group_impl>::reclaim_copy(group));
    constexpr auto infinity = std::numeric_limits<double>::infinity();
    if (low == 0 && high == infinity) {
      at::relu_(y);
    } else if (low != -infinity || high != infinity) {
      at::hardtanh_(y, low, high);
    }
    *out = wrap(std::move(y));
  });
}
