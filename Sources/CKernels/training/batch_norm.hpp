// Batch normalization in training, with a clamp (ReLU, ReLU6 or none) in the same pass, and its gradient. The training
// operators in CTorch use it, as they use cross_entropy.hpp.
#pragma once

#include <cstdint>

namespace ck {

/// A batch of maps with channels innermost: value c of a pixel is at pixel * channels + c. Values are float32 or
/// bfloat16.
struct NormalizedBatch {
  int64_t pixels, channels;
  bool is_bfloat16;
};

/// The pixels begin ..< end of a batch.
struct Pixels {
  int64_t begin, end;
};

/// Computes, for each channel, the mean over some pixels and the sum of the squared differences from it.
void channel_statistics(const NormalizedBatch &batch, Pixels part, const void *x, double *means, double *squares);

/// Computes y = clamp(x * scale + shift, low, high), with one scale and one shift per channel.
void scale_and_clamp(const NormalizedBatch &batch, Pixels part, const void *x, const float *scales, const float *shifts,
                     float low, float high, void *y);

/// Computes the sums over some pixels that the gradient of each channel needs: the sum of g and the sum of g * (x -
/// mean). Here g is the gradient of y, or 0 if y was clamped.
void gradient_sums(const NormalizedBatch &batch, Pixels part, const void *x, const void *gradient, const float *scales,
                   const float *shifts, const float *means, float low, float high, double *sums, double *products);

/// Computes the gradient of x, g * factor + (x - mean) * slope + offset, with one factor, slope and offset per channel.
void gradient_of_input(const NormalizedBatch &batch, Pixels part, const void *x, const void *gradient,
                       const float *scales, const float *shifts, const float *means, const float *factors,
                       const float *slopes, const float *offsets, float low, float high, void *out);

}  // namespace ck
