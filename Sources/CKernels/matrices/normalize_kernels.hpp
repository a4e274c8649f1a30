// Normalization by mean and variance. The variance is the mean of squared distances from the mean, in a second pass,
// because the difference of large squares would lose digits. There is no include guard.

#include "simd/activation.hpp"
#include "simd/post.hpp"

/// (x - mean) * factor * scale[c] + shift[c]. `scale` and `shift` may be NULL.
template <typename T>
CK_INLINE void write_normalized(const T *from, T *to, int channels, float mean, float factor, const float *scale,
                                const float *shift) {
  each_vector(channels, [&](int c, int count) __attribute__((always_inline)) {
    Float value = (load_some(from + c, count) - mean) * factor;
    if (scale) value *= load_some(scale + c, count);
    if (shift) value += load_some(shift + c, count);
    store_some(to + c, value, count);
  });
}

/// Normalizes each pixel by its own channels.
template <typename T>
void normalize_pixels(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, float epsilon, const float *scale,
                      const float *shift) {
  View<const T> in(in_map);
  View<T> out(out_map);
  int64_t pixels = int64_t(in.height) * in.width;
  int pieces = piece_count(pool, pixels, double(pixels) * (0.2 * in.channels + 10));
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    Int lanes;
    for (int i = 0; i < kLanes; ++i) lanes[i] = i;
    int64_t last = (index + 1) * pixels / pieces;
    for (int64_t pixel = index * pixels / pieces; pixel < last; ++pixel) {
      const T *from = in.at(pixel / in.width, pixel % in.width);
      Float sums = splat<kLanes>(0), squares = splat<kLanes>(0);
      each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
        sums += load_some(from + c, count);
      });
      float mean = total<kLanes>(sums) / in.channels;
      each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
        Float distance = load_some(from + c, count) - mean;
        if (count < kLanes) distance = lanes < count ? distance : splat<kLanes>(0);
        squares = fma(distance, distance, squares);
      });
      float factor = 1 / std::sqrt(total<kLanes>(squares) / in.channels + epsilon);
      write_normalized(from, out.at(pixel / in.width, pixel % in.width), in.channels, mean, factor, scale, shift);
    }
  });
}

/// Sums of the channels of all pixels, or of their squared distances from `means`, for one of several chunks of pixels.
template <typename T>
CK_NOINLINE void sum_chunk(const View<const T> &in, int64_t first, int64_t last, const float *means, float *sums) {
  std::memset(sums, 0, size_t(divide_up(in.channels, kLanes)) * kLanes * sizeof(float));
  for (int64_t pixel = first; pixel < last;) {
    int64_t y = pixel / in.width, end = std::min(last, (y + 1) * in.width);
    const T *line = in.at(y, pixel % in.width);
    each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
      // There are two partial sums, because with one each addition would wait for the one before.
      Float part[2] = {splat<kLanes>(0), splat<kLanes>(0)};
      Float mean = means ? load<kLanes>(means + c) : splat<kLanes>(0);
      const T *from = line + c;
      for (int64_t i = 0; i < end - pixel; ++i, from += in.pixel) {
        Float value = load_some(from, count);
        if (means) {
          value -= mean;
          part[i % 2] = fma(value, value, part[i % 2]);
        } else {
          part[i % 2] += value;
        }
      }
      store<kLanes>(sums + c, load<kLanes>(sums + c) + (part[0] + part[1]));
    });
    pixel = end;
  }
}

/// Normalizes each group of channels over all pixels. The pixels are cut into chunks by their number alone, so that
/// results do not depend on the number of threads.
template <typename T>
void normalize_groups(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, int groups, float epsilon,
                      const float *scale, const float *shift) {
  View<const T> in(in_map);
  View<T> out(out_map);
  int64_t pixels = int64_t(in.height) * in.width;
  int chunks = int(std::clamp<int64_t>(pixels / 256, 1, 64)), group = in.channels / groups;
  int64_t line = divide_up(in.channels, kLanes) * kLanes;
  auto *memory = static_cast<float *>(shared_scratch(pool, size_t(chunks + 3) * line * sizeof(float)));
  float *means = memory, *factors = means + line, *shifts = factors + line, *sums = shifts + line;
  std::memset(memory, 0, size_t(3) * line * sizeof(float));
  double cost = double(pixels) * in.channels * 0.1;
  auto each_piece = [&](int64_t items, const auto &body) {
    int pieces = piece_count(pool, items, cost);
    parallel(pool, pieces, [&](int32_t index, int32_t) { body(index * items / pieces, (index + 1) * items / pieces); });
  };
  // The mean over a group's channels and all pixels of what the chunks have summed.
  auto each_mean = [&](const float *given, const auto &body) {
    each_piece(chunks, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        sum_chunk<T>(in, i * pixels / chunks, (i + 1) * pixels / chunks, given, sums + i * line);
      }
    });
    for (int g = 0; g < groups; ++g) {
      double sum = 0;
      for (int i = 0; i < chunks; ++i) {
        for (int c = g * group; c < (g + 1) * group; ++c) sum += sums[i * line + c];
      }
      for (int c = g * group; c < (g + 1) * group; ++c) body(c, sum / (double(pixels) * group));
    }
  };
  each_mean(nullptr, [&](int c, double mean) { means[c] = float(mean); });
  each_mean(means, [&](int c, double variance) {
    factors[c] = float(1 / std::sqrt(variance + epsilon)) * (scale ? scale[c] : 1);
    shifts[c] = shift ? shift[c] : 0;
  });
  each_piece(pixels, [&](int64_t first, int64_t last) {
    for (int64_t pixel = first; pixel < last; ++pixel) {
      const T *from = in.at(pixel / in.width, pixel % in.width);
      T *to = out.at(pixel / in.width, pixel % in.width);
      each_vector(in.channels, [&](int c, int count) __attribute__((always_inline)) {
        Float value = load_some(from + c, count) - load<kLanes>(means + c);
        store_some(to + c, fma(value, load<kLanes>(factors + c), load<kLanes>(shifts + c)), count);
      });
    }
  });
}
