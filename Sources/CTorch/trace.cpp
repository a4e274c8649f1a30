#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

#include <deque>

#include "guard.hpp"

// libtorch sends every operator through this dispatch key, before autograd, on threads on which it is switched on.
constexpr auto watch_key = c10::DispatchKey::TESTING_ONLY_GenericMode;

namespace {

struct Watcher {
  ct_operator_callback callback;
  void *context;
};
thread_local Watcher *watcher = nullptr;

/// The values of an operator in the form of the interface. They are valid as long as this object exists.
class Values {
 public:
  void add_results(const c10::IValue &value) {
    if (value.isTensor()) {
      results.push_back(handle(value.toTensor()));
    } else if (value.isTensorList()) {
      for (const at::Tensor &tensor : value.toTensorList()) results.push_back(handle(tensor));
    }
  }

  void add_argument(const c10::IValue &value, const c10::Argument &schema) {
    ct_argument argument{};
    argument.kind = ct_kind_none;
    argument.name = schema.name().c_str();
    argument.is_written = schema.alias_info() && schema.alias_info()->isWrite();
    if (value.isTensor()) {
      argument.tensor = handle(value.toTensor());
      if (argument.tensor) argument.kind = ct_kind_tensor;
    } else if (value.isTensorList()) {
      auto &list = lists.emplace_back();
      for (const at::Tensor &tensor : value.toTensorList()) list.push_back(handle(tensor));
      argument.kind = ct_kind_tensors;
      argument.tensors = list.data();
      argument.count = list.size();
    } else if (value.isInt() || value.isBool()) {
      auto type = schema.real_type();
      if (auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
      argument.kind = value.isBool()                                    ? ct_kind_bool
                      : type->kind() == c10::TypeKind::ScalarTypeType ? ct_kind_dtype
                                                                        : ct_kind_int;
      argument.integer = value.isBool() ? value.toBool() : value.toInt();
    } else if (value.isDouble()) {
      argument.kind = ct_kind_double;
      argument.number = value.toDouble();
    } else if (value.isIntList()) {
      auto &list = int_lists.emplace_back();
      for (int64_t element : value.toIntList()) list.push_back(element);
      argument.kind = ct_kind_ints;
      argument.ints = list.data();
      argument.count = list.size();
    } else if (value.isDoubleList()) {
      auto &list = double_lists.emplace_back();
      for (double element : value.toDoubleList()) list.push_back(element);
      argument.kind = ct_kind_doubles;
      argument.doubles = list.data();
      argument.count = list.size();
    } else if (value.isString() || !(value.isNone() || value.isDevice())) {
      argument.kind = value.isString() ? ct_kind_string : ct_kind_other;
      argument.text = texts.emplace_back(value.isString() ? value.toStringRef() : value.tagKind()).c_str();
    }
    arguments.push_back(argument);
  }

  std::vector<ct_argument> arguments;
  std::vector<ct_tensor> results;

 private:
  ct_tensor handle(const at::Tensor &tensor) {
    return tensor.defined() ? &handles.emplace_back(ct_tensor_impl{tensor}) : nullptr;
  }

  // A deque does not move its elements when it grows.
  std::deque<ct_tensor_impl> handles;
  std::deque<std::vector<ct_tensor>> lists;
  std::deque<std::vector<long>> int_lists;
  std::deque<std::vector<double>> double_lists;
  std::deque<std::string> texts;
};

void watch(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  c10::impl::ExcludeDispatchKeyGuard inner(watch_key);
  const auto &schema = op.schema();
  Values values;
  auto given = torch::jit::last(*stack, schema.arguments().size());
  for (size_t i = 0; i < given.size(); ++i) values.add_argument(given[i], schema.arguments()[i]);
  op.callBoxed(stack);
  if (!watcher) return;
  for (auto &value : torch::jit::last(*stack, schema.returns().size())) values.add_results(value);
  std::string name = schema.name();
  if (name.starts_with("aten::")) name = name.substr(6);
  ct_operator_call call{name.c_str(),           schema.overload_name().c_str(), values.arguments.data(),
                        values.arguments.size(), values.results.data(),          values.results.size()};
  watcher->callback(watcher->context, &call);
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
