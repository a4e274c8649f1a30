// Pooling. All maps of a call have the same type, unless stated otherwise.
#ifndef CK_POOLING_H
#define CK_POOLING_H

#include "ck_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A window. Positions beyond the input's edges are left out. PyTorch's ceil mode is expressed by a larger output.
typedef struct {
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t pad_top, pad_left;
  /// For average pooling, the padding at the other edges, which counts with `count_include_pad`.
  int32_t pad_bottom, pad_right;
  int32_t dilation_height, dilation_width;  // must be 1 for average pooling
  /// Divides sums by the size of the window within the padded input, not by the number of positions inside the input.
  bool count_include_pad;
  /// The rows of the output to compute; all of them if `end` is 0.
  ck_rows rows;
} ck_window;

/// Computes the largest value of each window. `indices`, for max unpooling, may be NULL; otherwise it receives y *
/// width + x of each largest value (the first of equal ones), dense [height, width, channels] with the output's size.
bool ck_max_pool(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_window *window, int32_t *indices);
/// Computes the mean of each window.
bool ck_average_pool(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_window *window);

/// Adaptive pooling derives the windows from the output's size: rows floor(i * H / h) ..< ceil((i + 1) * H / h), and
/// columns likewise. With an output of one pixel it computes the mean, or the maximum, of the map. The averages of a
/// map of CK_UINT8 may be of any type.
bool ck_adaptive_average_pool(ck_pool *pool, const ck_map *in, const ck_map *out);
bool ck_adaptive_max_pool(ck_pool *pool, const ck_map *in, const ck_map *out);

/// Fills `out` with zeros and then writes each value of `in` at the position that `indices` names (see ck_max_pool,
/// with the width of `out`). Fails if one of them lies outside `out`.
bool ck_max_unpool(ck_pool *pool, const ck_map *in, const ck_map *out, const int32_t *indices);

#ifdef __cplusplus
}
#endif
#endif
