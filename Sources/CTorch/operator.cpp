// Operators by name, through libtorch's dispatcher.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include "guard.hpp"

using namespace ct;

namespace {

c10::OperatorName operator_name(const char *name, const char *overload) {
  std::string full = name;
  if (full.find("::") == std::string::npos) full = "aten::" + full;
  return {full, overload};
}

/// The type of an argument in the schema; for a list, the type of its elements.
c10::TypeKind element_kind(const c10::Argument &argument) {
  auto type = argument.type();
  if (auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
  if (auto list = type->cast<c10::ListType>()) type = list->getElementType();
  return type->kind();
}

template <typename Element, typename Source>
c10::IValue list_of(const Source *values, size_t count) {
  c10::List<Element> list;
  list.reserve(count);
  for (size_t i = 0; i < count; ++i) list.push_back(static_cast<Element>(values[i]));
  return list;
}

c10::IValue value_of(const ct_argument &argument, const c10::Argument &schema) {
  bool is_float = element_kind(schema) == c10::TypeKind::FloatType;
  switch (argument.kind) {
    case ct_kind_none: return {};
    case ct_kind_tensor: return get(argument.tensor);
    case ct_kind_tensors: return c10::List<at::Tensor>(get_list(argument.tensors, argument.count));
    case ct_kind_int:
      if (is_float) return static_cast<double>(argument.integer);
      return static_cast<int64_t>(argument.integer);
    case ct_kind_dtype: return static_cast<int64_t>(argument.integer);
    case ct_kind_double: return argument.number;
    case ct_kind_bool: return argument.integer != 0;
    case ct_kind_ints:
      if (is_float) return list_of<double>(argument.ints, argument.count);
      return list_of<int64_t>(argument.ints, argument.count);
    case ct_kind_doubles: return list_of<double>(argument.doubles, argument.count);
    case ct_kind_string: return std::string(argument.text);
    case ct_kind_other: break;
  }
  TORCH_CHECK(false, "the argument '", schema.name(), "' has a type that cannot be passed");
}

}  // namespace

bool ct_call_operator(const char *name, const char *overload, const ct_argument *arguments, size_t argument_count,
                      ct_tensor *out, size_t capacity, size_t *out_count) {
  return guard([&] {
    auto op = c10::Dispatcher::singleton().findSchemaOrThrow(operator_name(name, overload).name.c_str(), overload);
    const auto &schema = op.schema().arguments();
    TORCH_CHECK(argument_count <= schema.size(), name, " takes ", schema.size(), " arguments, not ", argument_count);
    torch::jit::Stack stack;
    stack.reserve(schema.size());
    for (size_t i = 0; i < schema.size(); ++i) {
      if (i < argument_count) {
        stack.push_back(value_of(arguments[i], schema[i]));
      } else {
        TORCH_CHECK(schema[i].default_value(), name, " needs its argument '", schema[i].name(), "'");
        stack.push_back(*schema[i].default_value());
      }
    }
    op.callBoxed(&stack);
    std::vector<at::Tensor> results;
    for (const auto &value : stack) {
      if (value.isTensor()) {
        results.push_back(value.toTensor());
      } else if (value.isTensorList()) {
        for (const at::Tensor &tensor : value.toTensorList()) results.push_back(tensor);
      } else {
        TORCH_CHECK(false, name, " returns a ", value.tagKind(), ", not tensors");
      }
    }
    TORCH_CHECK(results.size() <= capacity, name, " returns ", results.size(), " tensors, more than ", capacity);
    for (size_t i = 0; i < results.size(); ++i) out[i] = wrap(std::move(results[i]));
    *out_count = results.size();
  });
}

bool ct_has_operator(const char *name, const char *overload, bool *out) {
  return guard([&] { *out = c10::Dispatcher::singleton().findSchema(operator_name(name, overload)).has_value(); });
}
