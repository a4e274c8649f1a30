// The parts that all files of CTorch share: errors become return values, and handles become tensors.
#pragma once

#include <ATen/ATen.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "CTorch.h"

static_assert(sizeof(long) == 8, "the interface passes 64-bit integers as long");

struct ct_tensor_impl {
  at::Tensor tensor;
};

namespace ct {

void set_last_error(std::string message);

/// Runs `body`. An exception is turned into `false` and ct_last_error().
template <typename Body>
bool guard(Body &&body) noexcept {
  try {
    body();
    return true;
  } catch (const c10::Error &error) {
    set_last_error(error.what_without_backtrace());
  } catch (const std::exception &error) {
    set_last_error(error.what());
  } catch (...) {
    set_last_error("unknown C++ exception");
  }
  return false;
}

inline ct_tensor wrap(at::Tensor tensor) { return new ct_tensor_impl{std::move(tensor)}; }

/// The tensor behind a handle. Fails for NULL and for an undefined tensor.
inline at::Tensor &get(ct_tensor handle) {
  TORCH_CHECK(handle && handle->tensor.defined(), "the tensor is undefined (an earlier operation failed)");
  return handle->tensor;
}

inline std::optional<at::Tensor> get_optional(ct_tensor handle) {
  if (!handle) return std::nullopt;
  return get(handle);
}

/// The first element of a tensor whose elements have this type. libtorch's own template has different names in the
/// libraries that different compilers made.
template <typename Element>
const Element *const_elements(const at::Tensor &tensor) {
  TORCH_CHECK(tensor.scalar_type() == c10::CppTypeToScalarType<Element>::value, "elements of type ",
              c10::CppTypeToScalarType<Element>::value, " were expected, not ", tensor.scalar_type());
  return static_cast<const Element *>(tensor.const_data_ptr());
}

inline std::vector<at::Tensor> get_list(const ct_tensor *handles, size_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(count);
  for (size_t i = 0; i < count; ++i) tensors.push_back(get(handles[i]));
  return tensors;
}

inline at::IntArrayRef ints(const long *values, size_t count) {
  return {reinterpret_cast<const int64_t *>(values), count};
}
inline at::IntArrayRef pair(const long *values) { return ints(values, 2); }

inline at::Device device(ct_device value) {
  return {static_cast<c10::DeviceType>(value.type), static_cast<c10::DeviceIndex>(value.index)};
}
inline at::ScalarType dtype(ct_dtype value) { return static_cast<at::ScalarType>(value); }
inline at::TensorOptions options(ct_dtype type, ct_device place) {
  return at::TensorOptions().dtype(dtype(type)).device(device(place));
}
inline at::MemoryFormat format(ct_memory_format value) {
  switch (value) {
    case 0: return at::MemoryFormat::Preserve;
    case 1: return at::MemoryFormat::Contiguous;
    case 2: return at::MemoryFormat::ChannelsLast;
  }
  TORCH_CHECK(false, "unknown memory format ", value);
}

char *copy_string(const std::string &text);

}  // namespace ct
