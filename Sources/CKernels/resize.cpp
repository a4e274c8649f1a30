#include "shared.hpp"

#define CK_KERNELS "resize_kernels.hpp"
#include "foreach_isa.hpp"

static void check_resize(const char *name, const ck_map *in, const ck_map *out) {
  ck::check_map(in, name);
  ck::check_map(out, name);
  if (in->channels != out->channels || in->type != out->type) {
    ck::fail("%s: %d channels of type %d to %d of type %d", name, in->channels, int(in->type), out->channels,
             int(out->type));
  }
}

/// What follows resizing; nothing on bytes, which stand for other numbers.
static ck::Post make_resize_post(const char *name, const ck_map &out, const ck_map *addend,
                                 const ck_activation *activation) {
  if (out.type == CK_UINT8 && (addend || activation)) ck::fail("%s: an addend or an activation on bytes", name);
  return ck::make_post(name, out, addend, activation);
}

extern "C" bool ck_resize_bilinear(ck_pool *pool, const ck_map *in, const ck_map *out, bool align_corners,
                                   const ck_map *addend, const ck_activation *activation) {
  return ck::guard([&] {
    check_resize("bilinear resize", in, out);
    ck::Post post = make_resize_post("bilinear resize, addend", *out, addend, activation);
    CK_BY_ANY_TYPE(*in, resize_bilinear, pool, *in, *out, align_corners, post);
  });
}

extern "C" bool ck_resize_nearest(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_map *addend,
                                  const ck_activation *activation) {
  return ck::guard([&] {
    check_resize("nearest resize", in, out);
    ck::Post post = make_resize_post("nearest resize, addend", *out, addend, activation);
    CK_BY_ANY_TYPE(*in, resize_nearest, pool, *in, *out, post);
  });
}
