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

/// `momenta` is not read when the momentum is 0.
bool ct_sgd_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *momenta, size_t count,
                 ct_sgd_options options);

typedef struct {
  double learning_rate, beta1, beta2, weight_decay, epsilon;
  /// Weight decay apart from the gradient (AdamW).
  bool decoupled;
} ct_adam_options;

/// `steps` are float32 scalars counting the steps done before this one; they are advanced.
bool ct_adam_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *averages,
                  const ct_tensor *square_averages, const ct_tensor *steps, size_t count, ct_adam_options options);

#ifdef __cplusplus
}
#endif
#endif
