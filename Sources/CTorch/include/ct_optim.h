// Optimizer steps over lists of tensors, by libtorch's fused kernels.
#ifndef CT_OPTIM_H
#define CT_OPTIM_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  double learning_rate, momentum, dampening, weight_decay;
  bool nesterov;
} ct_sgd_options;

/// Updates parameters by SGD. `momenta` is not read if the momentum is 0.
bool ct_sgd_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *momenta, size_t count,
                 ct_sgd_options options);

typedef struct {
  double learning_rate, beta1, beta2, weight_decay, epsilon;
  /// Whether weight decay is applied apart from the gradient, as in AdamW.
  bool decoupled;
} ct_adam_options;

/// Updates parameters by Adam. `steps` are float32 scalars with the number of steps done before this one; each is
/// increased by 1.
bool ct_adam_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *averages,
                  const ct_tensor *square_averages, const ct_tensor *steps, size_t count, ct_adam_options options);

#ifdef __cplusplus
}
#endif
#endif
