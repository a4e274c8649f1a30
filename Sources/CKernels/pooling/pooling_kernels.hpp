// Pooling; vectors run over channels. There is no include guard.

#include "simd/activation.hpp"
#include "simd/post.hpp"

/// The input rows and columns of one output, at steps, and the factor of sums.
struct PoolArea {
  int top, bottom, left, right, step_y, step_x;
  float scale;
};

template <typename T>
CK_NOINLINE void max_area(const View<const T> &in, const PoolArea &a, T *out, int32_t *indices) {
  each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
    Float best = splat<kLanes>(-std::numeric_limits<float>::infinity());
    Int where = (Int)(a.top * in.width + a.left);
    for (int y = a.top; y < a.bottom; y += a.step_y) {
      const T *from = in.at(y, 0) + c;
      if (indices) {
        for (int x = a.left; x < a.right; x += a.step_x) {
          Float value = load_some(from + x * in.pixel, count);
          where = value > best ? (Int)(y * in.width + x) : where;
          best = value > best ? value : best;
        }
      } else {
        for (int x = a.left; x < a.right; x += a.step_x) best = vmax(load_some(from + x * in.pixel, count), best);
      }
    }
    store_some(out + c, best, count);
    if (indices) {
      int32_t copy[kLanes];
      __builtin_memcpy(copy, &where, sizeof copy);
      for (int i = 0; i < count; ++i) indices[c + i] = copy[i];
    }
  });
}

template <int Count>
CK_INLINE void max_bytes(const View<const uint8_t> &in, const PoolArea &a, int channel, uint8_t *out) {
  typedef uint8_t Bytes __attribute__((ext_vector_type(Count)));
  Bytes best = (Bytes)(0);
  for (int y = a.top; y < a.bottom; y += a.step_y) {
    for (int x = a.left; x < a.right; x += a.step_x) {
      Bytes value;
      __builtin_memcpy(&value, in.at(y, x) + channel, sizeof value);
      best = __builtin_elementwise_max(best, value);
    }
  }
  __builtin_memcpy(out + channel, &best, sizeof best);
}

/// Finds the largest bytes, compared as bytes.
CK_NOINLINE inline void max_area_bytes(const View<const uint8_t> &in, const PoolArea &a, uint8_t *out) {
  int c = 0;
  for (; c + 64 <= in.channels; c += 64) max_bytes<64>(in, a, c, out);
  for (; c + 16 <= in.channels; c += 16) max_bytes<16>(in, a, c, out);
  if (c < in.channels && in.channels >= 16) {
    // The last vector overlaps the one before, so some channels are computed twice.
    max_bytes<16>(in, a, in.channels - 16, out);
  } else {
    for (; c < in.channels; ++c) max_bytes<1>(in, a, c, out);
  }
}

template <typename T, typename To>
CK_NOINLINE void average_area(const View<const T> &in, const PoolArea &a, To *out) {
  each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
    Float sum = splat<kLanes>(0);
    for (int y = a.top; y < a.bottom; ++y) {
      const T *from = in.at(y, 0) + c;
      // Each row has its own sum. That shortens the chains of additions and makes errors over whole maps smaller.
      Float line = splat<kLanes>(0);
      for (int x = a.left; x < a.right; ++x) line += load_some(from + x * in.pixel, count);
      sum += line;
    }
    store_some(out + c, sum * a.scale, count);
  });
}

/// The positions of a window in one direction: `first` and every `step`-th one before `last`, and the number by which
/// an average divides.
struct PoolSpan {
  int first, last, count;
};

inline PoolSpan window_span(int start, int kernel, int dilation, int size, bool counts_padding, int pad_after) {
  PoolSpan span{start < 0 ? start + divide_up(-start, dilation) * dilation : start,
                std::min(start + (kernel - 1) * dilation + 1, size), 0};
  span.count = counts_padding ? std::min(start + kernel, size + pad_after) - start : std::max(0, span.last - span.first);
  return span;
}

inline PoolArea adaptive_area(int y, int x, int height, int width, int out_height, int out_width) {
  auto first = [](int i, int in, int out) { return int(int64_t(i) * in / out); };
  auto last = [](int i, int in, int out) { return int((int64_t(i + 1) * in + out - 1) / out); };
  PoolArea a{first(y, height, out_height),
             last(y, height, out_height),
             first(x, width, out_width),
             last(x, width, out_width),
             1,
             1,
             1};
  a.scale = 1.0f / (float(a.bottom - a.top) * float(a.right - a.left));
  return a;
}

/// Computes one output of a pooling.
template <typename T, typename To>
CK_INLINE void pool_area(const View<const T> &in, const PoolArea &area, bool is_max, To *out, int32_t *indices) {
  if (!is_max) return average_area<T, To>(in, area, out);
  if constexpr (std::is_same_v<T, To>) {
    if constexpr (std::is_same_v<T, uint8_t>) {
      if (!indices) return max_area_bytes(in, area, out);
    }
    max_area<T>(in, area, out, indices);
  }
}

