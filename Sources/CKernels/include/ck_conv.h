// Convolution with bias, residual and activation in one pass.
#ifndef CK_CONV_H
#define CK_CONV_H

#include "ck_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  CK_IDENTITY = 0,
  CK_RELU,
  CK_CLIP,        // min(max(x, a), b)
  CK_LEAKY_RELU,  // x > 0 ? x : a * x
  CK_PRELU,       // x > 0 ? x : slopes[c] * x
  CK_SIGMOID,     // 1 / (1 + exp(-x))
  CK_TANH,
  CK_SILU,          // x * sigmoid(x)
  CK_HARD_SIGMOID,  // min(max(x + 3, 0), 6) / 6
  CK_HARD_SWISH,    // x * hard_sigmoid(x)
  CK_ELU,           // x > 0 ? x : a * (exp(x) - 1)
  CK_SELU,
  CK_GELU,  // x / 2 * (1 + erf(x / sqrt(2)))
} ck_activation_kind;

typedef struct {
  ck_activation_kind kind;
  float a, b;
  /// One slope a channel (of the output) for CK_PRELU; copied where a plan is made.
  const float *slopes;
} ck_activation;

typedef enum {
  CK_RESIDUAL_NONE = 0,
  CK_RESIDUAL_BEFORE,  // activation(conv + bias + residual)
  CK_RESIDUAL_AFTER,   // activation(conv + bias) + residual
} ck_residual;

typedef enum {
  CK_ALGORITHM_AUTO = 0,
  CK_ALGORITHM_DIRECT,
  CK_ALGORITHM_WINOGRAD_4,  // F(4x4, 3x3), or F(6, 3) for kernels 3x1 and 1x3; stride 2 for 3x3, too
  CK_ALGORITHM_WINOGRAD_2,  // F(2x2, 3x3), or F(4, 3): more exact
  CK_ALGORITHM_DEPTHWISE,   // one (of any number of outputs), 2, 4 or 8 channels a group
} ck_algorithm;

typedef struct {
  int32_t in_height, in_width, in_channels;
  /// The output's size, which with pad_top and pad_left fixes the padding at the bottom and at the right.
  int32_t out_height, out_width, out_channels;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t pad_top, pad_left;
  int32_t dilation_height, dilation_width;
  /// Divides both channel counts.
  int32_t groups;
  ck_activation activation;
  ck_residual residual;
  /// The type of all maps; sums are of float32. CK_UINT8: the type of inputs; weights are rounded to 8 bits with a
  /// scale for each output channel, sums are exact, and what follows is of float32.
  ck_type type;
  ck_algorithm algorithm;
  /// Of the algorithms, those whose rounding is as small as a plain sum's: CK_ALGORITHM_WINOGRAD_2, not 4.
  bool is_exact;
  /// With inputs of CK_UINT8: the other maps' types, and what the bytes stand for.
  ck_type out_type, residual_type;
  ck_quantization in_quantization, out_quantization, residual_quantization;
} ck_conv_desc;

/// A convolution with packed weights for maps of one size; any number of threads may run it at once, each with a pool.
typedef struct ck_conv ck_conv;

/// `weights` are [out_channels, in_channels / groups, kernel_height, kernel_width]; `bias`, [out_channels], may be
/// NULL. Both are copied. The instruction set is the one current now.
ck_conv *ck_conv_create(const ck_conv_desc *desc, const float *weights, const float *bias);
/// A transposed convolution: output (y, x) sums input (i, j) times tap (y + pad_top - i * stride_height,
/// x + pad_left - j * stride_width). `weights` are [in_channels, out_channels / groups, kernel_height, kernel_width];
/// dilations are 1; output padding is a larger output. The algorithm, where given, must fit the plain convolution of
/// each phase of the stride: leave it to the library.
ck_conv *ck_conv_create_transposed(const ck_conv_desc *desc, const float *weights, const float *bias);
void ck_conv_free(ck_conv *conv);
/// `residual` has the output's size; NULL without CK_RESIDUAL_*. `out` may be `residual`; it must not overlap `in`.
bool ck_conv_run(const ck_conv *conv, ck_pool *pool, const ck_map *in, const ck_map *out, const ck_map *residual);
/// The same for some rows of the output: `begin`, and `end` below the output's height, are multiples of
/// ck_conv_row_step.
bool ck_conv_run_rows(const ck_conv *conv, ck_pool *pool, const ck_map *in, const ck_map *out, const ck_map *residual,
                      ck_rows rows);
/// Rows that are made together; 0: all.
int32_t ck_conv_row_step(const ck_conv *conv);
/// The algorithm taken.
ck_algorithm ck_conv_algorithm(const ck_conv *conv);
/// Bytes of scratch memory a thread needs in ck_conv_run (see ck_pool_reserve).
size_t ck_conv_scratch(const ck_conv *conv);

#ifdef __cplusplus
}
#endif
#endif
