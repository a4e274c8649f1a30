// Arithmetic on each value, and copies in other orders. Maps of a call are of one type, float32 or bfloat16, unless
// said otherwise. An output may be an input, of the same strides, but not overlap it otherwise.
#ifndef CK_ELEMENTWISE_H
#define CK_ELEMENTWISE_H

#include "ck_conv.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { CK_ADD = 0, CK_SUBTRACT, CK_MULTIPLY, CK_DIVIDE, CK_MAXIMUM, CK_MINIMUM } ck_operator;

/// out = activation(a op b). Height, width and channels of `b`, and of `a`, are each the output's or 1. `activation`
/// may be NULL.
bool ck_binary(ck_pool *pool, ck_operator op, const ck_map *a, const ck_map *b, const ck_map *out,
               const ck_activation *activation);
/// out = activation(in * scale[c] + shift[c]): normalisation, scalars, activation alone. `scale` and `shift` have one
/// value a channel; each may be NULL, as may `activation`.
bool ck_affine(ck_pool *pool, const ck_map *in, const ck_map *out, const float *scale, const float *shift,
               const ck_activation *activation);
/// exp(x - max) / sum over the channels of each pixel.
bool ck_softmax(ck_pool *pool, const ck_map *in, const ck_map *out);
typedef enum ck_reduction { CK_MEAN, CK_LARGEST } ck_reduction;
/// The mean or the largest of each pixel's channels, the output's only channel.
bool ck_reduce_channels(ck_pool *pool, const ck_map *in, const ck_map *out, ck_reduction reduction);

/// Copies, converting between float32 and bfloat16 (and from uint8) where the types differ: into a slice for
/// concatenation.
bool ck_copy(ck_pool *pool, const ck_map *in, const ck_map *out);
/// Output channel c is input channel source[c] (any length and order).
bool ck_permute_channels(ck_pool *pool, const ck_map *in, const ck_map *out, const int32_t *source);
/// Output channels 2 * c and 2 * c + 1 are channel c of `a` and of `b`, of one size, which `out` must not overlap.
/// `scale`, a factor for each channel of `b` as a map of one pixel, may be NULL.
bool ck_interleave_channels(ck_pool *pool, const ck_map *a, const ck_map *b, const ck_map *scale, const ck_map *out);
/// [H, W, C * factor^2] to [H * factor, W * factor, C]; the input channel of output channel c at row i and column j of
/// its block is (c * factor + i) * factor + j.
bool ck_pixel_shuffle(ck_pool *pool, const ck_map *in, const ck_map *out, int32_t factor);
/// A map from dense planes [channels, height, width] of float32.
bool ck_from_planes(ck_pool *pool, const float *planes, const ck_map *out);
/// out = in * scale[c] + shift[c] from a uint8 map (an image) to float32 or bfloat16.
bool ck_normalize_image(ck_pool *pool, const ck_map *in, const ck_map *out, const float *scale, const float *shift);

#ifdef __cplusplus
}
#endif
#endif
