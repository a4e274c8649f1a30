// Checks, and dispatch on element types, that several files share.
#pragma once

#include "core/common.hpp"
#include "core/types.hpp"

namespace ck {

/// The steps that follow an operation on each value: a sum or a product with a map of the output's size (NULL for
/// none), and an activation.
struct Post {
  const ck_map *operand = nullptr;
  bool multiplies = false;
  ck_activation activation{};
};

inline Post make_post(const char *name, const ck_map &out, const ck_activation *activation,
                      const ck_map *operand = nullptr, bool multiplies = false) {
  Post post;
  if (operand) check_map(operand, name, out.height, out.width, out.channels, out.type);
  post.operand = operand, post.multiplies = multiplies;
  if (activation) post.activation = *activation;
  if (post.activation.kind == CK_PRELU && !post.activation.slopes) fail("%s: PReLU without slopes", name);
  return post;
}

inline void check_float(const ck_map *map, const char *name) {
  check_map(map, name);
  if (map->type != CK_FLOAT32 && map->type != CK_BFLOAT16) fail("%s: maps of element type %d", name, int(map->type));
}

/// Refuses an operand that is not of the output's type, or whose sizes are neither the output's nor 1.
inline void check_operand(const char *name, const ck_map *map, const ck_map *out) {
  check_map(map, name);
  auto fits = [](int size, int of) { return size == of || size == 1; };
  if (!fits(map->height, out->height) || !fits(map->width, out->width) || !fits(map->channels, out->channels)) {
    fail("%s: %dx%dx%d does not broadcast to %dx%dx%d", name, map->height, map->width, map->channels, out->height,
         out->width, out->channels);
  }
  if (map->type != out->type) fail("%s: element type %d, expected %d", name, int(map->type), int(out->type));
}

/// A source position between two pixels.
struct Sample {
  int32_t first, second;
  float weight;  // weight of the second pixel
};

inline Sample bilinear_sample(int index, int in, int out, bool align_corners) {
  float position;
  if (align_corners) {
    position = out > 1 ? float(in - 1) / float(out - 1) * float(index) : 0;
  } else {
    position = (float(index) + 0.5f) * (float(in) / float(out)) - 0.5f;
    if (position < 0) position = 0;
  }
  auto first = static_cast<int32_t>(position);
  if (first > in - 1) first = in - 1;
  return {first, first < in - 1 ? first + 1 : first, position - float(first)};
}

/// Scratch memory for the tables of one call. All threads may read it until the next call. While a pool plans, the
/// function notes the size and ends the call, so it comes after all checks and after reserve_scratch.
void *shared_scratch(ck_pool *pool, size_t bytes);

}  // namespace ck

/// Runs a kernel for the element type of a map. CK_BY_TYPE(map, f, a, b) calls f<T>(a, b) with float or bf16 as T.
#define CK_BY_TYPE(map, function, ...) \
  ((map).type == CK_FLOAT32 ? CK_DISPATCH(function<float>)(__VA_ARGS__) : CK_DISPATCH(function<ck::bf16>)(__VA_ARGS__))

/// Does the same, also for maps of bytes.
#define CK_BY_ANY_TYPE(map, function, ...) \
  ((map).type == CK_UINT8 ? CK_DISPATCH(function<uint8_t>)(__VA_ARGS__) : CK_BY_TYPE(map, function, __VA_ARGS__))
