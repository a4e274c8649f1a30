// The inner loops of convolution: some pixels by one to four vectors of output channels, summed over the kernel's taps
// and the input channels in registers. No include guard: included once in each namespace.

/// One tap of the kernel: where it reads for the tile's first pixel, and its weights.
struct Tap {
  const void *in;
  const void *weights;
  int64_t pixel;  // elements between the tile's pixels
};

struct TileArgs {
  const Tap *taps;
  int tap_count;
  int channels;   // of each tap
  int64_t shift;  // elements to add to each tap's `in`
  // Padded to whole vectors; NULL for none.
  const float *bias;
  const float *slopes;
  float low, high;
  // Output and residual, of the maps' type, or float32 without residual and activation where `raw`.
  void *out;
  const void *residual;
  int64_t out_pixel, residual_pixel;
  bool residual_after, raw;
  bool adds;  // to what the output holds, where `raw`, in place of the bias
  int count;  // valid output channels
};

/// float32 by float32.
struct MulFloat {
  using Element = float;
  using Weight = float;
  static constexpr int kStep = 1;
  template <int N>
  static CK_INLINE FloatN<N> broadcast(const float *from) {
    return splat<N>(*from);
  }
  template <int N>
  static CK_INLINE FloatN<N> weights(const float *from) {
    return load<N>(from);
  }
  template <int N>
  static CK_INLINE FloatN<N> add(FloatN<N> sum, FloatN<N> a, FloatN<N> b) {
    return fma(a, b, sum);
  }
};

/// bfloat16 widened, by float32.
struct MulWidened : MulFloat {
  using Element = bf16;
  template <int N>
  static CK_INLINE FloatN<N> broadcast(const bf16 *from) {
    return bit_cast<FloatN<N>>((UIntN<N>)(uint32_t(from->bits) << 16));
  }
};

#if defined(CK_DOT)
/// Pairs of bfloat16 by pairs of bfloat16.
struct MulPairs {
  using Element = bf16;
  using Weight = bf16;
  static constexpr int kStep = 2;
  template <int N>
  static CK_INLINE FloatN<N> broadcast(const bf16 *from) {
    uint32_t pair;
    __builtin_memcpy(&pair, from, 4);
    return bit_cast<FloatN<N>>((UIntN<N>)(pair));
  }
  template <int N>
  static CK_INLINE FloatN<N> weights(const bf16 *from) {
    FloatN<N> value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
  }
  template <int N>
  static CK_INLINE FloatN<N> add(FloatN<N> sum, FloatN<N> a, FloatN<N> b) {
    if constexpr (N == 16) {
      return (FloatN<N>)_mm512_dpbf16_ps((__m512)sum, bit_cast<__m512bh>(a), bit_cast<__m512bh>(b));
    } else {
      return (FloatN<N>)_mm256_dpbf16_ps((__m256)sum, bit_cast<__m256bh>(a), bit_cast<__m256bh>(b));
    }
  }
};
#endif

template <typename Element, int N, int Vectors, int Pixels>
CK_INLINE void finish_tile(const TileArgs &args, FloatN<N> (&sums)[Pixels][Vectors]) {
  if (args.raw) {
  CK_UNROLL for (int p = 0; p < Pixels; ++p) {
      float *out = static_cast<float *>(args.out) + p * args.out_pixel;
      CK_UNROLL for (int v = 0; v < Vectors; ++v) store<N>(out + v * N, sums[p][v]);
    }
    return;
  }
  if (args.residual && !args.residual_after) {
    CK_UNROLL for (int v = 0; v < Vectors; ++v) {
      int count = args.count - v * N;
      CK_UNROLL for (int p = 0; p < Pixels; ++p) {
        auto *from = static_cast<const Element *>(args.residual) + p * args.residual_pixel + v * N;
        sums[p][v] += count >= N ? load<N>(from) : load<N>(from, count > 0 ? count : 0);
      }
    }
  }
  if (args.slopes) {
    CK_UNROLL for (int v = 0; v < Vectors; ++v) {
      FloatN<N> slope = load<N>(args.slopes + v * N);
      CK_UNROLL for (int p = 0; p < Pixels; ++p) {
        sums[p][v] = sums[p][v] > 0.0f ? sums[p][v] : slope * sums[p][v];
      }
    }
  } else {
    FloatN<N> low = splat<N>(args.low), high = splat<N>(args.high);
    CK_UNROLL for (int p = 0; p < Pixels; ++p) {
      CK_UNROLL for (int v = 0; v < Vectors; ++v) sums[p][v] = vmin(vmax(sums[p][v], low), high);
    }
  }
  if (args.residual && args.residual_after) {
    CK_UNROLL for (int v = 0; v < Vectors; ++v) {
      int count = args.count - v * N;
      CK_UNROLL for (int p = 0; p < Pixels; ++p) {
        auto *from = static_cast<const Element *>(args.residual) + p * args.residual_pixel + v * N;
        sums[p][v] += count >= N ? load<N>(from) : load<N>(from, count > 0 ? count : 0);
      }
    }
  }
  if (args.count == Vectors * N) {
    CK_UNROLL for (int p = 0; p < Pixels; ++p) {
      Element *out = static_cast<Element *>(args.out) + p * args.out_pixel;
      CK_UNROLL for (int v = 0; v < Vectors; ++v) store<N>(out + v * N, sums[p][v]);
    }
  } else {
    CK_UNROLL for (int v = 0; v < Vectors; ++v) {
      int count = args.count - v * N;
      if (count <= 0) break;
      CK_UNROLL for (int p = 0; p < Pixels; ++p) {
        store<N>(static_cast<Element *>(args.out) + p * args.out_pixel + v * N, sums[p][v], count < N ? count : N);
      }
    }
  }
}