/// Images and maps of image channels have so few channels that a vector of one pixel's is mostly empty.
constexpr int kFewChannels = 4;

/// Pools columns first ..< last of one row, for maps of at most kFewChannels channels whose pixels follow each other
/// without gaps: the rows under the window are joined in full vectors before its columns are.
/// `line` holds a row of the input and a vector more.
template <typename T, bool IsMax>
CK_NOINLINE void pool_few_channels(const View<const T> &in, const View<T> &out, const ck_window &w, int y, int first,
                                   int last, float *line) {
  auto columns = [&](int x) {
    return window_span(x * w.stride_width - w.pad_left, w.kernel_width, w.dilation_width, in.width,
                       w.count_include_pad, w.pad_right);
  };
  auto join = [](auto a, auto b) { return IsMax ? vmax(a, b) : a + b; };
  constexpr float kNothing = IsMax ? -std::numeric_limits<float>::infinity() : 0;
  PoolSpan high = window_span(y * w.stride_height - w.pad_top, w.kernel_height, w.dilation_height, in.height,
                              w.count_include_pad, w.pad_bottom);
  int end = columns(last - 1).last * in.channels;
  for (int i = columns(first).first * in.channels; i < end; i += kLanes) {
    Float joined = splat<kLanes>(kNothing);
    for (int row = high.first; row < high.last; row += w.dilation_height) {
      joined = join(load_some(in.at(row, 0) + i, std::min(kLanes, end - i)), joined);
    }
    store<kLanes>(line + i, joined);
  }
  for (int x = first; x < last; ++x) {
    PoolSpan wide = columns(x);
    FloatN<kFewChannels> joined = splat<kFewChannels>(kNothing);
    for (int column = wide.first; column < wide.last; column += w.dilation_width) {
      joined = join(load<kFewChannels>(line + column * in.channels), joined);
    }
    if (!IsMax) joined *= 1.0f / float(std::max(1, high.count * wide.count));
    store<kFewChannels>(out.at(y, x), joined, in.channels);
  }
}

/// Pools a map. `window` is NULL for adaptive pooling.
template <typename T, typename To = T>
void pool_map(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, const ck_window *window, bool is_max,
              int32_t *indices) {
  View<const T> in(in_map);
  View<To> out(out_map);
  double reads = window ? double(window->kernel_height) * window->kernel_width
                        : double(in.height) * in.width / out.height / out.width;
  ck_rows rows = window && window->rows.end ? window->rows : ck_rows{0, out.height};
  double cost = double(rows.end - rows.begin) * out.width * (5 + out.channels * (reads * 0.04 + 0.1));
  // The work is divided by pixels, because the outputs of adaptive pooling may have few rows.
  int first = rows.begin * out.width, pixels = (rows.end - rows.begin) * out.width;
  int pieces = piece_count(pool, pixels, cost);
  bool has_few_channels = window && !indices && in.channels <= kFewChannels && in.pixel == in.channels;
  if (has_few_channels) reserve_scratch(pool, (size_t(in.width) * in.channels + kLanes) * sizeof(float));
  parallel(pool, pieces, [&](int32_t index, [[maybe_unused]] int32_t thread) {
    int pixel = first + int(int64_t(index) * pixels / pieces);
    int last = first + int(int64_t(index + 1) * pixels / pieces);
    while (pixel < last) {
      int y = pixel / out.width, x = pixel % out.width, end = std::min(out.width, x + last - pixel);
      int32_t *where = indices ? indices + int64_t(pixel) * in.channels : nullptr;
      pixel += end - x;
      auto next = [&] { return std::exchange(where, where ? where + in.channels : nullptr); };
      if (!window) {
        for (; x < end; ++x) {
          PoolArea area = adaptive_area(y, x, in.height, in.width, out.height, out.width);
          pool_area<T, To>(in, area, is_max, out.at(y, x), next());
        }
        continue;
      }
      const ck_window &w = *window;
      if constexpr (std::is_same_v<T, To> && !std::is_same_v<T, uint8_t>) {
        if (has_few_channels) {
          auto *line = static_cast<float *>(scratch(pool, thread));
          (is_max ? pool_few_channels<T, true> : pool_few_channels<T, false>)(in, out, w, y, x, end, line);
          continue;
        }
      }
      PoolSpan high = window_span(y * w.stride_height - w.pad_top, w.kernel_height, w.dilation_height, in.height,
                                  w.count_include_pad, w.pad_bottom);
      PoolArea area{high.first, high.last, 0, 0, w.dilation_height, w.dilation_width, 1};
      for (int count = -1; x < end; ++x) {
        PoolSpan wide = window_span(x * w.stride_width - w.pad_left, w.kernel_width, w.dilation_width, in.width,
                                    w.count_include_pad, w.pad_right);
        area.left = wide.first, area.right = wide.last;
        if (wide.count != count) count = wide.count, area.scale = 1.0f / float(std::max(1, high.count * count));
        pool_area<T, To>(in, area, is_max, out.at(y, x), next());
      }
    }
  });
}

