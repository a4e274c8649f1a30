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
  CK_GELU,       // x / 2 * (1 + erf(x / sqrt(2)))
  CK_GELU_TANH,  // x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
} ck_activation_kind;

typedef struct {
  ck_activation_kind kind;
  float a, b;
  /// One slope per output channel for CK_PRELU. They are copied when a plan is created.
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
  CK_ALGORITHM_DEPTHWISE,   // groups of 1 input channel (and any number of outputs), or of 2, 4 or 8 channels
} ck_algorithm;

typedef struct {
  int32_t in_height, in_width, in_channels;
  /// The size of the output. Together with pad_top and pad_left it determines the padding at the bottom and at the
  /// right.
  int32_t out_height, out_width, out_channels;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t pad_top, pad_left;
  int32_t dilation_height, dilation_width;
  /// The number of groups, which divides both numbers of channels.
  int32_t groups;
  ck_activation activation;
  ck_residual residual;
  /// The element type of all maps; sums are float32. With CK_UINT8 it is the type of the input only: weights are
  /// rounded to 8 bits with one scale per output channel, sums are exact, and everything after them is float32.
  ck_type type;
  ck_algorithm algorithm;
  /// Allows only algorithms whose rounding errors are as small as those of a plain sum: CK_ALGORITHM_WINOGRAD_2, but
  /// not CK_ALGORITHM_WINOGRAD_4.
  bool is_exact;
  /// The types of the other maps, and the quantizations. They are used only with inputs of CK_UINT8.
  ck_type out_type, residual_type;
  ck_quantization in_quantization, out_quantization, residual_quantization;
} ck_conv_desc;

/// A convolution with packed weights for maps of one size. Several threads may run it at the same time, each with its
/// own pool.
typedef struct ck_conv ck_conv;

/// Creates a convolution. `weights` are [out_channels, in_channels / groups, kernel_height, kernel_width]; `bias`,
/// [out_channels], may be NULL. Both are copied. The convolution uses the instruction set that is current now.
ck_conv *ck_conv_create(const ck_conv_desc *desc, const float *weights, const float *bias);
/// Creates a transposed convolution: output (y, x) is the sum of input (i, j) times the kernel's tap (y + pad_top - i *
/// stride_height, x + pad_left - j * stride_width). `weights` are [in_channels, out_channels / groups, kernel_height,
/// kernel_width]. Dilations must be 1; output padding is expressed by a larger output. CK_ALGORITHM_AUTO is
/// recommended, since another algorithm must fit the plain convolution of each phase of the stride.
ck_conv *ck_conv_create_transposed(const ck_conv_desc *desc, const float *weights, const float *bias);
void ck_conv_free(ck_conv *conv);
/// Runs a convolution. `residual` has the output's size; it is NULL with CK_RESIDUAL_NONE. `out` may be `residual`, but
/// it must not overlap `in`.
bool ck_conv_run(const ck_conv *conv, ck_pool *pool, const ck_map *in, const ck_map *out, const ck_map *residual);
/// Does the same for some rows of the output. `begin`, and `end` unless it is the output's height, must be multiples of
/// ck_conv_row_step.
bool ck_conv_run_rows(const ck_conv *conv, ck_pool *pool, const ck_map *in, const ck_map *out, const ck_map *residual,
                      ck_rows rows);
/// The number of rows that are computed together; 0 stands for all rows.
int32_t ck_conv_row_step(const ck_conv *conv);
/// The algorithm that was chosen.
ck_algorithm ck_conv_algorithm(const ck_conv *conv);
/// The bytes of scratch memory that each thread needs in ck_conv_run (see ck_pool_reserve).
size_t ck_conv_scratch(const ck_conv *conv);

#ifdef __cplusplus
}
#endif
#endif
