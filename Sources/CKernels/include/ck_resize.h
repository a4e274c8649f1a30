// Resizing, and the class of each pixel. Source positions are those of torch.nn.functional.interpolate without a given
// scale: with `align_corners` the corner pixels' centres coincide, otherwise the maps' edges do.
#ifndef CK_RESIZE_H
#define CK_RESIZE_H

#include "ck_elementwise.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  /// Output pixel i takes input pixel floor(i * in / out); else bilinear.
  bool is_nearest;
  bool align_corners;
  /// What follows: activation(resized op operand), CK_ADD or CK_MULTIPLY.
  ck_operator op;
  ck_activation activation;
} ck_resizing;

/// Rows of a resized map: maps of one type and channel count, of any sizes; `operand`, of the output's size, may be
/// `out`, or NULL for none. Maps of CK_UINT8 go without operand and activation.
bool ck_resize(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_resizing *resizing, const ck_map *operand,
               ck_rows rows);

/// The index of the largest channel of each pixel, the lower of equal ones: `in` of 1 to 256 channels, `out` a
/// CK_UINT8 map of one channel. Of another size than `in`, the argmax of the bilinearly resized map, which is not
/// made: only where rounding decides between classes can the two differ.
bool ck_argmax(ck_pool *pool, const ck_map *in, const ck_map *out, bool align_corners);

#ifdef __cplusplus
}
#endif
#endif
