// Winograd's transforms of tiles. A scheme says what is done in one direction: with 1, nothing (the kernel's size is
// 1); with 2, 4 or 6, a tile has that many outputs of a kernel of size 3; with kHalving, it has four outputs of a
// kernel of size 3 with stride 2. There is no include guard.

/// With stride 2, even inputs and the outer taps form an F(4, 2); odd inputs are multiplied by the middle tap as they
/// are.
constexpr int kHalving = -4;

/// The number of outputs of a tile in one direction.
constexpr int winograd_outputs(int scheme) { return scheme == kHalving ? 4 : scheme; }
/// The number of inputs of a tile in one direction, which is also that of its points.
constexpr int winograd_points(int scheme) { return scheme == kHalving ? 9 : scheme == 1 ? 1 : scheme + 2; }

/// Transforms one line of inputs; x and y may not overlap.
template <int Scheme>
CK_INLINE void transform_line(const Float *x, Float *y) {
  if constexpr (Scheme == 1) {
    y[0] = x[0];
  } else if constexpr (Scheme == 2) {
    y[0] = x[0] - x[2];
    y[1] = x[1] + x[2];
    y[2] = x[2] - x[1];
    y[3] = x[1] - x[3];
  } else if constexpr (Scheme == 6) {
    Float a = splat<kLanes>(5.25f), b = splat<kLanes>(-4.25f), c = splat<kLanes>(-2.5f), two = splat<kLanes>(2);
    Float half = splat<kLanes>(0.5f), quarter = splat<kLanes>(0.25f);
    y[0] = fma(a, x[4] - x[2], x[0] - x[6]);
    y[7] = fma(a, x[3] - x[5], x[7] - x[1]);
    Float even = fma(b, x[4], x[2] + x[6]), odd = fma(b, x[3], x[1] + x[5]);
    y[1] = even + odd;
    y[2] = even - odd;
    even = fma(quarter, x[2], fma(splat<kLanes>(-1.25f), x[4], x[6]));
    odd = fma(half, x[1], fma(c, x[3], two * x[5]));
    y[3] = even + odd;
    y[4] = even - odd;
    even = fma(splat<kLanes>(4), x[2], fma(splat<kLanes>(-5), x[4], x[6]));
    odd = fma(two, x[1], fma(c, x[3], half * x[5]));
    y[5] = even + odd;
    y[6] = even - odd;
  } else if constexpr (Scheme == kHalving) {
    Float two = splat<kLanes>(2), outer = x[6] - x[2];
    y[0] = fma(two, x[0] - x[4], outer);
    y[1] = fma(-two, x[2], x[6] - x[4]);
    y[2] = fma(two, x[2], fma(splat<kLanes>(-3), x[4], x[6]));
    y[3] = outer;
    y[4] = fma(-two, outer, x[8] - x[4]);
    y[5] = x[1], y[6] = x[3], y[7] = x[5], y[8] = x[7];
  } else {
    static_assert(Scheme == 4);
    Float four = splat<kLanes>(4), five = splat<kLanes>(-5), two = splat<kLanes>(2);
    y[0] = fma(four, x[0], fma(five, x[2], x[4]));
    Float even = fma(-four, x[2], x[4]), odd = fma(-four, x[1], x[3]);
    y[1] = even + odd;
    y[2] = even - odd;
    even = x[4] - x[2], odd = x[3] - x[1];
    y[3] = fma(two, odd, even);
    y[4] = fma(-two, odd, even);
    y[5] = fma(four, x[1], fma(five, x[3], x[5]));
  }
}

