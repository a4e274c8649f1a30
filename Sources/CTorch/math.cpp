#include "guard.hpp"

using namespace ct;

#define UNARY(name, function) \
  bool name(ct_tensor x, ct_tensor *out) { \
    return guard([&] { *out = wrap(function(get(x))); }); \
  }
#define BINARY(name, function) \
  bool name(ct_tensor a, ct_tensor b, ct_tensor *out) { \
    return guard([&] { *out = wrap(function(get(a), get(b))); }); \
  }
#define WITH_SCALAR(name, function) \
  bool name(ct_tensor a, double b, ct_tensor *out) { \
    return guard([&] { *out = wrap(function(get(a), scalar(get(a), b))); }); \
  }
#define REDUCTION(name, function) \
  bool name(ct_tensor x, const long *dims, size_t count, bool keep, ct_tensor *out) { \
    return guard([&] { *out = wrap(function(get(x), ints(dims, count), keep)); }); \
  }

namespace {

/// An integral scalar for integral tensors, so that the result keeps the type, as with Python's numbers.
at::Scalar scalar(const at::Tensor &tensor, double value) {
  if (!at::isFloatingType(tensor.scalar_type()) && value == static_cast<double>(static_cast<int64_t>(value)))
    return static_cast<int64_t>(value);
  return value;
}

at::Tensor plain_add(const at::Tensor &a, const at::Tensor &b) { return at::add(a, b); }
at::Tensor plain_sub(const at::Tensor &a, const at::Tensor &b) { return at::sub(a, b); }
at::Tensor plain_div(const at::Tensor &a, const at::Tensor &b) { return at::div(a, b); }
at::Tensor plain_add_s(const at::Tensor &a, const at::Scalar &b) { return at::add(a, b); }
at::Tensor plain_rsub_s(const at::Tensor &a, const at::Scalar &b) { return at::rsub(a, b); }
at::Tensor plain_div_s(const at::Tensor &a, const at::Scalar &b) { return at::div(a, b); }
at::Tensor plain_pow_s(const at::Tensor &a, const at::Scalar &b) { return at::pow(a, b); }
at::Tensor plain_round(const at::Tensor &x) { return at::round(x); }
at::Tensor plain_all(const at::Tensor &x) { return at::all(x); }
at::Tensor plain_any(const at::Tensor &x) { return at::any(x); }
at::Tensor plain_sum(const at::Tensor &x, at::IntArrayRef dims, bool keep) { return at::sum(x, dims, keep); }
at::Tensor plain_mean(const at::Tensor &x, at::IntArrayRef dims, bool keep) { return at::mean(x, dims, keep); }
at::Tensor plain_norm(const at::Tensor &x, at::IntArrayRef dims, bool keep) {
  if (dims.empty()) return at::linalg_vector_norm(x, 2, std::nullopt, keep);
  return at::linalg_vector_norm(x, 2, dims, keep);
}

}  // namespace

BINARY(ct_add, plain_add)
BINARY(ct_sub, plain_sub)
BINARY(ct_mul, at::mul)
BINARY(ct_div, plain_div)
BINARY(ct_minimum, at::minimum)
BINARY(ct_maximum, at::maximum)
BINARY(ct_matmul, at::matmul)
WITH_SCALAR(ct_add_scalar, plain_add_s)
WITH_SCALAR(ct_rsub_scalar, plain_rsub_s)
WITH_SCALAR(ct_mul_scalar, at::mul)
WITH_SCALAR(ct_div_scalar, plain_div_s)
WITH_SCALAR(ct_pow_scalar, plain_pow_s)
UNARY(ct_neg, at::neg)
UNARY(ct_abs, at::abs)
UNARY(ct_exp, at::exp)
UNARY(ct_log, at::log)
UNARY(ct_sqrt, at::sqrt)
UNARY(ct_reciprocal, at::reciprocal)
UNARY(ct_round, plain_round)
UNARY(ct_floor, at::floor)
bool ct_clamp(ct_tensor x, const double *lower, const double *upper, ct_tensor *out) {
  return guard([&] {
    auto bound = [&](const double *value) {
      return value ? std::optional<at::Scalar>(scalar(get(x), *value)) : std::nullopt;
    };
    *out = wrap(at::clamp(get(x), bound(lower), bound(upper)));
  });
}

