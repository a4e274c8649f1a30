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
    CK_BY_ANY_TYPE(*in, resize_bilinear, pool, *in, *out, align_corners, post, ck_rows{0, out->height});
  });
}

extern "C" bool ck_resize_nearest(ck_pool *pool, const ck_map *in, const ck_map *out, const ck_map *addend,
                                  const ck_activation *activation) {
  return ck::guard([&] {
    check_resize("nearest resize", in, out);
    ck::Post post = make_resize_post("nearest resize, addend", *out, addend, activation);
    CK_BY_ANY_TYPE(*in, resize_nearest, pool, *in, *out, post, ck_rows{0, out->height});
  });
}

extern "C" bool ck_resize_rows(ck_pool *pool, const ck_map *in, const ck_map *out, bool is_nearest, bool align_corners,
                               ck_rows rows) {
  return ck::guard([&] {
    check_resize("resize", in, out);
    if (rows.begin < 0 || rows.begin > rows.end || rows.end > out->height) {
      ck::fail("resize: rows %d ..< %d of %d", rows.begin, rows.end, out->height);
    }
    if (is_nearest) {
      CK_BY_ANY_TYPE(*in, resize_nearest, pool, *in, *out, ck::Post{}, rows);
    } else {
      CK_BY_ANY_TYPE(*in, resize_bilinear, pool, *in, *out, align_corners, ck::Post{}, rows);
    }
  });
}