/// Transforms one line of products back to outputs.
template <int Scheme, typename V>
CK_INLINE void restore_line(const V *x, V *y) {
  constexpr int N = sizeof(V) / 4;
  if constexpr (Scheme == 1) {
    y[0] = x[0];
  } else if constexpr (Scheme == 2) {
    y[0] = x[0] + x[1] + x[2];
    y[1] = x[1] - x[2] - x[3];
  } else if constexpr (Scheme == 6) {
    V s1 = x[1] + x[2], d1 = x[1] - x[2], s2 = x[3] + x[4], d2 = x[3] - x[4], s3 = x[5] + x[6], d3 = x[5] - x[6];
    y[0] = x[0] + s1 + s2 + s3;
    y[1] = fma(splat<N>(2), d2, fma(splat<N>(0.5f), d3, d1));
    y[2] = fma(splat<N>(4), s2, fma(splat<N>(0.25f), s3, s1));
    y[3] = fma(splat<N>(8), d2, fma(splat<N>(0.125f), d3, d1));
    y[4] = fma(splat<N>(16), s2, fma(splat<N>(0.0625f), s3, s1));
    y[5] = fma(splat<N>(32), d2, fma(splat<N>(0.03125f), d3, d1)) + x[7];
  } else if constexpr (Scheme == kHalving) {
    V sum = x[1] + x[2], difference = x[1] - x[2];
    y[0] = (x[0] + x[5]) + (sum + x[3]);
    y[1] = fma(splat<N>(2), x[3], difference) + x[6];
    y[2] = fma(splat<N>(4), x[3], sum) + x[7];
    y[3] = fma(splat<N>(8), x[3], difference) + (x[4] + x[8]);
  } else {
    static_assert(Scheme == 4);
    V s1 = x[1] + x[2], d1 = x[1] - x[2], s2 = x[3] + x[4], d2 = x[3] - x[4];
    y[0] = x[0] + s1 + s2;
    y[1] = fma(splat<N>(2), d2, d1);
    y[2] = fma(splat<N>(4), s2, s1);
    y[3] = fma(splat<N>(8), d2, d1) + x[5];
  }
}

/// Transforms a line of three weights.
template <int Scheme, typename V>
CK_INLINE void transform_weights(const V *w, V *u) {
  if constexpr (Scheme == 1) {
    u[0] = w[0];
  } else if constexpr (Scheme == kHalving) {
    u[0] = w[0] * 0.5f;
    u[1] = (w[0] + w[2]) * -0.5f;
    u[2] = (w[2] - w[0]) * (1 / 6.0f);
    u[3] = (w[0] + w[2] * 2.0f) * (1 / 6.0f);
    u[4] = w[2];
    u[5] = u[6] = u[7] = u[8] = w[1];
  } else if constexpr (Scheme == 2) {
    V outer = w[0] + w[2];
    u[0] = w[0];
    u[1] = (outer + w[1]) * 0.5f;
    u[2] = (outer - w[1]) * 0.5f;
    u[3] = w[2];
  } else if constexpr (Scheme == 6) {
    V outer = w[0] + w[2], far = w[0] + w[2] * 4.0f, near = w[0] * 4.0f + w[2];
    u[0] = w[0];
    u[1] = (outer + w[1]) * (-2 / 9.0f);
    u[2] = (outer - w[1]) * (-2 / 9.0f);
    u[3] = (far + w[1] * 2.0f) * (1 / 90.0f);
    u[4] = (far - w[1] * 2.0f) * (1 / 90.0f);
    u[5] = (near + w[1] * 2.0f) * (8 / 45.0f);
    u[6] = (near - w[1] * 2.0f) * (8 / 45.0f);
    u[7] = w[2];
  } else {
    static_assert(Scheme == 4);
    V outer = w[0] + w[2], far = w[0] + w[2] * 4.0f;
    u[0] = w[0] * 0.25f;
    u[1] = (outer + w[1]) * (-1 / 6.0f);
    u[2] = (outer - w[1]) * (-1 / 6.0f);
    u[3] = (far + w[1] * 2.0f) * (1 / 24.0f);
    u[4] = (far - w[1] * 2.0f) * (1 / 24.0f);
    u[5] = w[2];
  }
}

/// Transforms the weights of one input channel, `width` output channels for each tap, into one plane per point.
template <int High, int Wide, int N, typename T>
CK_NOINLINE void transform_taps(const T *taps, int width, float *planes, int64_t plane) {
  constexpr int rows = winograd_points(High), columns = winograd_points(Wide);
  constexpr int taps_high = High == 1 ? 1 : 3, taps_wide = Wide == 1 ? 1 : 3;
  for (int k = 0; k < width; k += N) {
    FloatN<N> middle[rows][taps_wide];
    CK_UNROLL for (int j = 0; j < taps_wide; ++j) {
      FloatN<N> line[taps_high], result[rows];
      CK_UNROLL for (int i = 0; i < taps_high; ++i) line[i] = load<N>(taps + (i * taps_wide + j) * width + k);
      transform_weights<High>(line, result);
      CK_UNROLL for (int i = 0; i < rows; ++i) middle[i][j] = result[i];
    }
    CK_UNROLL for (int i = 0; i < rows; ++i) {
      FloatN<N> result[columns];
      transform_weights<Wide>(middle[i], result);
      CK_UNROLL for (int j = 0; j < columns; ++j) store<N>(planes + (i * columns + j) * plane + k, result[j]);
    }
  }
}

