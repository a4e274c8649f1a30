// Gradients and automatic mixed precision. The modes belong to the thread; they are set and restored within one call
// from Swift.
#ifndef CT_AUTOGRAD_H
#define CT_AUTOGRAD_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

bool ct_set_requires_grad(ct_tensor tensor, bool enabled);
bool ct_requires_grad(ct_tensor tensor, bool *out);
bool ct_detach(ct_tensor tensor, ct_tensor *out);
/// Computes gradients and adds them to those of the leaves. `gradient` is optional for scalars.
bool ct_backward(ct_tensor tensor, ct_tensor gradient);
/// The gradient of a leaf; NULL if there is none.
bool ct_grad(ct_tensor tensor, ct_tensor *out);
/// Sets the gradient of a leaf; NULL clears it.
bool ct_set_grad(ct_tensor tensor, ct_tensor gradient);

bool ct_grad_mode(void);
void ct_set_grad_mode(bool enabled);

typedef struct {
  bool enabled;
  ct_dtype dtype;
} ct_autocast_state;

bool ct_autocast(int device_type, ct_autocast_state *out);
/// Enters a scope with other settings. Leaving the outermost scope drops the cache of converted weights.
bool ct_autocast_enter(int device_type, ct_autocast_state state);
bool ct_autocast_exit(int device_type, ct_autocast_state previous);

/// Divides gradients by the scale in place. `found_inf` (float32, one element) becomes 1 if an element is not finite.
bool ct_unscale_gradients(const ct_tensor *gradients, size_t count, ct_tensor found_inf, ct_tensor inverse_scale);
/// Computes the L2 norm over the elements of all tensors together.
bool ct_total_norm(const ct_tensor *tensors, size_t count, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
