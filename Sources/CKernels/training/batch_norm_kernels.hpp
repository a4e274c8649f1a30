// Batch normalization in training. There is no include guard.
//
// The loops that change values go through memory in order. Sums are made over blocks of pixels: within a block, up to
// four vectors of channels at a time are added in float32; the sums of blocks are added in float64.

template <bool kIsFull, typename T>
CK_INLINE Float load_lanes(const T *from, int count) {
  if constexpr (kIsFull) return load<kLanes>(from);
  return load<kLanes>(from, count);
}

/// Calls body(first pixel, number of pixels, first channel) for each block of pixels. `body` chooses how many vectors
/// of channels it processes and returns the number of channels; it is called again for the rest.
template <typename Body>
CK_INLINE void for_blocks(const NormalizedBatch &batch, Pixels part, const Body &body) {
  int64_t block = std::min<int64_t>(1024, std::max<int64_t>(16, 16384 / batch.channels));
  for (int64_t p = part.begin; p < part.end; p += block) {
    for (int64_t c = 0; c < batch.channels;) c += body(p, std::min(block, part.end - p), c);
  }
}

/// Calls body(std::true_type, index of the first value, channel, kLanes) for each full vector of each pixel, in the
/// order of memory, and body(std::false_type, ...) for the channels that do not fill a vector.
template <typename Body>
CK_INLINE void for_values(const NormalizedBatch &batch, Pixels part, const Body &body) {
  int64_t channels = batch.channels, full = channels / kLanes * kLanes;
  int rest = int(channels - full);
  for (int64_t p = part.begin; p < part.end; ++p) {
    for (int64_t c = 0; c < full; c += kLanes) body(std::true_type(), p * channels + c, c, kLanes);
    if (rest > 0) body(std::false_type(), p * channels + full, full, rest);
  }
}

/// Computes the means of kVectors vectors of channels, and the sums of squared differences from them. Several partial
/// sums are kept for each, so that an addition does not have to wait for the one before.
template <int kVectors, bool kIsFull, typename T>
CK_NOINLINE void block_statistics(const T *x, int64_t pixels, int64_t stride, int lanes, Float *means, Float *squares) {
  constexpr int kSums = 4 / kVectors;
  Float sums[kVectors][kSums];
  auto clear = [&] {
    for (int v = 0; v < kVectors; ++v) {
      for (int s = 0; s < kSums; ++s) sums[v][s] = splat<kLanes>(0);
    }
  };
  auto total = [&](int v) {
    Float result = sums[v][0];
    for (int s = 1; s < kSums; ++s) result += sums[v][s];
    return result;
  };
  clear();
  int64_t even = pixels / kSums * kSums;
  for (int64_t p = 0; p < even; p += kSums) {
    CK_UNROLL for (int s = 0; s < kSums; ++s) {
      CK_UNROLL for (int v = 0; v < kVectors; ++v) {
        sums[v][s] += load_lanes<kIsFull>(x + (p + s) * stride + v * kLanes, lanes);
      }
    }
  }
  for (int64_t p = even; p < pixels; ++p) {
    CK_UNROLL for (int v = 0; v < kVectors; ++v) sums[v][0] += load_lanes<kIsFull>(x + p * stride + v * kLanes, lanes);
  }
  Float mean[kVectors];
  for (int v = 0; v < kVectors; ++v) means[v] = mean[v] = total(v) / float(pixels);
  clear();
  for (int64_t p = 0; p < even; p += kSums) {
    CK_UNROLL for (int s = 0; s < kSums; ++s) {
      CK_UNROLL for (int v = 0; v < kVectors; ++v) {
        Float difference = load_lanes<kIsFull>(x + (p + s) * stride + v * kLanes, lanes) - mean[v];
        sums[v][s] = fma(difference, difference, sums[v][s]);
      }
    }
  }
  for (int64_t p = even; p < pixels; ++p) {
    CK_UNROLL for (int v = 0; v < kVectors; ++v) {
      Float difference = load_lanes<kIsFull>(x + p * stride + v * kLanes, lanes) - mean[v];
      sums[v][0] = fma(difference, difference, sums[v][0]);
    }
  }
  for (int v = 0; v < kVectors; ++v) squares[v] = total(v);
}

/// The number of vectors to process at a time from channel `c` on; 0 for less than a vector.
inline int vectors_at(int64_t c, int64_t channels) {
  int64_t left = channels - c;
  return left >= 4 * kLanes ? 4 : left >= 2 * kLanes ? 2 : left >= kLanes ? 1 : 0;
}

template <typename T>
void statistics_of(const NormalizedBatch &batch, Pixels part, const T *x, double *means, double *squares) {
  int64_t channels = batch.channels;
  for_blocks(batch, part, [&](int64_t p, int64_t count, int64_t c) {
    int vectors = vectors_at(c, channels), taken = vectors > 0 ? vectors * kLanes : int(channels - c);
    auto statistics = vectors == 4   ? block_statistics<4, true, T>
                      : vectors == 2 ? block_statistics<2, true, T>
                      : vectors == 1 ? block_statistics<1, true, T>
                                     : block_statistics<1, false, T>;
    Float block_means[4], block_squares[4];
    statistics(x + p * channels + c, count, channels, taken, block_means, block_squares);
    float mean[4 * kLanes], square[4 * kLanes];
    std::memcpy(mean, block_means, sizeof mean);
    std::memcpy(square, block_squares, sizeof square);
    double before = double(p - part.begin), share = double(count) / (before + double(count));
    if (before == 0) std::fill_n(means + c, taken, 0.0), std::fill_n(squares + c, taken, 0.0);
    for (int i = 0; i < taken; ++i) {
      double difference = double(mean[i]) - means[c + i];
      means[c + i] += difference * share;
      squares[c + i] += double(square[i]) + difference * difference * before * share;
    }
    return taken;
  });
}