/// Transforms all channels of one tile of inputs into one plane per point. Neighbouring inputs are `row` and `pixel`
/// elements apart. In the planes channels are padded to whole vectors.
template <int High, int Wide, typename T>
CK_NOINLINE void transform_tile(const T *in, int64_t row, int64_t pixel, int channels, float *planes, int64_t plane) {
  constexpr int rows = winograd_points(High), columns = winograd_points(Wide);
  for (int c = 0; c < channels; c += kLanes) {
    Float middle[rows][columns];
    bool is_whole = c + kLanes <= channels;
  CK_UNROLL for (int j = 0; j < columns; ++j) {
      Float line[rows], result[rows];
      if (is_whole) {
        CK_UNROLL for (int i = 0; i < rows; ++i) line[i] = load<kLanes>(in + i * row + j * pixel + c);
      } else {
        CK_UNROLL for (int i = 0; i < rows; ++i) line[i] = load<kLanes>(in + i * row + j * pixel + c, channels - c);
      }
      transform_line<High>(line, result);
      CK_UNROLL for (int i = 0; i < rows; ++i) middle[i][j] = result[i];
    }
    CK_UNROLL for (int i = 0; i < rows; ++i) {
      Float result[columns];
      transform_line<Wide>(middle[i], result);
      CK_UNROLL for (int j = 0; j < columns; ++j) store<kLanes>(planes + (i * columns + j) * plane + c, result[j]);
    }
  }
}

/// The memory for the outputs of a tile.
template <typename T>
struct TileOutput {
  T *out;
  const T *residual;
  int64_t row, pixel, residual_row, residual_pixel;
  int high, wide;  // the numbers of valid outputs
};

/// Transforms one tile back for `vectors` vectors of output channels, `count` channels of which are valid, and applies
/// bias, residual and activation.
template <int High, int Wide, int N, typename T>
CK_NOINLINE void restore_tile(const float *planes, int64_t plane, int vectors, int count, const float *bias,
                              const float *slopes, const Epilogue &epilogue, const TileOutput<T> &to) {
  constexpr int rows = winograd_points(High), columns = winograd_points(Wide);
  constexpr int outputs_high = winograd_outputs(High), outputs_wide = winograd_outputs(Wide);
  for (int v = 0; v < vectors; ++v) {
    int valid = count - v * N < N ? count - v * N : N;
    if (valid <= 0) break;
    FloatN<N> middle[outputs_high][columns], results[outputs_high][outputs_wide];
    CK_UNROLL for (int j = 0; j < columns; ++j) {
      FloatN<N> line[rows], result[outputs_high];
      CK_UNROLL for (int i = 0; i < rows; ++i) line[i] = load<N>(planes + (i * columns + j) * plane + v * N);
      restore_line<High>(line, result);
      CK_UNROLL for (int i = 0; i < outputs_high; ++i) middle[i][j] = result[i];
    }
    CK_UNROLL for (int i = 0; i < outputs_high; ++i) restore_line<Wide>(middle[i], results[i]);
    FloatN<N> offset = load<N>(bias + v * N), slope = load<N>(slopes + v * N);
    FloatN<N> low = splat<N>(epilogue.low), high = splat<N>(epilogue.high);
    for (int i = 0; i < to.high; ++i) {
      for (int j = 0; j < to.wide; ++j) {
        FloatN<N> x = results[i][j] + offset, r = splat<N>(0);
        if (to.residual) {
          const T *from = to.residual + i * to.residual_row + j * to.residual_pixel + v * N;
          r = valid == N ? load<N>(from) : load<N>(from, valid);
          if (!epilogue.residual_after) x += r;
        }
        if (epilogue.is_simple && !epilogue.has_slope) {
          x = vmin(vmax(x, low), high);
        } else {
          x = activate(epilogue.kind, epilogue.a, epilogue.b, slope, x);
        }
        if (epilogue.residual_after) x += r;
        T *out = to.out + i * to.row + j * to.pixel + v * N;
        valid == N ? store<N>(out, x) : store<N>(out, x, valid);
      }
    }
  }
}
