#include "core/shared.hpp"

#define CK_KERNELS "matrices/normalize_kernels.hpp"
#include "simd/foreach_isa.hpp"

extern "C" bool ck_normalize(ck_pool *pool, const ck_map *in, const ck_map *out, int32_t groups, float epsilon,
                             const float *scale, const float *shift) {
  return ck::guard([&] {
    ck::check_float(out, "normalization, output");
    ck::check_map(in, "normalization, input", out->height, out->width, out->channels, out->type);
    if (groups < 0 || (groups > 0 && in->channels % groups)) {
      ck::fail("normalization: %d channels in %d groups", in->channels, groups);
    }
    if (!(epsilon >= 0)) ck::fail("normalization: an epsilon of %g", double(epsilon));
    if (groups == 0) {
      CK_BY_TYPE(*in, normalize_pixels, pool, *in, *out, epsilon, scale, shift);
    } else {
      CK_BY_TYPE(*in, normalize_groups, pool, *in, *out, groups, epsilon, scale, shift);
    }
  });
}