template <typename T>
CK_NOINLINE void clamped(const NormalizedBatch &batch, Pixels part, const T *x, const float *scales,
                         const float *shifts, float low, float high, T *y) {
  Float lowest = splat<kLanes>(low), highest = splat<kLanes>(high);
  for_values(batch, part, [&](auto is_full, int64_t at, int64_t c, int lanes) __attribute__((always_inline)) {
    constexpr bool kIsFull = decltype(is_full)::value;
    Float v = fma(load_lanes<kIsFull>(x + at, lanes), load_lanes<kIsFull>(scales + c, lanes),
                  load_lanes<kIsFull>(shifts + c, lanes));
    // A NaN stays a NaN.
    v = v < lowest ? lowest : v;
    v = v > highest ? highest : v;
    if constexpr (kIsFull) {
      store<kLanes>(y + at, v);
    } else {
      store<kLanes>(y + at, v, lanes);
    }
  });
}

/// The gradient that passes through a clamp: 0 if the value was clamped.
CK_INLINE Float passed(Float value, Float gradient, Float low, Float high) {
  Int is_clamped = (value <= low) | (value >= high);
  return is_clamped ? splat<kLanes>(0) : gradient;
}

/// Computes the gradient sums of kVectors vectors of channels over a block of pixels.
template <int kVectors, bool kIsFull, typename T>
CK_NOINLINE void block_gradient_sums(const T *x, const T *gradient, int64_t pixels, int64_t stride, int lanes,
                                     const float *scales, const float *shifts, const float *means, float low,
                                     float high, Float *sums, Float *products) {
  Float scale[kVectors], shift[kVectors], mean[kVectors], sum[kVectors], product[kVectors];
  Float lowest = splat<kLanes>(low), highest = splat<kLanes>(high);
  for (int v = 0; v < kVectors; ++v) {
    scale[v] = load_lanes<kIsFull>(scales + v * kLanes, lanes);
    shift[v] = load_lanes<kIsFull>(shifts + v * kLanes, lanes);
    mean[v] = load_lanes<kIsFull>(means + v * kLanes, lanes);
    sum[v] = product[v] = splat<kLanes>(0);
  }
  for (int64_t p = 0; p < pixels; ++p) {
    CK_UNROLL for (int v = 0; v < kVectors; ++v) {
      int64_t at = p * stride + v * kLanes;
      Float value = load_lanes<kIsFull>(x + at, lanes);
      Float g = passed(fma(value, scale[v], shift[v]), load_lanes<kIsFull>(gradient + at, lanes), lowest, highest);
      sum[v] += g;
      product[v] = fma(g, value - mean[v], product[v]);
    }
  }
  for (int v = 0; v < kVectors; ++v) sums[v] = sum[v], products[v] = product[v];
}

template <typename T>
void sums_of_gradient(const NormalizedBatch &batch, Pixels part, const T *x, const T *gradient, const float *scales,
                      const float *shifts, const float *means, float low, float high, double *sums, double *products) {
  int64_t channels = batch.channels;
  for_blocks(batch, part, [&](int64_t p, int64_t count, int64_t c) {
    int vectors = vectors_at(c, channels), taken = vectors > 0 ? vectors * kLanes : int(channels - c);
    auto gradient_sums = vectors == 4   ? block_gradient_sums<4, true, T>
                         : vectors == 2 ? block_gradient_sums<2, true, T>
                         : vectors == 1 ? block_gradient_sums<1, true, T>
                                        : block_gradient_sums<1, false, T>;
    Float block_sums[4], block_products[4];
    gradient_sums(x + p * channels + c, gradient + p * channels + c, count, channels, taken, scales + c, shifts + c,
                  means + c, low, high, block_sums, block_products);
    float sum[4 * kLanes], product[4 * kLanes];
    std::memcpy(sum, block_sums, sizeof sum);
    std::memcpy(product, block_products, sizeof product);
    if (p == part.begin) std::fill_n(sums + c, taken, 0.0), std::fill_n(products + c, taken, 0.0);
    for (int i = 0; i < taken; ++i) sums[c + i] += double(sum[i]), products[c + i] += double(product[i]);
    return taken;
  });
}

template <typename T>
CK_NOINLINE void input_gradient(const NormalizedBatch &batch, Pixels part, const T *x, const T *gradient,
                                const float *scales, const float *shifts, const float *means, const float *factors,
                                const float *slopes, const float *offsets, float low, float high, T *out) {
  Float lowest = splat<kLanes>(low), highest = splat<kLanes>(high);
  for_values(batch, part, [&](auto is_full, int64_t at, int64_t c, int lanes) __attribute__((always_inline)) {
    constexpr bool kIsFull = decltype(is_full)::value;
    auto of_channel = [&](const float *row) __attribute__((always_inline)) {
      return load_lanes<kIsFull>(row + c, lanes);
    };
    Float value = load_lanes<kIsFull>(x + at, lanes);
    Float g = passed(fma(value, of_channel(scales), of_channel(shifts)), load_lanes<kIsFull>(gradient + at, lanes),
                     lowest, highest);
    Float result = fma(g, of_channel(factors), fma(value - of_channel(means), of_channel(slopes), of_channel(offsets)));
    if constexpr (kIsFull) {
      store<kLanes>(out + at, result);
    } else {
      store<kLanes>(out + at, result, lanes);
    }
  });
}
