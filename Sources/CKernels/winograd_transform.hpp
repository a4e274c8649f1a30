// Winograd's transforms of tiles, for kernels of 3 (or 1: none) in each direction. No include guard.

/// Points that a tile of `outputs` has in one direction.
constexpr int winograd_points(int outputs) { return outputs == 1 ? 1 : outputs + 2; }

/// The transform of one line of inputs; x and y may not overlap.
template <int Outputs>
CK_INLINE void transform_line(const Float *x, Float *y) {
  if constexpr (Outputs == 1) {
    y[0] = x[0];
  } else if constexpr (Outputs == 2) {
    y[0] = x[0] - x[2];
    y[1] = x[1] + x[2];
    y[2] = x[2] - x[1];
    y[3] = x[1] - x[3];
  } else {
    static_assert(Outputs == 4);
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

/// The inverse transform of one line.
template <int Outputs, typename V>
CK_INLINE void restore_line(const V *x, V *y) {
  constexpr int N = sizeof(V) / 4;
  if constexpr (Outputs == 1) {
    y[0] = x[0];
  } else if constexpr (Outputs == 2) {
    y[0] = x[0] + x[1] + x[2];
    y[1] = x[1] - x[2] - x[3];
  } else {
    static_assert(Outputs == 4);
    V s1 = x[1] + x[2], d1 = x[1] - x[2], s2 = x[3] + x[4], d2 = x[3] - x[4];
    y[0] = x[0] + s1 + s2;
    y[1] = fma(splat<N>(2), d2, d1);
    y[2] = fma(splat<N>(4), s2, s1);
    y[3] = fma(splat<N>(8), d2, d1) + x[5];
  }
}

/// The transform of three weights.
template <int Outputs>
void transform_weights(const double *w, double *u) {
  if constexpr (Outputs == 1) {
    u[0] = w[0];
  } else if constexpr (Outputs == 2) {
    u[0] = w[0];
    u[1] = (w[0] + w[1] + w[2]) / 2;
    u[2] = (w[0] - w[1] + w[2]) / 2;
    u[3] = w[2];
  } else {
    u[0] = w[0] / 4;
    u[1] = -(w[0] + w[1] + w[2]) / 6;
    u[2] = -(w[0] - w[1] + w[2]) / 6;
    u[3] = w[0] / 24 + w[1] / 12 + w[2] / 6;
    u[4] = w[0] / 24 - w[1] / 12 + w[2] / 6;
    u[5] = w[2];
  }
}

/// All channels of one tile of inputs, `row` and `pixel` elements between its neighbours, into one plane a point.
/// Channels are padded to whole vectors in the planes.
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

/// Where the outputs of one tile go.
template <typename T>
struct TileOutput {
  T *out;
  const T *residual;
  int64_t row, pixel, residual_row, residual_pixel;
  int high, wide;  // valid outputs
};

/// The inverse transform of one tile for `vectors` vectors of output channels, `count` of them valid, with epilogue.
template <int High, int Wide, int N, typename T>
CK_NOINLINE void restore_tile(const float *planes, int64_t plane, int vectors, int count, const float *bias,
                              const float *slopes, const Epilogue &epilogue, const TileOutput<T> &to) {
  constexpr int rows = winograd_points(High), columns = winograd_points(Wide);
  for (int v = 0; v < vectors; ++v) {
    int valid = count - v * N < N ? count - v * N : N;
    if (valid <= 0) break;
    FloatN<N> middle[High][columns], results[High][Wide];
    CK_UNROLL for (int j = 0; j < columns; ++j) {
      FloatN<N> line[rows], result[High];
      CK_UNROLL for (int i = 0; i < rows; ++i) line[i] = load<N>(planes + (i * columns + j) * plane + v * N);
      restore_line<High>(line, result);
      CK_UNROLL for (int i = 0; i < High; ++i) middle[i][j] = result[i];
    }
    CK_UNROLL for (int i = 0; i < High; ++i) restore_line<Wide>(middle[i], results[i]);
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
