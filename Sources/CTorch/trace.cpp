#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include "guard.hpp"

// libtorch sends every operator through this dispatch key, before autograd, on threads where it is switched on.
constexpr auto watch_key = c10::DispatchKey::TESTING_ONLY_GenericMode;

namespace {

struct Watcher {
  ct_operator_callback callback;
  void *context;
};
thread_local Watcher *watcher = nullptr;

void append(std::vector<at::Tensor> &list, const c10::IValue &value) {
  if (value.isTensor()) {
    list.push_back(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor &tensor : value.toTensorList()) list.push_back(tensor);
  } else if (value.isNone()) {
    list.emplace_back();
  }
}

std::vector<ct_tensor_impl> handles_of(const std::vector<at::Tensor> &tensors) {
  std::vector<ct_tensor_impl> handles;
  handles.reserve(tensors.size());
  for (const auto &tensor : tensors) handles.push_back({tensor});
  return handles;
}

std::vector<ct_tensor> pointers_to(std::vector<ct_tensor_impl> &handles) {
  std::vector<ct_tensor> pointers;
  for (auto &handle : handles) pointers.push_back(handle.tensor.defined() ? &handle : nullptr);
  return pointers;
}

void watch(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  c10::impl::ExcludeDispatchKeyGuard inner(watch_key);
  std::vector<at::Tensor> inputs, outputs;
  for (auto &value : torch::jit::last(*stack, op.schema().arguments().size())) append(inputs, value);
  op.callBoxed(stack);
  if (!watcher) return;
  for (auto &value : torch::jit::last(*stack, op.schema().returns().size())) append(outputs, value);
  auto in = handles_of(inputs), out = handles_of(outputs);
  auto in_pointers = pointers_to(in), out_pointers = pointers_to(out);
  std::string name = op.schema().name();
  if (name.starts_with("aten::")) name = name.substr(6);
  watcher->callback(watcher->context, name.c_str(), in_pointers.data(), in_pointers.size(), out_pointers.data(),
                    out_pointers.size());
}

}  // namespace

TORCH_LIBRARY_IMPL(_, TESTING_ONLY_GenericMode, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&watch>());
}

bool ct_watch_operators(ct_operator_callback callback, void (*body)(void *), void *context) {
  return ct::guard([&] {
    TORCH_CHECK(!watcher, "operators are being watched already on this thread");
    Watcher current{callback, context};
    watcher = &current;
    {
      c10::impl::IncludeDispatchKeyGuard include(watch_key);
      body(context);
    }
    watcher = nullptr;
  });
}
