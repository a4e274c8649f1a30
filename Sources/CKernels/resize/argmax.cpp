#include <utility>

#include "core/shared.hpp"
#include "simd/transpose.hpp"

#define CK_KERNELS "resize/argmax_kernels.hpp"
#include "simd/foreach_isa.hpp"

extern "C" bool ck_argmax(ck_pool *pool, const ck_map *in, const ck_map *out, bool align_corners) {
  return ck::guard([&] {
    ck::check_float(in, "argmax, input");
    ck::check_map(out, "argmax, output");
    if (in->channels > 256) ck::fail("argmax: %d channels, expected at most 256", in->channels);
    if (out->type != CK_UINT8 || out->channels != 1) ck::fail("argmax: the output is a map of one byte a pixel");
    if (in->height == out->height && in->width == out->width) {
      CK_BY_TYPE(*in, argmax, pool, *in, *out);
    } else {
      CK_BY_TYPE(*in, resize_argmax, pool, *in, *out, align_corners);
    }
  });
}
