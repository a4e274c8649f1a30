// Arithmetic on single values; vectors run over channels. There is no include guard.

#include "simd/activation.hpp"
#include "simd/post.hpp"

template <ck_operator Op>
CK_INLINE Float operate(Float a, Float b) {
  if constexpr (Op == CK_ADD) return a + b;
  if constexpr (Op == CK_SUBTRACT) return a - b;
  if constexpr (Op == CK_MULTIPLY) return a * b;
  if constexpr (Op == CK_DIVIDE) return a / b;
  if constexpr (Op == CK_MAXIMUM) return vmax(a, b);
  if constexpr (Op == CK_MINIMUM) return vmin(a, b);
}

/// An operand. Its height, width and channels may each be 1 instead of the output's.
template <typename T>
struct Operand {
  const T *data;
  int64_t row, pixel;
  bool is_scalar;  // whether it has one channel for all

  Operand(const ck_map &map, const ck_map &out)
      : data(static_cast<const T *>(map.data)),
        row(map.height == 1 ? 0 : map.row),
        pixel(map.width == 1 ? 0 : map.pixel),
        is_scalar(map.channels == 1 && out.channels != 1) {}
  CK_INLINE Float get(const T *at, int c, int count) const {
    return is_scalar ? splat<kLanes>(to_float(*at)) : load_some(at + c, count);
  }
};

template <typename T, ck_operator Op>
CK_NOINLINE void binary_row(const Operand<T> &a, const T *from_a, const Operand<T> &b, const T *from_b, T *out,
                            int64_t out_pixel, int width, int channels, const RowPost<T> &post) {
  for (int x = 0; x < width; ++x, from_a += a.pixel, from_b += b.pixel, out += out_pixel) {
    each_vector(channels, [&](int c, int count) __attribute__((always_inline)) {
      Float value = operate<Op>(a.get(from_a, c, count), b.get(from_b, c, count));
      store_some(out + c, post.apply(value, x, c, count), count);
    });
  }
}

template <typename T, ck_operator Op>
void binary_map(ck_pool *pool, const ck_map &a_map, const ck_map &b_map, const ck_map &out_map, const Post &post) {
  Operand<T> a(a_map, out_map), b(b_map, out_map);
  View<T> out(out_map);
  int width = out.width, channels = out.channels;
  auto is_dense = [&](const ck_map &map) { return map.pixel == channels && map.width == width; };
  if (is_dense(a_map) && is_dense(b_map) && is_dense(out_map) && !a.is_scalar && !b.is_scalar &&
      post.activation.kind != CK_PRELU) {
    channels *= width;
    width = 1;
  }
  int pieces = piece_count(pool, out.height, double(out.height) * out.width * (out.channels * 0.12 + 1));
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = int(int64_t(index + 1) * out.height / pieces);
    for (int y = int(int64_t(index) * out.height / pieces); y < last; ++y) {
      binary_row<T, Op>(a, a.data + y * a.row, b, b.data + y * b.row, out.at(y, 0), out.pixel, width, channels,
                        RowPost<T>(post, y));
    }
  });
}

template <typename T>
void binary(ck_pool *pool, ck_operator op, const ck_map &a, const ck_map &b, const ck_map &out, const Post &post) {
  switch (op) {
    case CK_ADD: return binary_map<T, CK_ADD>(pool, a, b, out, post);
    case CK_SUBTRACT: return binary_map<T, CK_SUBTRACT>(pool, a, b, out, post);
    case CK_MULTIPLY: return binary_map<T, CK_MULTIPLY>(pool, a, b, out, post);
    case CK_DIVIDE: return binary_map<T, CK_DIVIDE>(pool, a, b, out, post);
    case CK_MAXIMUM: return binary_map<T, CK_MAXIMUM>(pool, a, b, out, post);
    case CK_MINIMUM: return binary_map<T, CK_MINIMUM>(pool, a, b, out, post);
  }
}

