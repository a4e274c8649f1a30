// Bilinear and nearest resizing; vectors run over channels. There is no include guard.

#include "simd/activation.hpp"
#include "simd/post.hpp"

template <typename T>
CK_NOINLINE void bilinear_row(const T *top, const T *bottom, int64_t pixel, int channels, float weight,
                              const Sample *samples, int width, T *out, int64_t out_pixel, const RowPost<T> &post) {
  for (int x = 0; x < width; ++x) {
    Sample s = samples[x];
    const T *a = top + s.first * pixel, *b = top + s.second * pixel;
    const T *c = bottom + s.first * pixel, *d = bottom + s.second * pixel;
    Float wd = splat<kLanes>(weight * s.weight), wc = splat<kLanes>(weight * (1 - s.weight));
    Float wb = splat<kLanes>((1 - weight) * s.weight), wa = splat<kLanes>((1 - weight) * (1 - s.weight));
    T *to = out + x * out_pixel;
    each_vector(channels, [&](int i, int count) __attribute__((always_inline)) {
      Float value = load_some(a + i, count) * wa;
      value = fma(load_some(b + i, count), wb, value);
      value = fma(load_some(c + i, count), wc, value);
      value = fma(load_some(d + i, count), wd, value);
      store_some(to + i, post.apply(value, x, i, count), count);
    });
  }
}

template <typename T>
void resize_bilinear(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, bool align_corners, const Post &post,
                     ck_rows rows) {
  View<const T> in(in_map);
  View<T> out(out_map);
  auto *samples = static_cast<Sample *>(shared_scratch(pool, sizeof(Sample) * out.width));
  for (int x = 0; x < out.width; ++x) samples[x] = bilinear_sample(x, in.width, out.width, align_corners);
  int count = rows.end - rows.begin;
  int pieces = piece_count(pool, count, double(count) * out.width * (out.channels * 0.2 + 2));
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = rows.begin + int(int64_t(index + 1) * count / pieces);
    for (int y = rows.begin + int(int64_t(index) * count / pieces); y < last; ++y) {
      Sample s = bilinear_sample(y, in.height, out.height, align_corners);
      bilinear_row<T>(in.at(s.first, 0), in.at(s.second, 0), in.pixel, in.channels, s.weight, samples, out.width,
                      out.at(y, 0), out.pixel, RowPost<T>(post, y));
    }
  });
}

template <typename T>
void resize_nearest(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, const Post &post, ck_rows rows) {
  View<const T> in(in_map);
  View<T> out(out_map);
  auto source = [](int index, int from, int to) {
    return std::min(int(float(index) * (float(from) / float(to))), from - 1);
  };
  int count = rows.end - rows.begin;
  int pieces = piece_count(pool, count, double(count) * out.width * (out.channels * 0.15 + 2));
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = rows.begin + int(int64_t(index + 1) * count / pieces);
    for (int y = rows.begin + int(int64_t(index) * count / pieces); y < last; ++y) {
      RowPost<T> row(post, y);
      const T *line = in.at(source(y, in.height, out.height), 0);
      for (int x = 0; x < out.width; ++x) {
        const T *from = line + source(x, in.width, out.width) * in.pixel;
        T *to = out.at(y, x);
        each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
          store_some(to + c, row.apply(load_some(from + c, count), x, c, count), count);
        });
      }
    }
  });
}
