// Arithmetic on each value, and copies in other orders. All maps of a call have the same type, float32 or bfloat16,
// unless stated otherwise. An output may be an input with the same strides, but must not overlap it in another way.
#ifndef CK_ELEMENTWISE_H
#define CK_ELEMENTWISE_H

#include "ck_conv.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { CK_ADD = 0, CK_SUBTRACT, CK_MULTIPLY, CK_DIVIDE, CK_MAXIMUM, CK_MINIMUM } ck_operator;

/// Computes out = activation(a op b). The height, width and channels of `a` and `b` are each the output's or 1.
/// `activation` may be NULL.
bool ck_binary(ck_pool *pool, ck_operator op, const ck_map *a, const ck_map *b, const ck_map *out,
               const ck_activation *activation);
/// Computes out = activation(in * scale[c] + shift[c]), such as a normalization or an activation alone. `scale` and
/// `shift` have one value per channel. Each of the three may be NULL.
bool ck_affine(ck_pool *pool, const ck_map *in, const ck_map *out, const float *scale, const float *shift,
               const ck_activation *activation);
/// Computes (in - mean) / sqrt(variance + epsilon) * scale[c] + shift[c]. With `groups` 0, mean and variance are those of
/// each pixel's channels (LayerNorm); otherwise those of all pixels and of each group of channels (GroupNorm). `scale`
/// and `shift` have one value per channel; each may be NULL.
bool ck_normalize(ck_pool *pool, const ck_map *in, const ck_map *out, int32_t groups, float epsilon, const float *scale,
                  const float *shift);
/// Computes exp(x - max) / sum over the channels of each pixel.
bool ck_softmax(ck_pool *pool, const ck_map *in, const ck_map *out);
typedef enum ck_reduction {
  CK_MEAN = 0,
  CK_LARGEST,
  CK_SUM,
  CK_NORM,  // the square root of the sum of squares
} ck_reduction;
/// Writes one value for all of a pixel's channels, such as their mean, into the output's only channel.
bool ck_reduce_channels(ck_pool *pool, const ck_map *in, const ck_map *out, ck_reduction reduction);

/// Copies a map, also into a slice of a wider one for concatenation. If the types differ, it converts between float32
/// and bfloat16, or from uint8.
bool ck_copy(ck_pool *pool, const ck_map *in, const ck_map *out);
/// Copies the element at sum(i[k] * in_strides[k]) of `in` to sum(i[k] * out_strides[k]) of `out`, for all indices i[k]
/// below sizes[k]: transpositions, slices, parts of joined maps, and expansions (an input stride of 0). Strides are
/// counted in elements and are not negative. `rank` is 1 to 6. No two indices may name one element of `out`, which must
/// not overlap `in`.
bool ck_rearrange(ck_pool *pool, ck_type type, int32_t rank, const int32_t *sizes, const void *in,
                  const int64_t *in_strides, void *out, const int64_t *out_strides);
/// Writes a value to each element. For a map of CK_UINT8 it is the byte, so it must be an integer of 0 to 255.
bool ck_fill(ck_pool *pool, const ck_map *out, float value);
/// Copies input channel source[c] to output channel c; `source` may have any length and order.
bool ck_permute_channels(ck_pool *pool, const ck_map *in, const ck_map *out, const int32_t *source);
/// Copies channel c of `a` and of `b`, which have the same size, to output channels 2 * c and 2 * c + 1. `out` must not
/// overlap them. `scale` is a map of one pixel with a factor for each channel of `b`, or NULL.
bool ck_interleave_channels(ck_pool *pool, const ck_map *a, const ck_map *b, const ck_map *scale, const ck_map *out);
/// Rearranges [H, W, C * factor^2] to [H * factor, W * factor, C]. Output channel c at row i and column j of its block
/// comes from input channel (c * factor + i) * factor + j.
bool ck_pixel_shuffle(ck_pool *pool, const ck_map *in, const ck_map *out, int32_t factor);
/// Copies dense planes [channels, height, width] of float32 to a map.
bool ck_from_planes(ck_pool *pool, const float *planes, const ck_map *out);
/// Computes out = in * scale[c] + shift[c] from a map of uint8, such as an image, to float32 or bfloat16.
bool ck_normalize_image(ck_pool *pool, const ck_map *in, const ck_map *out, const float *scale, const float *shift);

#ifdef __cplusplus
}
#endif
#endif