/// The scale, shift and slope of each channel, repeated over as many pixels as fill whole vectors.
struct AffineTables {
  const float *scale, *shift, *slopes;
  ck_activation_kind kind;
  float a, b;
};

template <typename From, typename To>
CK_NOINLINE void affine_run(const From *from, To *to, int count, const AffineTables &given) {
  // A copy, since stores might change what is given.
  const AffineTables tables = given;
  each_vector(count, [&](int c, int valid) __attribute__((always_inline)) {
    Float value = fma(load_some(from + c, valid), load<kLanes>(tables.scale + c), load<kLanes>(tables.shift + c));
    value = activate(tables.kind, tables.a, tables.b, load<kLanes>(tables.slopes + c), value);
    store_some(to + c, value, valid);
  });
}

template <typename From, typename To>
void affine(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, const float *scale, const float *shift,
            const ck_activation &activation) {
  View<const From> in(in_map);
  View<To> out(out_map);
  // If rows are dense and channels are few, several pixels are processed at a time.
  int group = in.pixel == in.channels && out.pixel == out.channels && in.channels % kLanes ? kLanes : 1;
  int run = in.channels * group, line = divide_up(run, kLanes) * kLanes;
  auto *values = static_cast<float *>(shared_scratch(pool, size_t(3) * line * sizeof(float)));
  AffineTables tables{values, values + line, values + 2 * line, activation.kind, activation.a, activation.b};
  for (int i = 0; i < line; ++i) {
    int c = i % in.channels;
    values[i] = scale ? scale[c] : 1;
    values[line + i] = shift ? shift[c] : 0;
    values[2 * line + i] = activation.kind == CK_PRELU ? activation.slopes[c] : 0;
  }
  int pieces = piece_count(pool, out.height, double(out.height) * out.width * (out.channels * 0.12 + 1));
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = int(int64_t(index + 1) * out.height / pieces);
    for (int y = int(int64_t(index) * out.height / pieces); y < last; ++y) {
      for (int x = 0; x < out.width; x += group) {
        affine_run(in.at(y, x), out.at(y, x), std::min(group, out.width - x) * in.channels, tables);
      }
    }
  });
}

template <typename From>
void affine_from(ck_pool *pool, const ck_map &in, const ck_map &out, const float *scale, const float *shift,
                 const ck_activation &activation) {
  if (out.type == CK_FLOAT32) return affine<From, float>(pool, in, out, scale, shift, activation);
  affine<From, bf16>(pool, in, out, scale, shift, activation);
}

/// Takes lanes of a and b alternately, from the first half of both or from the second.
template <int... Lane>
CK_INLINE Float zip(Float a, Float b, int half, std::integer_sequence<int, Lane...>) {
  if (half) return __builtin_shufflevector(a, b, (kLanes / 2 + Lane / 2 + Lane % 2 * kLanes)...);
  return __builtin_shufflevector(a, b, (Lane / 2 + Lane % 2 * kLanes)...);
}

template <typename T>
void interleave_channels(ck_pool *pool, const ck_map &a_map, const ck_map &b_map, const ck_map *scale,
                         const ck_map &out_map) {
  View<const T> a(a_map), b(b_map);
  View<T> out(out_map);
  auto *factors = scale ? static_cast<const T *>(scale->data) : nullptr;
  int pieces = piece_count(pool, out.height, double(out.height) * out.width * (out.channels * 0.12 + 1));
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    constexpr auto lanes = std::make_integer_sequence<int, kLanes>();
    int last = int(int64_t(index + 1) * out.height / pieces);
    for (int y = int(int64_t(index) * out.height / pieces); y < last; ++y) {
      for (int x = 0; x < out.width; ++x) {
        const T *even = a.at(y, x), *odd = b.at(y, x);
        T *to = out.at(y, x);
        each_vector(a.channels, [&](int c, int count) __attribute__((always_inline)) {
          Float first = load_some(even + c, count), second = load_some(odd + c, count);
          if (factors) second *= load_some(factors + c, count);
          store_some(to + 2 * c, zip(first, second, 0, lanes), std::min(2 * count, kLanes));
          if (2 * count > kLanes) store_some(to + 2 * c + kLanes, zip(first, second, 1, lanes), 2 * count - kLanes);
        });
      }
    }
  });
}

