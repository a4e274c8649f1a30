// The gradient of a convolution's weights. There is no include guard.
//
// The gradient of a weight is the sum, over all pixels of the output, of the input's value below the weight times the
// output's gradient. A tile of weights, some input channels times one or two vectors of output channels, stays in
// registers over a segment of a row; then it is added to the sums in memory.

/// The pixels of a segment. Those of the input and of two vectors of the gradient stay in the nearest cache, beside the
/// sums. Sums do not depend on the division into parts, because it is a constant.
constexpr int64_t kGradientSegment = 1024 / kLanes;
/// The input channels of a tile: sums for two vectors each, beside two vectors of the gradient and one input.
constexpr int kGradientRows = CK_REGISTERS == 32 ? 12 : 6;

/// The pixels of a row that one column of the kernel sees.
struct SeenPixels {
  const float *x, *gradient;
  int64_t count, x_step, gradient_step;
};

/// Adds the products of `kIn` input channels and some output channels to the sums. `lanes` is the number of channels in
/// the last vector.
template <int kIn, int kVectors, bool kIsFull>
CK_NOINLINE void add_products(const SeenPixels &seen, int lanes, float *sums, int64_t line) {
  Float products[kIn][kVectors];
  CK_UNROLL for (int i = 0; i < kIn; ++i) {
    CK_UNROLL for (int v = 0; v < kVectors; ++v) products[i][v] = splat<kLanes>(0);
  }
  const float *x = seen.x, *gradient = seen.gradient;
  for (int64_t p = 0; p < seen.count; ++p, x += seen.x_step, gradient += seen.gradient_step) {
    Float g[kVectors];
    CK_UNROLL for (int v = 0; v < kVectors; ++v) {
      bool is_last = v + 1 == kVectors;
      g[v] = kIsFull || !is_last ? load<kLanes>(gradient + v * kLanes) : load<kLanes>(gradient + v * kLanes, lanes);
    }
    CK_UNROLL for (int i = 0; i < kIn; ++i) {
      Float value = splat<kLanes>(x[i]);
      CK_UNROLL for (int v = 0; v < kVectors; ++v) products[i][v] = fma(value, g[v], products[i][v]);
    }
  }
  CK_UNROLL for (int i = 0; i < kIn; ++i) {
    CK_UNROLL for (int v = 0; v < kVectors; ++v) {
      float *to = sums + i * line + v * kLanes;
      bool is_last = v + 1 == kVectors;
      if (kIsFull || !is_last) {
        store<kLanes>(to, load<kLanes>(to) + products[i][v]);
      } else {
        store<kLanes>(to, load<kLanes>(to, lanes) + products[i][v], lanes);
      }
    }
  }
}

using AddProducts = void (*)(const SeenPixels &, int, float *, int64_t);

template <int kVectors, bool kIsFull, int... kIn>
CK_INLINE AddProducts products_of(int in, std::integer_sequence<int, kIn...>) {
  static constexpr AddProducts functions[] = {add_products<kIn + 1, kVectors, kIsFull>...};
  return functions[in - 1];
}

template <int kVectors, bool kIsFull>
CK_INLINE AddProducts products_of(int in) {
  return products_of<kVectors, kIsFull>(in, std::make_integer_sequence<int, kGradientRows>());
}

/// Adds the products of some input channels and at most two vectors of output channels.
inline void add_channels(int64_t in, int out, const SeenPixels &seen, float *sums, int64_t line) {
  int64_t tiles = divide_up<int64_t>(in, kGradientRows);
  int vectors = out > kLanes ? 2 : 1, lanes = out - (vectors - 1) * kLanes;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    int64_t first = in * tile / tiles;
    auto rows = int(in * (tile + 1) / tiles - first);
    AddProducts add = vectors == 2 ? (lanes == kLanes ? products_of<2, true>(rows) : products_of<2, false>(rows))
                                   : (lanes == kLanes ? products_of<1, true>(rows) : products_of<1, false>(rows));
    add({seen.x + first, seen.gradient, seen.count, seen.x_step, seen.gradient_step}, lanes, sums + first * line, line);
  }
}

