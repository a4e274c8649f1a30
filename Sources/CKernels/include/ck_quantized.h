// Arithmetic on quantized maps, whose bytes stand for numbers (ck_quantization). Convolution, pooling and resizing take
// such maps too; functions whose results stand for the same numbers as their inputs need no quantization.
#ifndef CK_QUANTIZED_H
#define CK_QUANTIZED_H

#include "ck_elementwise.h"
#include "ck_pooling.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Computes out = activation(in * scale[c] + shift[c]) for maps of any types; pointers may be NULL as in ck_affine.
/// Without scale, shift and activation it quantizes, dequantizes or changes a quantization. A quantization may be NULL
/// if its map is not of CK_UINT8.
bool ck_affine_quantized(ck_pool *pool, const ck_map *in, const ck_quantization *in_quantization, const ck_map *out,
                         const ck_quantization *out_quantization, const float *scale, const float *shift,
                         const ck_activation *activation);
/// Does the same as ck_binary on maps of CK_UINT8. `out` must not be an input.
bool ck_binary_quantized(ck_pool *pool, ck_operator op, const ck_map *a, const ck_quantization *a_quantization,
                         const ck_map *b, const ck_quantization *b_quantization, const ck_map *out,
                         const ck_quantization *out_quantization, const ck_activation *activation);
/// Does the same as ck_max_unpool on maps of CK_UINT8, and fills with `zero`.
bool ck_max_unpool_quantized(ck_pool *pool, const ck_map *in, const ck_map *out, const int32_t *indices, uint8_t zero);

#ifdef __cplusplus
}
#endif
#endif