template <typename T>
void reduce_channels(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, ck_reduction reduction) {
  View<const T> in(in_map);
  View<T> out(out_map);
  int pieces = piece_count(pool, in.height, double(in.height) * in.width * (0.1 * in.channels + 5));
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    Int lanes;
    for (int i = 0; i < kLanes; ++i) lanes[i] = i;
    int last = int(int64_t(index + 1) * in.height / pieces);
    for (int y = int(int64_t(index) * in.height / pieces); y < last; ++y) {
      for (int x = 0; x < in.width; ++x) {
        const T *from = in.at(y, x);
        Float highest = splat<kLanes>(to_float(from[0])), sums = splat<kLanes>(0), squares = splat<kLanes>(0);
        each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
          // Lanes beyond the last channel are zeros.
          Float value = load_some(from + c, count);
          sums += value;
          squares = fma(value, value, squares);
          highest = vmax(count == kLanes ? value : (lanes < count ? value : highest), highest);
        });
        float result = 0;
        switch (reduction) {
          case CK_MEAN: result = total<kLanes>(sums) / in.channels; break;
          case CK_LARGEST: result = largest<kLanes>(highest); break;
          case CK_SUM: result = total<kLanes>(sums); break;
          case CK_NORM: result = std::sqrt(total<kLanes>(squares)); break;
        }
        *out.at(y, x) = from_float<T>(result);
      }
    }
  });
}

/// The largest of a row's channels. Several maxima run beside each other, so that none waits for the one before.
template <typename T>
CK_INLINE float largest_channel(const T *from, int channels) {
  Float highest[4];
  for (int i = 0; i < 4; ++i) highest[i] = splat<kLanes>(to_float(from[0]));
  int c = 0;
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes) {
    CK_UNROLL for (int i = 0; i < 4; ++i) highest[i] = vmax(load<kLanes>(from + c + i * kLanes), highest[i]);
  }
  Int lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = i;
  each_vector(channels - c, [&](int i, int count) __attribute__((always_inline)) {
    // Lanes beyond the last channel are zeros.
    Float value = load_some(from + c + i, count);
    highest[0] = vmax(count == kLanes ? value : (lanes < count ? value : highest[0]), highest[0]);
  });
  return largest<kLanes>(vmax(vmax(highest[0], highest[1]), vmax(highest[2], highest[3])));
}

template <typename T>
void softmax(ck_pool *pool, const ck_map &in_map, const ck_map &out_map) {
  View<const T> in(in_map);
  View<T> out(out_map);
  reserve_scratch(pool, (size_t(in.channels) + kLanes) * sizeof(float));
  // The work is divided by pixels, because a matrix is a map of one row.
  int64_t pixels = int64_t(out.height) * out.width;
  int pieces = piece_count(pool, pixels, double(pixels) * (out.channels + 10));
  parallel(pool, pieces, [&](int32_t index, int32_t thread) {
    auto *line = static_cast<float *>(scratch(pool, thread));
    Int lanes;
    for (int i = 0; i < kLanes; ++i) lanes[i] = i;
    int64_t last = (index + 1) * pixels / pieces;
    for (int64_t pixel = index * pixels / pieces; pixel < last; ++pixel) {
      const T *from = in.at(pixel / out.width, pixel % out.width);
      T *to = out.at(pixel / out.width, pixel % out.width);
      float top = largest_channel(from, in.channels);
      Float sums = splat<kLanes>(0);
      each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
        Float value = exponential(load_some(from + c, count) - top);
        sums += count == kLanes ? value : (lanes < count ? value : splat<kLanes>(0));
        store<kLanes>(line + c, value);
      });
      float scale = 1 / total<kLanes>(sums);
      each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
        store_some(to + c, load<kLanes>(line + c) * scale, count);
      });
    }
  });
}
