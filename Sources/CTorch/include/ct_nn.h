// Layers, activations, resizing, losses. Images are [N, C, H, W]; pairs are height, width.
#ifndef CT_NN_H
#define CT_NN_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

bool ct_conv2d(ct_tensor x, ct_tensor weight, ct_tensor bias, const long *stride, const long *padding,
               const long *dilation, long groups, ct_tensor *out);
bool ct_conv_transpose2d(ct_tensor x, ct_tensor weight, ct_tensor bias, const long *stride, const long *padding,
                         const long *output_padding, const long *dilation, long groups, ct_tensor *out);
bool ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor *out);
bool ct_batch_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor running_mean, ct_tensor running_var,
                   bool training, double momentum, double epsilon, ct_tensor *out);
/// Normalizes by the batch's statistics and clamps the result to low and high; infinities stand for no clamp. On the
/// CPU both are one operator for maps with channels innermost in float32 and bfloat16.
bool ct_batch_norm_clamped(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor running_mean, ct_tensor running_var,
                           double momentum, double epsilon, double low, double high, ct_tensor *out);
bool ct_layer_norm(ct_tensor x, const long *shape, size_t rank, ct_tensor weight, ct_tensor bias, double epsilon,
                   ct_tensor *out);
bool ct_group_norm(ct_tensor x, long groups, ct_tensor weight, ct_tensor bias, double epsilon, ct_tensor *out);
bool ct_dropout(ct_tensor x, double probability, bool channels, bool training, ct_tensor *out);

bool ct_max_pool2d(ct_tensor x, const long *kernel, const long *stride, const long *padding, bool ceil_mode,
                   ct_tensor *out);
bool ct_max_pool2d_indices(ct_tensor x, const long *kernel, const long *stride, const long *padding, bool ceil_mode,
                           ct_tensor *values, ct_tensor *indices);
bool ct_max_unpool2d(ct_tensor x, ct_tensor indices, const long *size, ct_tensor *out);
bool ct_avg_pool2d(ct_tensor x, const long *kernel, const long *stride, const long *padding, bool ceil_mode,
                   bool count_padding, ct_tensor *out);
bool ct_adaptive_avg_pool2d(ct_tensor x, const long *size, ct_tensor *out);
bool ct_adaptive_max_pool2d(ct_tensor x, const long *size, ct_tensor *out);
/// Resizes bilinearly. Exactly one of `size` (two values) and `scale` (two values) is given.
bool ct_upsample_bilinear2d(ct_tensor x, const long *size, const double *scale, bool align_corners, ct_tensor *out);
/// Resizes by cubic interpolation to `size` (two values).
bool ct_upsample_bicubic2d(ct_tensor x, const long *size, bool align_corners, ct_tensor *out);
/// The same, with a filter that is widened if the result is smaller than the input.
bool ct_upsample_bicubic2d_antialiased(ct_tensor x, const long *size, bool align_corners, ct_tensor *out);
bool ct_upsample_nearest2d(ct_tensor x, const long *size, const double *scale, ct_tensor *out);
bool ct_pixel_shuffle(ct_tensor x, long factor, ct_tensor *out);

bool ct_relu(ct_tensor x, ct_tensor *out);
bool ct_sigmoid(ct_tensor x, ct_tensor *out);
bool ct_tanh(ct_tensor x, ct_tensor *out);
bool ct_silu(ct_tensor x, ct_tensor *out);
bool ct_hardswish(ct_tensor x, ct_tensor *out);
bool ct_hardsigmoid(ct_tensor x, ct_tensor *out);
bool ct_selu(ct_tensor x, ct_tensor *out);
bool ct_relu_(ct_tensor x);
bool ct_hardtanh(ct_tensor x, double lower, double upper, ct_tensor *out);
bool ct_hardtanh_(ct_tensor x, double lower, double upper);
bool ct_leaky_relu(ct_tensor x, double slope, ct_tensor *out);
bool ct_elu(ct_tensor x, double alpha, ct_tensor *out);
bool ct_gelu(ct_tensor x, bool tanh_approximation, ct_tensor *out);
bool ct_prelu(ct_tensor x, ct_tensor weight, ct_tensor *out);
bool ct_softmax(ct_tensor x, long dim, ct_tensor *out);
bool ct_log_softmax(ct_tensor x, long dim, ct_tensor *out);

/// The reduction is 0 for none, 1 for the mean or 2 for the sum.
bool ct_cross_entropy(ct_tensor logits, ct_tensor labels, ct_tensor weight, int reduction, long ignore_index,
                      double label_smoothing, ct_tensor *out);
/// Computes the losses of all pixels, [N, H, W], for scores [N, C, h, w] that are resized bilinearly with aligned
/// corners to the size of the labels [N, H, W]. The result is that of ct_upsample_bilinear2d and ct_cross_entropy with
/// reduction 0, but the resized scores are not stored. It runs on the CPU in float32, to which other scores are
/// converted. `weight` is optional.
bool ct_upsampled_cross_entropy(ct_tensor scores, ct_tensor labels, ct_tensor weight, long ignore_index,
                                double label_smoothing, ct_tensor *out);
bool ct_bce_with_logits(ct_tensor logits, ct_tensor target, int reduction, ct_tensor *out);
/// Computes the Kullback-Leibler divergence. `target` is in log space if `log_target` is set. The mean divides by the
/// number of elements.
bool ct_kl_div(ct_tensor log_input, ct_tensor target, bool log_target, int reduction, ct_tensor *out);
bool ct_mse_loss(ct_tensor x, ct_tensor target, int reduction, ct_tensor *out);

#ifdef __cplusplus
}
#endif
#endif
