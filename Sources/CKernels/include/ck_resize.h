// Resizing, and the class of each pixel. Source positions are those of torch.nn.functional.interpolate without a given
// scale: with `align_corners` the corner pixels' centres coincide, otherwise the maps' edges do.
#ifndef CK_RESIZE_H
#define CK_RESIZE_H

#include "ck_conv.h"

#ifdef __cplusplus
extern "C" {
#endif

/// out = activation(bilinear(in) + addend): maps of one type (float32 or bfloat16) and channel count, of any sizes;
/// `addend` (the output's size, may be `out`) and `activation` may be NULL. Maps of CK_UINT8 go without both.
bool ck_resize_bilinear(ck_pool *pool, const ck_map *in, const ck_map *out, bool align_corners, const ck_map *addend,
                        const ck_activation *activation);
/// out = activation(nearest(in) + addend), as above. Output pixel i takes input pixel floor(i * in / out).
bool ck_resize_nearest(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_map *addend,
                       const ck_activation *activation);

/// Some rows of bilinear(in), or nearest(in).
bool ck_resize_rows(ck_pool *pool, const ck_map *in, const ck_map *out, bool is_nearest, bool align_corners,
                    ck_rows rows);

/// The index of the largest channel of each pixel, the lower of equal ones: `in` of 1 to 256 channels, `out` a
/// CK_UINT8 map of one channel. Of another size than `in`, the argmax of the bilinearly resized map, which is not
/// made: only where rounding decides between classes can the two differ.
bool ck_argmax(ck_pool *pool, const ck_map *in, const ck_map *out, bool align_corners);

#ifdef __cplusplus
}
#endif
#endif
