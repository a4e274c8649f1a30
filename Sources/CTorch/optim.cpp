#include <c10/core/GradMode.h>

#include "guard.hpp"

using namespace ct;

namespace {

using Tensors = std::vector<at::Tensor>;

bool have_same_layout(const at::Tensor &a, const at::Tensor &b) {
  if (a.sizes() != b.sizes()) return false;
  // The stride of a dimension with one element has no meaning.
  for (int64_t i = 0; i < a.dim(); ++i)
    if (a.size(i) > 1 && a.stride(i) != b.stride(i)) return false;
  return true;
}

/// Makes sure that tensors have the parameters' shapes. The fused kernels go through all tensors by the number of the
/// parameter's elements and check nothing.
void require_like(const Tensors &parameters, const Tensors &others, const char *what) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    auto &parameter = parameters[i];
    auto &other = others[i];
    TORCH_CHECK(parameter.is_non_overlapping_and_dense(), "parameter ", i, " does not lie densely in memory");
    TORCH_CHECK(have_same_layout(parameter, other) && other.scalar_type() == parameter.scalar_type() &&
                    other.device() == parameter.device(),
                "the ", what, " of parameter ", i, " is ", other.scalar_type(), " ", other.sizes(), " with strides ",
                other.strides(), " on ", other.device(), ", expected ", parameter.scalar_type(), " ",
                parameter.sizes(), " with strides ", parameter.strides(), " on ", parameter.device());
  }
}

void require_counters(const Tensors &parameters, const Tensors &counters) {
  for (size_t i = 0; i < parameters.size(); ++i)
    TORCH_CHECK(counters[i].numel() == 1 && counters[i].scalar_type() == at::kFloat &&
                    counters[i].device() == parameters[i].device(),
                "the step of parameter ", i, " is ", counters[i].scalar_type(), " ", counters[i].sizes(), " on ",
                counters[i].device(), ", expected one float32 on ", parameters[i].device());
}

}  // namespace

bool ct_sgd_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *momenta, size_t count,
                 ct_sgd_options o) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    auto weights = get_list(parameters, count);
    auto steps = get_list(gradients, count);
    require_like(weights, steps, "gradient");
    Tensors buffers;
    if (momenta && o.momentum != 0) {
      buffers = get_list(momenta, count);
      require_like(weights, buffers, "momentum");
    }
    at::_fused_sgd_(weights, steps, buffers, o.weight_decay, o.momentum, o.learning_rate, o.dampening, o.nesterov,
                    /*maximize=*/false, /*is_first_step=*/false);
  });
}

bool ct_adam_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *averages,
                  const ct_tensor *square_averages, const ct_tensor *steps, size_t count, ct_adam_options o) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    auto weights = get_list(parameters, count);
    auto slopes = get_list(gradients, count);
    auto first = get_list(averages, count);
    auto second = get_list(square_averages, count);
    auto counters = get_list(steps, count);
    require_like(weights, slopes, "gradient");
    require_like(weights, first, "average");
    require_like(weights, second, "average of squares");
    require_counters(weights, counters);
    for (auto &counter : counters) counter.add_(1);
    if (o.decoupled)
      at::_fused_adamw_(weights, slopes, first, second, {}, counters, o.learning_rate, o.beta1, o.beta2, o.weight_decay,
                        o.epsilon, /*amsgrad=*/false, /*maximize=*/false);
    else
      at::_fused_adam_(weights, slopes, first, second, {}, counters, o.learning_rate, o.beta1, o.beta2, o.weight_decay,
                       o.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  });
}