/// Computes adaptive averages of bytes, as floats.
template <typename To>
void pool_bytes(ck_pool *pool, const ck_map &in, const ck_map &out) {
  pool_map<uint8_t, To>(pool, in, out, nullptr, false, nullptr);
}

/// Computes the mean of a map in two steps for several threads: sums of bands of rows first, then their sum.
template <typename T, typename To = T>
void global_mean(ck_pool *pool, const ck_map &in_map, const ck_map &out_map) {
  View<const T> in(in_map);
  View<To> out(out_map);
  int bands = piece_count(pool, in.height, double(in.height) * in.width * in.channels * 0.06);
  int64_t line = divide_up(in.channels, kLanes) * kLanes;
  auto *sums = static_cast<float *>(shared_scratch(pool, size_t(bands) * line * sizeof(float)));
  parallel(pool, bands, [&](int32_t index, int32_t) {
    float *own = sums + index * line;
    std::memset(own, 0, line * sizeof(float));
    int last = int(int64_t(index + 1) * in.height / bands);
    for (int y = int(int64_t(index) * in.height / bands); y < last; ++y) {
      each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
        // There are four partial sums, because with one each addition would wait for the one before.
        Float part[4] = {splat<kLanes>(0), splat<kLanes>(0), splat<kLanes>(0), splat<kLanes>(0)};
        const T *from = in.at(y, 0) + c;
        int x = 0;
        for (; x + 4 <= in.width; x += 4) {
  CK_UNROLL for (int i = 0; i < 4; ++i) part[i] += load_some(from + (x + i) * in.pixel, count);
        }
        for (; x < in.width; ++x) part[0] += load_some(from + x * in.pixel, count);
        store<kLanes>(own + c, load<kLanes>(own + c) + ((part[0] + part[1]) + (part[2] + part[3])));
      });
    }
  });
  float scale = 1.0f / (float(in.height) * float(in.width));
  each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
    Float sum = splat<kLanes>(0);
    for (int band = 0; band < bands; ++band) sum += load<kLanes>(sums + band * line + c);
    store_some(out.data + c, sum * scale, count);
  });
}

template <typename To>
void global_mean_of_quantized(ck_pool *pool, const ck_map &in, const ck_map &out) {
  global_mean<uint8_t, To>(pool, in, out);
}

/// The first position outside an output of `size` pixels, or -1.
inline int64_t outside_position(ck_pool *pool, const int32_t *indices, int64_t count, int64_t size) {
  std::atomic<int64_t> found{-1};
  int pieces = piece_count(pool, count, double(count) * 0.1);
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int64_t first = index * count / pieces, last = (index + 1) * count / pieces;
    // As an unsigned number, a negative one is larger than any size.
    uint32_t highest = 0;
    for (int64_t i = first; i < last; ++i) highest = std::max(highest, uint32_t(indices[i]));
    if (highest < uint64_t(size)) return;
    while (uint32_t(indices[first]) < uint64_t(size)) ++first;
    found.store(first, std::memory_order_relaxed);
  });
  return found.load(std::memory_order_relaxed);
}

template <typename T>
void max_unpool(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, const int32_t *indices, int fill) {
  View<const T> in(in_map);
  View<T> out(out_map);
  int64_t size = int64_t(out.height) * out.width;
  int64_t outside = outside_position(pool, indices, int64_t(in.height) * in.width * in.channels, size);
  if (outside >= 0) {
    fail("max unpooling: position %d, of element %lld, lies outside the output of %dx%d", indices[outside],
         static_cast<long long>(outside), out.height, out.width);
  }
  // There are two steps, because a value may go to any place.
  int pieces = piece_count(pool, out.height, double(size) * out.channels * 0.05);
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = int(int64_t(index + 1) * out.height / pieces);
    for (int y = int(int64_t(index) * out.height / pieces); y < last; ++y) {
      for (int x = 0; x < out.width; ++x) {
        std::memset(static_cast<void *>(out.at(y, x)), fill, out.channels * sizeof(T));
      }
    }
  });
  pieces = piece_count(pool, in.height, double(in.height) * in.width * in.channels);
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = int(int64_t(index + 1) * in.height / pieces);
    for (int y = int(int64_t(index) * in.height / pieces); y < last; ++y) {
      for (int x = 0; x < in.width; ++x) {
        const int32_t *from = indices + (int64_t(y) * in.width + x) * in.channels;
        for (int c = 0; c < in.channels; ++c) {
          out.at(from[c] / out.width, from[c] % out.width)[c] = in.at(y, x)[c];
        }
      }
    }
  });
}
