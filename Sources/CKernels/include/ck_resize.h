// Resizing, and the class of each pixel. Source positions are those of torch.nn.functional.interpolate without a given
// scale: with `align_corners` the centres of the corner pixels coincide, otherwise the edges of the maps do.
#ifndef CK_RESIZE_H
#define CK_RESIZE_H

#include "ck_elementwise.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  /// Whether output pixel i takes input pixel floor(i * in / out); otherwise resizing is bilinear.
  bool is_nearest;
  bool align_corners;
  /// The step that follows: activation(resized op operand) with CK_ADD or CK_MULTIPLY.
  ck_operator op;
  ck_activation activation;
} ck_resizing;

/// Computes rows of a resized map. The maps have the same type and number of channels, and any sizes. `operand` has the
/// output's size; it may be `out`, or NULL for none. Maps of CK_UINT8 take neither operand nor activation.
bool ck_resize(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_resizing *resizing, const ck_map *operand,
               ck_rows rows);

/// Writes the index of each pixel's largest channel, the lowest of equal ones. `in` has 1 to 256 channels; `out` is a
/// map of CK_UINT8 with one channel. If `out` has another size than `in`, the result is the argmax of the bilinearly
/// resized map, which is not stored. It can differ from that only if rounding decides between classes.
bool ck_argmax(ck_pool *pool, const ck_map *in, const ck_map *out, bool align_corners);

#ifdef __cplusplus
}
#endif
#endif