// Not inlined: inside larger functions the sums would not stay in registers.
template <typename Mul, int N, int Vectors, int Pixels>
CK_NOINLINE void tile(const TileArgs &args) {
  using Element = typename Mul::Element;
  using Weight = typename Mul::Weight;
  FloatN<N> sums[Pixels][Vectors];
  if (args.adds) {
    CK_UNROLL for (int p = 0; p < Pixels; ++p) {
      const float *from = static_cast<const float *>(args.out) + p * args.out_pixel;
      CK_UNROLL for (int v = 0; v < Vectors; ++v) sums[p][v] = load<N>(from + v * N);
    }
  } else {
    CK_UNROLL for (int v = 0; v < Vectors; ++v) {
      FloatN<N> first = args.bias ? load<N>(args.bias + v * N) : splat<N>(0);
      CK_UNROLL for (int p = 0; p < Pixels; ++p) sums[p][v] = first;
    }
  }
  int steps = args.channels / Mul::kStep;
  for (int t = 0; t < args.tap_count; ++t) {
    const Tap &tap = args.taps[t];
    auto *in = static_cast<const Element *>(tap.in) + args.shift;
    auto *weights = static_cast<const Weight *>(tap.weights);
    int64_t pixel = tap.pixel;
    for (int k = 0; k < steps; ++k) {
      FloatN<N> w[Vectors];
      CK_UNROLL for (int v = 0; v < Vectors; ++v) {
        w[v] = Mul::template weights<N>(weights + v * N * Mul::kStep);
      }
      CK_UNROLL for (int p = 0; p < Pixels; ++p) {
        FloatN<N> value = Mul::template broadcast<N>(in + p * pixel);
        CK_UNROLL for (int v = 0; v < Vectors; ++v) sums[p][v] = Mul::template add<N>(sums[p][v], value, w[v]);
      }
      in += Mul::kStep;
      weights += Vectors * N * Mul::kStep;
    }
    if constexpr (Mul::kStep == 2) {
      if (args.channels % 2) {
        // The last channel beside a zero; its neighbour in memory belongs to somebody else.
        CK_UNROLL for (int p = 0; p < Pixels; ++p) {
          FloatN<N> value = bit_cast<FloatN<N>>((UIntN<N>)(uint32_t(in[p * pixel].bits)));
          CK_UNROLL for (int v = 0; v < Vectors; ++v) {
            sums[p][v] = Mul::template add<N>(sums[p][v], value, Mul::template weights<N>(weights + v * N * 2));
          }
        }
      }
    }
  }
  finish_tile<Element, N, Vectors, Pixels>(args, sums);
}

/// For tile_functions().
struct FloatTiles {
  using Function = void (*)(const TileArgs &);
  template <typename Mul, int N, int Vectors, int Pixels>
  static constexpr Function function = tile<Mul, N, Vectors, Pixels>;
};

/// Activation and residual of a tile of raw sums, where tile() does not do them. `slopes` as in TileArgs.
template <typename Element>
CK_NOINLINE void finish_raw(const float *sums, int64_t sums_pixel, int pixels, const Epilogue &epilogue,
                            const TileArgs &args) {
  for (int p = 0; p < pixels; ++p) {
    auto *residual = static_cast<const Element *>(args.residual);
    if (residual) residual += p * args.residual_pixel;
    auto *out = static_cast<Element *>(args.out) + p * args.out_pixel;
    for (int c = 0; c < args.count; c += kLanes) {
      int count = args.count - c < kLanes ? args.count - c : kLanes;
      Float x = load<kLanes>(sums + p * sums_pixel + c);
      Float r = residual ? load<kLanes>(residual + c, count) : splat<kLanes>(0);
      if (!epilogue.residual_after) x += r;
      Float slope = args.slopes ? load<kLanes>(args.slopes + c) : splat<kLanes>(0);
      x = activate(epilogue.kind, epilogue.a, epilogue.b, slope, x);
      if (epilogue.residual_after) x += r;
      store<kLanes>(out + c, x, count);
    }
  }
}
