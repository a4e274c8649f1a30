// Batch normalization of a batch in training, with a clamp (ReLU, ReLU6 or none) in the same pass, and its gradient.
// For the training's operators in CTorch, like cross_entropy.hpp.
#pragma once

#include <cstdint>

namespace ck {

/// A batch of maps, channels innermost: value c of a pixel is at pixel * channels + c, in float32 or bfloat16.
struct NormalizedBatch {
  int64_t pixels, channels;
  bool is_bfloat16;
};

/// Pixels begin ..< end.
struct Pixels {
  int64_t begin, end;
};

/// Mean and sum of squared differences from it of each channel, over some pixels.
void channel_statistics(const NormalizedBatch &batch, Pixels part, const void *x, double *means, double *squares);

/// y = clamp(x * scale + shift, low, high) with one scale and shift for each channel.
void scale_and_clamp(const NormalizedBatch &batch, Pixels part, const void *x, const float *scales, const float *shifts,
                     float low, float high, void *y);

/// The sums that the gradient of each channel needs, over some pixels: sum of g and of g * (x - mean), where g is the gradient
/// of y, 0 where y was clamped.
void gradient_sums(const NormalizedBatch &batch, Pixels part, const void *x, const void *gradient, const float *scales,
                   const float *shifts, const float *means, float low, float high, double *sums, double *products);

/// The gradient of x: g * factor + (x - mean) * slope + offset with one of each for each channel.
void gradient_of_input(const NormalizedBatch &batch, Pixels part, const void *x, const void *gradient,
                       const float *scales, const float *shifts, const float *means, const float *factors,
                       const float *slopes, const float *offsets, float low, float high, void *out);

}  // namespace ck
