#include "training/batch_norm.hpp"

#include "core/shared.hpp"

#define CK_KERNELS "training/batch_norm_kernels.hpp"
#include "simd/foreach_isa.hpp"

// Runs a kernel for the element type of the batch. `T` names that type in the arguments.
#define BY_BATCH_TYPE(name, ...)                   \
  if (batch.is_bfloat16) {                         \
    using T = bf16;                                \
    CK_DISPATCH(name<bf16>)(batch, part, __VA_ARGS__); \
  } else {                                         \
    using T = float;                               \
    CK_DISPATCH(name<float>)(batch, part, __VA_ARGS__); \
  }

namespace ck {

void channel_statistics(const NormalizedBatch &batch, Pixels part, const void *x, double *means, double *squares) {
  BY_BATCH_TYPE(statistics_of, static_cast<const T *>(x), means, squares)
}

void scale_and_clamp(const NormalizedBatch &batch, Pixels part, const void *x, const float *scales, const float *shifts,
                     float low, float high, void *y) {
  BY_BATCH_TYPE(clamped, static_cast<const T *>(x), scales, shifts, low, high, static_cast<T *>(y))
}

void gradient_sums(const NormalizedBatch &batch, Pixels part, const void *x, const void *gradient, const float *scales,
                   const float *shifts, const float *means, float low, float high, double *sums, double *products) {
  BY_BATCH_TYPE(sums_of_gradient, static_cast<const T *>(x), static_cast<const T *>(gradient), scales, shifts, means,
                low, high, sums, products)
}

void gradient_of_input(const NormalizedBatch &batch, Pixels part, const void *x, const void *gradient,
                       const float *scales, const float *shifts, const float *means, const float *factors,
                       const float *slopes, const float *offsets, float low, float high, void *out) {
  BY_BATCH_TYPE(input_gradient, static_cast<const T *>(x), static_cast<const T *>(gradient), scales, shifts, means,
                factors, slopes, offsets, low, high, static_cast<T *>(out))
}

}  // namespace ck
