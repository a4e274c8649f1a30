#include <c10/core/GradMode.h>

#include "guard.hpp"

using namespace ct;

bool ct_sgd_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *momenta, size_t count,
                 ct_sgd_options o) {
  return guard([&] {
    c10::NoGradGuard no_grad;
    auto weights = get_list(parameters, count);
    auto steps = get_list(gradients, count);
    std::vector<at::Tensor> buffers;
    if (momenta && o.momentum != 0) buffers = get_list(momenta, count);
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
    for (auto &counter : counters) counter.add_(1);
    if (o.decoupled)
      at::_fused_adamw_(weights, slopes, first, second, {}, counters, o.learning_rate, o.beta1, o.beta2, o.weight_decay,
                        o.epsilon, /*amsgrad=*/false, /*maximize=*/false);
    else
      at::_fused_adam_(weights, slopes, first, second, {}, counters, o.learning_rate, o.beta1, o.beta2, o.weight_decay,
                       o.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  });
}
