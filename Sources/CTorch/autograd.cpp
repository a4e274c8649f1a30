#include <ATen/autocast_mode.h>
#include <c10/core/GradMode.h>

#include "guard.hpp"

using namespace ct;

bool ct_set_requires_grad(ct_tensor tensor, bool enabled) {
  return guard([&] { get(tensor).requires_grad_(enabled); });
}
bool ct_requires_grad(ct_tensor tensor, bool *out) {
  return guard([&] { *out = get(tensor).requires_grad(); });
}
bool ct_detach(ct_tensor tensor, ct_tensor *out) {
  return guard([&] { *out = wrap(get(tensor).detach()); });
}
bool ct_backward(ct_tensor tensor, ct_tensor gradient) {
  return guard([&] { get(tensor).backward(gradient ? get(gradient) : at::Tensor()); });
}
bool ct_grad(ct_tensor tensor, ct_tensor *out) {
  return guard([&] {
    const auto &gradient = get(tensor).grad();
    *out = gradient.defined() ? wrap(gradient) : nullptr;
  });
}
bool ct_set_grad(ct_tensor tensor, ct_tensor gradient) {
  return guard([&] { get(tensor).mutable_grad() = gradient ? get(gradient) : at::Tensor(); });
}

bool ct_grad_mode(void) { return c10::GradMode::is_enabled(); }
void ct_set_grad_mode(bool enabled) { c10::GradMode::set_enabled(enabled); }

bool ct_autocast(int device_type, ct_autocast_state *out) {
  return guard([&] {
    auto type = static_cast<c10::DeviceType>(device_type);
    *out = {at::autocast::is_autocast_enabled(type), static_cast<int>(at::autocast::get_autocast_dtype(type))};
  });
}
bool ct_autocast_enter(int device_type, ct_autocast_state state) {
  return guard([&] {
    auto type = static_cast<c10::DeviceType>(device_type);
    at::autocast::set_autocast_enabled(type, state.enabled);
    at::autocast::set_autocast_dtype(type, dtype(state.dtype));
    at::autocast::increment_nesting();
  });
}
bool ct_autocast_exit(int device_type, ct_autocast_state previous) {
  return guard([&] {
    auto type = static_cast<c10::DeviceType>(device_type);
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(type, previous.enabled);
    at::autocast::set_autocast_dtype(type, dtype(previous.dtype));
  });
}

bool ct_unscale_gradients(const ct_tensor *gradients, size_t count, ct_tensor found_inf, ct_tensor inverse_scale) {
  return guard([&] {
    auto list = get_list(gradients, count);
    at::_amp_foreach_non_finite_check_and_unscale_(list, get(found_inf), get(inverse_scale));
  });
}
bool ct_total_norm(const ct_tensor *tensors, size_t count, ct_tensor *out) {
  return guard([&] {
    TORCH_CHECK(count > 0, "the norm of no tensors");
    *out = wrap(at::linalg_vector_norm(at::stack(at::_foreach_norm(get_list(tensors, count))), 2));
  });
}
