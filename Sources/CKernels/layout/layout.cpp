// Copies in other orders. They are limited by memory, so one version serves all instruction sets.
#include <algorithm>

#include "core/shared.hpp"

namespace ck {

void convert(ck_pool *pool, const ck_map *in, const ck_map *out);

namespace {

/// Calls body(y) for each row of a map with `height` rows. `cost` is the estimated time of all rows in nanoseconds.
template <typename Body>
void each_row(ck_pool *pool, int height, double cost, const Body &body) {
  int pieces = piece_count(pool, height, cost);
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = int(int64_t(index + 1) * height / pieces);
    for (int y = int(int64_t(index) * height / pieces); y < last; ++y) body(y);
  });
}

double values(const ck_map *map) { return double(map->height) * map->width * map->channels; }

void check_same(const char *name, const ck_map *in, const ck_map *out, int height, int width) {
  check_map(out, name);
  check_map(in, name, height, width, in ? in->channels : 0, out->type);
}

/// Calls body(T()) with an unsigned integer T that is as wide as the elements.
template <typename Body>
void by_width(ck_type type, const Body &body) {
  switch (type) {
    case CK_FLOAT32: return body(uint32_t());
    case CK_BFLOAT16: return body(uint16_t());
    case CK_UINT8: return body(uint8_t());
  }
}

template <typename T>
void copy_rows(ck_pool *pool, const ck_map *in_map, const ck_map *out_map) {
  View<const T> in(*in_map);
  View<T> out(*out_map);
  bool is_dense = in.pixel == in.channels && out.pixel == in.channels;
  each_row(pool, in.height, values(in_map) * sizeof(T) * 0.03, [&](int y) {
    if (is_dense) {
      std::memcpy(out.at(y, 0), in.at(y, 0), size_t(in.width) * in.channels * sizeof(T));
      return;
    }
    for (int x = 0; x < in.width; ++x) std::memcpy(out.at(y, x), in.at(y, x), in.channels * sizeof(T));
  });
}

/// Interleaves planes. With the number of channels known, compilers turn this into vector instructions.
template <int Channels>
void interleave(const float *planes, int64_t plane, float *to, int count) {
  for (int x = 0; x < count; ++x) {
    for (int c = 0; c < Channels; ++c) to[x * Channels + c] = planes[c * plane + x];
  }
}

}  // namespace
}  // namespace ck

using namespace ck;

extern "C" bool ck_copy(ck_pool *pool, const ck_map *in, const ck_map *out) {
  return guard([&] {
    check_map(in, "copy, input");
    check_map(out, "copy, output", in->height, in->width, in->channels, out ? out->type : CK_FLOAT32);
    if (in->type == out->type) {
      by_width(in->type, [&](auto zero) { copy_rows<decltype(zero)>(pool, in, out); });
    } else if (out->type == CK_UINT8) {
      fail("copy: floats to bytes");
    } else {
      convert(pool, in, out);
    }
  });
}

extern "C" bool ck_permute_channels(ck_pool *pool, const ck_map *in_map, const ck_map *out_map, const int32_t *source) {
  return guard([&] {
    check_same("channel permutation", in_map, out_map, out_map->height, out_map->width);
    for (int c = 0; c < out_map->channels; ++c) {
      if (source[c] < 0 || source[c] >= in_map->channels) fail("channel permutation: no input channel %d", source[c]);
    }
    by_width(out_map->type, [&](auto zero) {
      using T = decltype(zero);
      View<const T> in(*in_map);
      View<T> out(*out_map);
      each_row(pool, out.height, values(out_map) * 0.5, [&](int y) {
        for (int x = 0; x < out.width; ++x) {
          const T *from = in.at(y, x);
          T *to = out.at(y, x);
          for (int c = 0; c < out.channels; ++c) to[c] = from[source[c]];
        }
      });
    });
  });
}

extern "C" bool ck_pixel_shuffle(ck_pool *pool, const ck_map *in_map, const ck_map *out_map, int32_t factor) {
  return guard([&] {
    check_map(in_map, "pixel shuffle, input");
    if (factor < 1 || in_map->channels % (factor * factor)) {
      fail("pixel shuffle: %d channels by a factor of %d", in_map->channels, factor);
    }
    check_map(out_map, "pixel shuffle, output", in_map->height * factor, in_map->width * factor,
              in_map->channels / (factor * factor), in_map->type);
    by_width(out_map->type, [&](auto zero) {
      using T = decltype(zero);
      View<const T> in(*in_map);
      View<T> out(*out_map);
      each_row(pool, out.height, values(out_map) * 0.7, [&](int y) {
        for (int x = 0; x < out.width; ++x) {
          const T *from = in.at(y / factor, x / factor) + y % factor * factor + x % factor;
          T *to = out.at(y, x);
          for (int c = 0; c < out.channels; ++c) to[c] = from[c * factor * factor];
        }
      });
    });
  });
}

extern "C" bool ck_from_planes(ck_pool *pool, const float *planes, const ck_map *out_map) {
  return guard([&] {
    check_map(out_map, "planes, output");
    auto convert_rows = [&]<typename T>(View<T> out) {
      int64_t plane = int64_t(out.height) * out.width;
      each_row(pool, out.height, values(out_map) * 0.6, [&](int y) {
        const float *from = planes + int64_t(y) * out.width;
        if constexpr (std::is_same_v<T, float>) {
          if (out.pixel == out.channels && out.channels == 1)
            return interleave<1>(from, plane, out.at(y, 0), out.width);
          if (out.pixel == out.channels && out.channels == 3)
            return interleave<3>(from, plane, out.at(y, 0), out.width);
          if (out.pixel == out.channels && out.channels == 4)
            return interleave<4>(from, plane, out.at(y, 0), out.width);
        }
        for (int begin = 0; begin < out.width; begin += 32) {
          int end = std::min(begin + 32, out.width);
          for (int c = 0; c < out.channels; ++c) {
            for (int x = begin; x < end; ++x) out.at(y, x)[c] = from_float<T>(from[c * plane + x]);
          }
        }
      });
    };
    if (out_map->type == CK_FLOAT32) return convert_rows(View<float>(*out_map));
    if (out_map->type == CK_BFLOAT16) return convert_rows(View<bf16>(*out_map));
    fail("planes: a map of bytes");
  });
}
