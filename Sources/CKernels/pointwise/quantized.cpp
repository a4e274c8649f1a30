#include "core/shared.hpp"

#define CK_KERNELS "pointwise/quantized_kernels.hpp"
#include "simd/foreach_isa.hpp"

/// The checked quantization of a map of bytes; NULL for other types.
static const ck_quantization *checked(const char *name, const ck_map *map, const ck_quantization *quantization) {
  if (map->type != CK_UINT8) return nullptr;
  if (!quantization) ck::fail("%s: bytes without a quantization", name);
  ck::check_quantization(name, map->type, *quantization);
  return quantization;
}

extern "C" bool ck_affine_quantized(ck_pool *pool, const ck_map *in, const ck_quantization *in_quantization,
                                    const ck_map *out, const ck_quantization *out_quantization, const float *scale,
                                    const float *shift, const ck_activation *activation) {
  return ck::guard([&] {
    ck::check_map(out, "affine map, output");
    ck::check_map(in, "affine map, input", out->height, out->width, out->channels, in ? in->type : CK_UINT8);
    ck_activation function = ck::make_post("affine map", *out, activation).activation;
    const ck_quantization *from = checked("affine map, input", in, in_quantization);
    const ck_quantization *to = checked("affine map, output", out, out_quantization);
    switch (in->type) {
      case CK_FLOAT32: return CK_DISPATCH(affine_quantized_from<float>)(pool, *in, from, *out, to, scale, shift, function);
      case CK_BFLOAT16:
        return CK_DISPATCH(affine_quantized_from<ck::bf16>)(pool, *in, from, *out, to, scale, shift, function);
      case CK_UINT8: return CK_DISPATCH(affine_quantized_from<uint8_t>)(pool, *in, from, *out, to, scale, shift, function);
    }
  });
}

extern "C" bool ck_binary_quantized(ck_pool *pool, ck_operator op, const ck_map *a, const ck_quantization *a_quantization,
                                    const ck_map *b, const ck_quantization *b_quantization, const ck_map *out,
                                    const ck_quantization *out_quantization, const ck_activation *activation) {
  return ck::guard([&] {
    ck::check_map(out, "arithmetic, output");
    if (out->type != CK_UINT8) ck::fail("arithmetic, output: element type %d, expected bytes", int(out->type));
    ck::check_operand("arithmetic, first operand", a, out);
    ck::check_operand("arithmetic, second operand", b, out);
    ck_activation function = ck::make_post("arithmetic", *out, activation).activation;
    const ck_quantization *qa = checked("arithmetic, first operand", a, a_quantization);
    const ck_quantization *qb = checked("arithmetic, second operand", b, b_quantization);
    const ck_quantization *to = checked("arithmetic, output", out, out_quantization);
    CK_DISPATCH(binary_quantized)(pool, op, *a, *qa, *b, *qb, *out, to, function);
  });
}
