#include "core/shared.hpp"

#define CK_KERNELS "pointwise/elementwise_kernels.hpp"
#include "simd/foreach_isa.hpp"

static void run_affine(ck_pool *pool, const ck_map *in, const ck_map *out, const float *scale, const float *shift,
                       const ck_activation &activation) {
  switch (in->type) {
    case CK_FLOAT32: return CK_DISPATCH(affine_from<float>)(pool, *in, *out, scale, shift, activation);
    case CK_BFLOAT16: return CK_DISPATCH(affine_from<ck::bf16>)(pool, *in, *out, scale, shift, activation);
    case CK_UINT8: return CK_DISPATCH(affine_from<uint8_t>)(pool, *in, *out, scale, shift, activation);
  }
}

extern "C" bool ck_binary(ck_pool *pool, ck_operator op, const ck_map *a, const ck_map *b, const ck_map *out,
                          const ck_activation *activation) {
  return ck::guard([&] {
    ck::check_float(out, "arithmetic, output");
    ck::check_operand("arithmetic, first operand", a, out);
    ck::check_operand("arithmetic, second operand", b, out);
    ck::Post post = ck::make_post("arithmetic", *out, activation);
    CK_BY_TYPE(*out, binary, pool, op, *a, *b, *out, post);
  });
}

extern "C" bool ck_affine(ck_pool *pool, const ck_map *in, const ck_map *out, const float *scale, const float *shift,
                          const ck_activation *activation) {
  return ck::guard([&] {
    ck::check_float(out, "affine map, output");
    ck::check_map(in, "affine map, input", out->height, out->width, out->channels, out->type);
    run_affine(pool, in, out, scale, shift, ck::make_post("affine map", *out, activation).activation);
  });
}

extern "C" bool ck_softmax(ck_pool *pool, const ck_map *in, const ck_map *out) {
  return ck::guard([&] {
    ck::check_float(out, "softmax, output");
    ck::check_map(in, "softmax, input", out->height, out->width, out->channels, out->type);
    CK_BY_TYPE(*in, softmax, pool, *in, *out);
  });
}

extern "C" bool ck_reduce_channels(ck_pool *pool, const ck_map *in, const ck_map *out, ck_reduction reduction) {
  return ck::guard([&] {
    ck::check_float(in, "channel reduction, input");
    if (reduction < CK_MEAN || reduction > CK_NORM) ck::fail("channel reduction: kind %d", int(reduction));
    ck::check_map(out, "channel reduction, output", in->height, in->width, 1, in->type);
    CK_BY_TYPE(*in, reduce_channels, pool, *in, *out, reduction);
  });
}

extern "C" bool ck_interleave_channels(ck_pool *pool, const ck_map *a, const ck_map *b, const ck_map *scale,
                                       const ck_map *out) {
  return ck::guard([&] {
    ck::check_map(out, "channel interleaving, output");
    ck::check_map(a, "channel interleaving", out->height, out->width, out->channels / 2, out->type);
    ck::check_map(b, "channel interleaving", out->height, out->width, out->channels / 2, out->type);
    if (out->channels % 2) ck::fail("channel interleaving: %d channels", out->channels);
    if (scale) {
      ck::check_float(out, "channel interleaving, output");
      ck::check_map(scale, "channel interleaving, scale", 1, 1, b->channels, out->type);
    }
    CK_BY_ANY_TYPE(*out, interleave_channels, pool, *a, *b, scale, *out);
  });
}

extern "C" bool ck_normalize_image(ck_pool *pool, const ck_map *in, const ck_map *out, const float *scale,
                                   const float *shift) {
  return ck::guard([&] {
    ck::check_float(out, "image, output");
    ck::check_map(in, "image", out->height, out->width, out->channels, CK_UINT8);
    run_affine(pool, in, out, scale, shift, {});
  });
}

namespace ck {

void convert(ck_pool *pool, const ck_map *in, const ck_map *out) { run_affine(pool, in, out, nullptr, nullptr, {}); }

}  // namespace ck
