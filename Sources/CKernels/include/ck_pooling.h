// Pooling. All maps of a call are of one type, unless said otherwise.
#ifndef CK_POOLING_H
#define CK_POOLING_H

#include "ck_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A window; positions beyond the input's edges are left out. Ceil mode is a larger output.
typedef struct {
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t pad_top, pad_left;
  /// For average pooling: the padding at the other edges, which counts where `count_include_pad`.
  int32_t pad_bottom, pad_right;
  int32_t dilation_height, dilation_width;  // 1 for average pooling
  /// Divide sums by the whole window within the padded input, not by the positions inside the input.
  bool count_include_pad;
  /// Rows of the output to make; all where `end` is 0.
  ck_rows rows;
} ck_window;

/// `indices`, for max unpooling, may be NULL: y * width + x of each largest value, [height, width, channels] dense,
/// of the output's size; the first of equal values.
bool ck_max_pool(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_window *window, int32_t *indices);
bool ck_average_pool(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_window *window);

/// The output's size gives the windows: rows floor(i * H / h) ..< ceil((i + 1) * H / h), columns alike. One pixel:
/// the mean, or maximum, of the map. Averages of CK_UINT8 may be of any type.
bool ck_adaptive_average_pool(ck_pool *pool, const ck_map *in, const ck_map *out);
bool ck_adaptive_max_pool(ck_pool *pool, const ck_map *in, const ck_map *out);

/// Fills `out` with zeros, then puts each value of `in` at the position that `indices` (see ck_max_pool, with the width
/// of `out`) names for it.
bool ck_max_unpool(ck_pool *pool, const ck_map *in, const ck_map *out, const int32_t *indices);

#ifdef __cplusplus
}
#endif
#endif
