#include "core/shared.hpp"

#define CK_KERNELS "resize/resize_kernels.hpp"
#include "simd/foreach_isa.hpp"

static void check_resize(const char *name, const ck_map *in, const ck_map *out) {
  ck::check_map(in, name);
  ck::check_map(out, name);
  if (in->channels != out->channels || in->type != out->type) {
    ck::fail("%s: %d channels of type %d to %d of type %d", name, in->channels, int(in->type), out->channels,
             int(out->type));
  }
}

extern "C" bool ck_resize(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_resizing *resizing,
                          const ck_map *operand, ck_rows rows) {
  return ck::guard([&] {
    check_resize("resizing", in, out);
    if (rows.begin < 0 || rows.begin > rows.end || rows.end > out->height) {
      ck::fail("resizing: rows %d ..< %d of %d", rows.begin, rows.end, out->height);
    }
    if (operand && resizing->op != CK_ADD && resizing->op != CK_MULTIPLY) {
      ck::fail("resizing: operator %d", int(resizing->op));
    }
    // A byte stands for another number, so arithmetic on bytes would be wrong.
    if (out->type == CK_UINT8 && (operand || resizing->activation.kind != CK_IDENTITY)) {
      ck::fail("resizing: an operand or an activation on bytes");
    }
    ck::Post post = ck::make_post("resizing, operand", *out, &resizing->activation, operand,
                                  resizing->op == CK_MULTIPLY);
    if (resizing->is_nearest) {
      CK_BY_ANY_TYPE(*in, resize_nearest, pool, *in, *out, post, rows);
    } else {
      CK_BY_ANY_TYPE(*in, resize_bilinear, pool, *in, *out, resizing->align_corners, post, rows);
    }
  });
}