bool ct_add_(ct_tensor a, ct_tensor b, double alpha) {
  return guard([&] { get(a).add_(get(b), scalar(get(a), alpha)); });
}
bool ct_mul_(ct_tensor a, ct_tensor b) {
  return guard([&] { get(a).mul_(get(b)); });
}
bool ct_add_scalar_(ct_tensor a, double b) {
  return guard([&] { get(a).add_(scalar(get(a), b)); });
}
bool ct_mul_scalar_(ct_tensor a, double b) {
  return guard([&] { get(a).mul_(scalar(get(a), b)); });
}
bool ct_fill_(ct_tensor a, double value) {
  return guard([&] { get(a).fill_(value); });
}
bool ct_masked_fill_(ct_tensor a, ct_tensor mask, double value) {
  return guard([&] { get(a).masked_fill_(get(mask), value); });
}
bool ct_uniform_(ct_tensor a, double from, double to) {
  return guard([&] { get(a).uniform_(from, to); });
}
bool ct_normal_(ct_tensor a, double mean, double std) {
  return guard([&] { get(a).normal_(mean, std); });
}

BINARY(ct_eq, at::eq)
WITH_SCALAR(ct_eq_scalar, at::eq)
WITH_SCALAR(ct_ne_scalar, at::ne)
WITH_SCALAR(ct_lt_scalar, at::lt)
WITH_SCALAR(ct_le_scalar, at::le)
WITH_SCALAR(ct_gt_scalar, at::gt)
WITH_SCALAR(ct_ge_scalar, at::ge)
BINARY(ct_logical_and, at::logical_and)
BINARY(ct_logical_or, at::logical_or)
UNARY(ct_logical_not, at::logical_not)
UNARY(ct_isfinite, at::isfinite)
bool ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out) {
  return guard([&] { *out = wrap(at::where(get(condition), get(a), get(b))); });
}
BINARY(ct_masked_select, at::masked_select)
bool ct_equal(ct_tensor a, ct_tensor b, bool *out) {
  return guard([&] { *out = at::equal(get(a), get(b)); });
}

REDUCTION(ct_sum, plain_sum)
REDUCTION(ct_mean, plain_mean)
REDUCTION(ct_amax, at::amax)
REDUCTION(ct_amin, at::amin)
REDUCTION(ct_norm, plain_norm)
bool ct_max_dim(ct_tensor x, long dim, bool keep, ct_tensor *values, ct_tensor *indices) {
  return guard([&] {
    auto result = at::max(get(x), dim, keep);
    *values = wrap(std::get<0>(result));
    *indices = wrap(std::get<1>(result));
  });
}
bool ct_argmax(ct_tensor x, long dim, bool keep, ct_tensor *out) {
  return guard([&] { *out = wrap(at::argmax(get(x), dim, keep)); });
}
bool ct_topk(ct_tensor x, long k, long dim, ct_tensor *values, ct_tensor *indices) {
  return guard([&] {
    auto result = at::topk(get(x), k, dim);
    *values = wrap(std::get<0>(result));
    *indices = wrap(std::get<1>(result));
  });
}
bool ct_bincount(ct_tensor x, long minimum_length, ct_tensor *out) {
  return guard([&] { *out = wrap(at::bincount(get(x), {}, minimum_length)); });
}
UNARY(ct_all, plain_all)
UNARY(ct_any, plain_any)
bool ct_sort(ct_tensor x, long dim, bool descending, ct_tensor *values, ct_tensor *indices) {
  return guard([&] {
    auto result = at::sort(get(x), dim, descending);
    *values = wrap(std::get<0>(result));
    *indices = wrap(std::get<1>(result));
  });
}
bool ct_gather(ct_tensor x, long dim, ct_tensor indices, ct_tensor *out) {
  return guard([&] { *out = wrap(at::gather(get(x), dim, get(indices))); });
}
bool ct_cumsum(ct_tensor x, long dim, ct_tensor *out) {
  return guard([&] { *out = wrap(at::cumsum(get(x), dim)); });
}