/// Adds the products of each channel with itself.
inline void add_depthwise(int64_t channels, const SeenPixels &seen, float *sums) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    auto count = int(std::min<int64_t>(channels - c, kLanes));
    auto add = [&](auto is_full) __attribute__((always_inline)) {
      auto value = [&](const float *from) __attribute__((always_inline)) {
        return decltype(is_full)::value ? load<kLanes>(from) : load<kLanes>(from, count);
      };
      // With one sum each addition would wait for the one before.
      Float part[4] = {splat<kLanes>(0), splat<kLanes>(0), splat<kLanes>(0), splat<kLanes>(0)};
      const float *x = seen.x + c, *gradient = seen.gradient + c;
      int64_t p = 0;
      for (; p + 4 <= seen.count; p += 4) {
        CK_UNROLL for (int i = 0; i < 4; ++i) {
          part[i] = fma(value(x + (p + i) * seen.x_step), value(gradient + (p + i) * seen.gradient_step), part[i]);
        }
      }
      for (; p < seen.count; ++p) {
        part[0] = fma(value(x + p * seen.x_step), value(gradient + p * seen.gradient_step), part[0]);
      }
      Float sum = value(sums + c) + ((part[0] + part[1]) + (part[2] + part[3]));
      decltype(is_full)::value ? store<kLanes>(sums + c, sum) : store<kLanes>(sums + c, sum, count);
    };
    count == kLanes ? add(std::true_type()) : add(std::false_type());
  }
}

/// Adds the products of a segment of an output row and the input row below one row of the kernel.
inline void add_segment(const TrainedConvolution &c, WeightPart part, const float *x, const float *gradient,
                        int64_t begin, int64_t end, float *sums) {
  int64_t in_channels = c.is_depthwise ? 1 : c.channels, out = part.out_end - part.out_begin;
  int64_t step = c.is_depthwise ? out : 2 * kLanes;
  for (int64_t channel = 0; channel < out; channel += step) {
    for (int64_t tap = 0; tap < c.kernel_width; ++tap) {
      // The columns below the tap are within the input.
      int64_t shift = tap * c.dilation_width - c.pad_width;
      int64_t first = std::max(begin, shift < 0 ? divide_up<int64_t>(-shift, c.stride_width) : 0);
      int64_t last = std::min(end, c.width > shift ? divide_up<int64_t>(c.width - shift, c.stride_width) : 0);
      if (first >= last) continue;
      SeenPixels seen{x + (first * c.stride_width + shift) * c.channels,
                      gradient + first * c.out_channels + part.out_begin + channel, last - first,
                      c.stride_width * c.channels, c.out_channels};
      float *of_tap = sums + tap * in_channels * c.out_channels + part.out_begin + channel;
      if (c.is_depthwise) {
        seen.x += part.out_begin;
        add_depthwise(out, seen, of_tap);
      } else {
        seen.x += part.in_begin;
        add_channels(part.in_end - part.in_begin, int(std::min(step, out - channel)), seen,
                     of_tap + part.in_begin * c.out_channels, c.out_channels);
      }
    }
  }
}

inline void part_gradient(const TrainedConvolution &c, WeightPart part, const float *x, const float *gradient,
                          float *sums) {
  int64_t in_channels = c.is_depthwise ? 1 : c.channels, row_size = c.kernel_width * in_channels * c.out_channels;
  sums += part.copy * c.weights();
  for (int64_t tap = part.row_begin * c.kernel_width; tap < part.row_end * c.kernel_width; ++tap) {
    for (int64_t i = part.in_begin; i < part.in_end; ++i) {
      float *line = sums + (tap * in_channels + i) * c.out_channels;
      std::fill(line + part.out_begin, line + part.out_end, 0.0f);
    }
  }
  for (int64_t line = part.line_begin; line < part.line_end; ++line) {
    int64_t image = line / c.out_height, y = line % c.out_height;
    const float *to = gradient + line * c.out_width * c.out_channels;
    for (int64_t row = part.row_begin; row < part.row_end; ++row) {
      int64_t iy = y * c.stride_height - c.pad_height + row * c.dilation_height;
      if (iy < 0 || iy >= c.height) continue;
      const float *from = x + (image * c.height + iy) * c.width * c.channels;
      for (int64_t begin = 0; begin < c.out_width; begin += kGradientSegment) {
        add_segment(c, part, from, to, begin, std::min(begin + kGradientSegment, c.out_width), sums + row * row_size);
      }
    }
  }
}
