// Arithmetic, comparison, reduction.
#ifndef CT_MATH_H
#define CT_MATH_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

// Arithmetic; tensors broadcast
bool ct_add(ct_tensor a, ct_tensor b, ct_tensor *out);
bool ct_sub(ct_tensor a, ct_tensor b, ct_tensor *out);
bool ct_mul(ct_tensor a, ct_tensor b, ct_tensor *out);
bool ct_div(ct_tensor a, ct_tensor b, ct_tensor *out);
bool ct_minimum(ct_tensor a, ct_tensor b, ct_tensor *out);
bool ct_maximum(ct_tensor a, ct_tensor b, ct_tensor *out);
bool ct_matmul(ct_tensor a, ct_tensor b, ct_tensor *out);
bool ct_add_scalar(ct_tensor a, double b, ct_tensor *out);
/// b - a
bool ct_rsub_scalar(ct_tensor a, double b, ct_tensor *out);
bool ct_mul_scalar(ct_tensor a, double b, ct_tensor *out);
bool ct_div_scalar(ct_tensor a, double b, ct_tensor *out);
bool ct_pow_scalar(ct_tensor a, double b, ct_tensor *out);
bool ct_neg(ct_tensor x, ct_tensor *out);
bool ct_abs(ct_tensor x, ct_tensor *out);
bool ct_exp(ct_tensor x, ct_tensor *out);
bool ct_log(ct_tensor x, ct_tensor *out);
bool ct_sqrt(ct_tensor x, ct_tensor *out);
bool ct_reciprocal(ct_tensor x, ct_tensor *out);
bool ct_round(ct_tensor x, ct_tensor *out);
bool ct_floor(ct_tensor x, ct_tensor *out);
/// Bounds are optional: NULL leaves that side open.
bool ct_clamp(ct_tensor x, const double *lower, const double *upper, ct_tensor *out);

// In place
bool ct_add_(ct_tensor a, ct_tensor b, double alpha);
bool ct_mul_(ct_tensor a, ct_tensor b);
bool ct_add_scalar_(ct_tensor a, double b);
bool ct_mul_scalar_(ct_tensor a, double b);
bool ct_fill_(ct_tensor a, double value);
bool ct_masked_fill_(ct_tensor a, ct_tensor mask, double value);
bool ct_uniform_(ct_tensor a, double from, double to);
bool ct_normal_(ct_tensor a, double mean, double std);

// Comparison, selection
bool ct_eq(ct_tensor a, ct_tensor b, ct_tensor *out);
bool ct_eq_scalar(ct_tensor a, double b, ct_tensor *out);
bool ct_ne_scalar(ct_tensor a, double b, ct_tensor *out);
bool ct_lt_scalar(ct_tensor a, double b, ct_tensor *out);
bool ct_le_scalar(ct_tensor a, double b, ct_tensor *out);
bool ct_gt_scalar(ct_tensor a, double b, ct_tensor *out);
bool ct_ge_scalar(ct_tensor a, double b, ct_tensor *out);
bool ct_logical_and(ct_tensor a, ct_tensor b, ct_tensor *out);
bool ct_logical_or(ct_tensor a, ct_tensor b, ct_tensor *out);
bool ct_logical_not(ct_tensor x, ct_tensor *out);
bool ct_isfinite(ct_tensor x, ct_tensor *out);
bool ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out);
/// The elements where `mask` is true, as one axis.
bool ct_masked_select(ct_tensor x, ct_tensor mask, ct_tensor *out);
bool ct_equal(ct_tensor a, ct_tensor b, bool *out);

// Reduction; a count of 0 dimensions reduces all
bool ct_sum(ct_tensor x, const long *dims, size_t count, bool keep, ct_tensor *out);
bool ct_mean(ct_tensor x, const long *dims, size_t count, bool keep, ct_tensor *out);
bool ct_amax(ct_tensor x, const long *dims, size_t count, bool keep, ct_tensor *out);
bool ct_amin(ct_tensor x, const long *dims, size_t count, bool keep, ct_tensor *out);
bool ct_norm(ct_tensor x, const long *dims, size_t count, bool keep, ct_tensor *out);
bool ct_max_dim(ct_tensor x, long dim, bool keep, ct_tensor *values, ct_tensor *indices);
bool ct_argmax(ct_tensor x, long dim, bool keep, ct_tensor *out);
bool ct_topk(ct_tensor x, long k, long dim, ct_tensor *values, ct_tensor *indices);
bool ct_bincount(ct_tensor x, long minimum_length, ct_tensor *out);
bool ct_all(ct_tensor x, ct_tensor *out);
bool ct_any(ct_tensor x, ct_tensor *out);

// Order along a dimension
bool ct_sort(ct_tensor x, long dim, bool descending, ct_tensor *values, ct_tensor *indices);
/// out[i][j] = x[i][indices[i][j]], for the last of two dimensions.
bool ct_gather(ct_tensor x, long dim, ct_tensor indices, ct_tensor *out);
/// Integers add up as int64.
bool ct_cumsum(ct_tensor x, long dim, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
