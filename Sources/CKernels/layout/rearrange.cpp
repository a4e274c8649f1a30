// Copies between strided arrays, and filling. They are limited by memory, so one version serves all instruction sets.
#include <algorithm>
#include <cmath>

#include "core/shared.hpp"
#include "simd/transpose.hpp"

namespace ck {
namespace {

struct Axis {
  int64_t size, in, out;  // number of elements, and the strides of both arrays
};

/// The axes of a copy, the outermost first, in order of the output's strides; axes that continue each other are one.
struct Axes {
  Axis axes[6];
  int count = 0;

  Axes(int rank, const int32_t *sizes, const int64_t *in, const int64_t *out) {
    Axis all[6];
    int used = 0;
    for (int i = 0; i < rank; ++i) {
      if (sizes[i] == 1) continue;
      int at = used++;
      for (; at > 0 && all[at - 1].out < out[i]; --at) all[at] = all[at - 1];
      all[at] = {sizes[i], in[i], out[i]};
    }
    for (int i = 0; i < used; ++i) {
      Axis &last = axes[std::max(count - 1, 0)];
      if (count > 0 && last.in == all[i].in * all[i].size && last.out == all[i].out * all[i].size) {
        last = {last.size * all[i].size, all[i].in, all[i].out};
      } else {
        axes[count++] = all[i];
      }
    }
  }

  /// Takes an axis out, or one of a single element if there is none at `index`.
  Axis take(int index) {
    if (index < 0) return {1, 0, 0};
    Axis axis = axes[index];
    std::copy(axes + index + 1, axes + count, axes + index);
    --count;
    return axis;
  }
};

/// Copies two axes: of the inner one the output is contiguous if possible.
template <typename T>
void copy_plane(const T *from, T *to, const Axis &outer, const Axis &inner) {
  if (inner.out == 1 && outer.in == 1 && inner.in != 1) {
    return transpose<T>(from, inner.in, to, outer.out, inner.size, outer.size);
  }
  for (int64_t i = 0; i < outer.size; ++i, from += outer.in, to += outer.out) {
    if (inner.in == 1 && inner.out == 1) {
      std::memcpy(to, from, size_t(inner.size) * sizeof(T));
    } else if (inner.in == 0 && inner.out == 1) {
      std::fill_n(to, inner.size, *from);
    } else {
      for (int64_t j = 0; j < inner.size; ++j) to[j * inner.out] = from[j * inner.in];
    }
  }
}

template <typename T>
void rearrange(ck_pool *pool, Axes axes, const T *in, T *out) {
  double cost = 0.1 * sizeof(T);
  for (int i = 0; i < axes.count; ++i) cost *= double(axes.axes[i].size);
  Axis inner = axes.take(axes.count - 1);
  // The axis along which the input is contiguous makes a transposition with the one along which the output is;
  // otherwise the next one is as good as any.
  int beside = axes.count - 1;
  if (inner.in != 1) {
    for (int i = 0; i < axes.count; ++i) {
      if (axes.axes[i].in == 1) beside = i;
    }
  }
  Axis outer = axes.take(beside);
  int64_t planes = 1;
  for (int i = 0; i < axes.count; ++i) planes *= axes.axes[i].size;
  // Both the planes and the longer axis of each are divided among threads, in shares that fill lines of the cache.
  constexpr int64_t kShare = 64;
  Axis &longer = inner.size > outer.size ? inner : outer;
  int64_t shares = divide_up(longer.size, kShare);
  int pieces = piece_count(pool, planes * shares, cost);
  Axis whole_inner = inner, whole_outer = outer;
  bool cuts_inner = &longer == &inner;
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int64_t last = (index + 1) * planes * shares / pieces;
    for (int64_t item = index * planes * shares / pieces; item < last;) {
      int64_t plane = item / shares, first = item % shares, end = std::min(shares, first + last - item);
      const T *from = in;
      T *to = out;
      int64_t rest = plane;
      for (int i = axes.count - 1; i >= 0; --i) {
        int64_t at = rest % axes.axes[i].size;
        rest /= axes.axes[i].size;
        from += at * axes.axes[i].in, to += at * axes.axes[i].out;
      }
      Axis own_inner = whole_inner, own_outer = whole_outer;
      Axis &cut = cuts_inner ? own_inner : own_outer;
      from += first * kShare * cut.in, to += first * kShare * cut.out;
      cut.size = std::min(cut.size, end * kShare) - first * kShare;
      copy_plane(from, to, own_outer, own_inner);
      item += end - first;
    }
  });
}

template <typename T>
void fill(ck_pool *pool, const View<T> &out, T value) {
  int pieces = piece_count(pool, out.height, double(out.height) * out.width * out.channels * sizeof(T) * 0.02);
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = int(int64_t(index + 1) * out.height / pieces);
    for (int y = int(int64_t(index) * out.height / pieces); y < last; ++y) {
      if (out.pixel == out.channels) {
        std::fill_n(out.at(y, 0), int64_t(out.width) * out.channels, value);
      } else {
        for (int x = 0; x < out.width; ++x) std::fill_n(out.at(y, x), out.channels, value);
      }
    }
  });
}

}  // namespace
}  // namespace ck

using namespace ck;

extern "C" bool ck_rearrange(ck_pool *pool, ck_type type, int32_t rank, const int32_t *sizes, const void *in,
                             const int64_t *in_strides, void *out, const int64_t *out_strides) {
  return guard([&] {
    size_t element = element_size(type);
    if (rank < 1 || rank > 6) fail("rearrangement: a rank of %d, expected 1 to 6", rank);
    if (!sizes || !in || !in_strides || !out || !out_strides) fail("rearrangement: no arrays");
    for (int i = 0; i < rank; ++i) {
      if (sizes[i] < 1) fail("rearrangement: a size of %d", sizes[i]);
      if (in_strides[i] < 0 || out_strides[i] < (sizes[i] > 1 ? 1 : 0)) {
        fail("rearrangement: strides of %lld and %lld for a size of %d", static_cast<long long>(in_strides[i]),
             static_cast<long long>(out_strides[i]), sizes[i]);
      }
    }
    Axes axes(rank, sizes, in_strides, out_strides);
    switch (element) {
      case 4: return rearrange(pool, axes, static_cast<const uint32_t *>(in), static_cast<uint32_t *>(out));
      case 2: return rearrange(pool, axes, static_cast<const uint16_t *>(in), static_cast<uint16_t *>(out));
      default: return rearrange(pool, axes, static_cast<const uint8_t *>(in), static_cast<uint8_t *>(out));
    }
  });
}

extern "C" bool ck_fill(ck_pool *pool, const ck_map *out, float value) {
  return guard([&] {
    check_map(out, "filling");
    switch (out->type) {
      case CK_FLOAT32: return fill(pool, View<float>(*out), value);
      case CK_BFLOAT16: return fill(pool, View<bf16>(*out), from_float<bf16>(value));
      case CK_UINT8:
        if (!(value >= 0 && value <= 255) || value != std::floor(value)) fail("filling: %g is no byte", double(value));
        return fill(pool, View<uint8_t>(*out), uint8_t(value));
    }
  });
}
