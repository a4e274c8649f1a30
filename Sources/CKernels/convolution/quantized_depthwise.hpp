// Depthwise convolution of quantized maps; vectors run over channels. There is no include guard: the file is included
// once in each namespace.

#include "convolution/quantized_kernels.hpp"

struct ChannelTap {
  const uint8_t *in;
  int64_t pixel;  // bytes between neighbouring outputs' inputs
};

struct ChannelRun {
  const ChannelTap *taps;
  int tap_count;  // a multiple of four
  int pixels, channels;
  const void *weights;
  int64_t weight_line;  // distance between the weights of taps, or of groups of four taps
  QuantizedTile tile;   // the first pixel's tile, with tables and epilogue
  FinishFunction finish;
  bool finishes;
  size_t out_size, residual_size;  // size of an element in bytes
};

#if defined(CK_VNNI)
/// Processes `Bytes` channels at once: 16, 32 or 64. Interleaving the bytes of four taps within each 128 bits gives
/// four vectors of sums. Vector j has the channels 16 * i + 4 * j + (0, 1, 2, 3) in its part i. Packing the results
/// restores the channels' order.
template <int Bytes>
struct Interleaved {
  static constexpr int N = Bytes / 4;
  typedef uint8_t Vector __attribute__((ext_vector_type(Bytes)));
  typedef uint16_t Words __attribute__((ext_vector_type(Bytes / 2)));

  static CK_INLINE Vector load(const uint8_t *from, int count) {
    Vector value;
    if constexpr (Bytes == 64) {
      value = (Vector)_mm512_maskz_loadu_epi8(_bzhi_u64(~0ull, unsigned(count)), from);
    } else if constexpr (Bytes == 32) {
      value = (Vector)_mm256_maskz_loadu_epi8(_bzhi_u32(~0u, unsigned(count)), from);
    } else {
      value = (Vector)_mm_maskz_loadu_epi8(first_lanes(count), from);
    }
    return value;
  }
  static CK_INLINE void store(uint8_t *to, Vector value, int count) {
    if constexpr (Bytes == 64) {
      _mm512_mask_storeu_epi8(to, _bzhi_u64(~0ull, unsigned(count)), (__m512i)value);
    } else if constexpr (Bytes == 32) {
      _mm256_mask_storeu_epi8(to, _bzhi_u32(~0u, unsigned(count)), (__m256i)value);
    } else {
      _mm_mask_storeu_epi8(to, first_lanes(count), (__m128i)value);
    }
  }
  static CK_INLINE void split(Vector a, Vector b, Vector c, Vector d, IntN<N> (&parts)[4]) {
    if constexpr (Bytes == 64) {
      __m512i ab = _mm512_unpacklo_epi8((__m512i)a, (__m512i)b), cd = _mm512_unpacklo_epi8((__m512i)c, (__m512i)d);
      parts[0] = (IntN<N>)_mm512_unpacklo_epi16(ab, cd), parts[1] = (IntN<N>)_mm512_unpackhi_epi16(ab, cd);
      ab = _mm512_unpackhi_epi8((__m512i)a, (__m512i)b), cd = _mm512_unpackhi_epi8((__m512i)c, (__m512i)d);
      parts[2] = (IntN<N>)_mm512_unpacklo_epi16(ab, cd), parts[3] = (IntN<N>)_mm512_unpackhi_epi16(ab, cd);
    } else if constexpr (Bytes == 32) {
      __m256i ab = _mm256_unpacklo_epi8((__m256i)a, (__m256i)b), cd = _mm256_unpacklo_epi8((__m256i)c, (__m256i)d);
      parts[0] = (IntN<N>)_mm256_unpacklo_epi16(ab, cd), parts[1] = (IntN<N>)_mm256_unpackhi_epi16(ab, cd);
      ab = _mm256_unpackhi_epi8((__m256i)a, (__m256i)b), cd = _mm256_unpackhi_epi8((__m256i)c, (__m256i)d);
      parts[2] = (IntN<N>)_mm256_unpacklo_epi16(ab, cd), parts[3] = (IntN<N>)_mm256_unpackhi_epi16(ab, cd);
    } else {
      __m128i ab = _mm_unpacklo_epi8((__m128i)a, (__m128i)b), cd = _mm_unpacklo_epi8((__m128i)c, (__m128i)d);
      parts[0] = (IntN<N>)_mm_unpacklo_epi16(ab, cd), parts[1] = (IntN<N>)_mm_unpackhi_epi16(ab, cd);
      ab = _mm_unpackhi_epi8((__m128i)a, (__m128i)b), cd = _mm_unpackhi_epi8((__m128i)c, (__m128i)d);
      parts[2] = (IntN<N>)_mm_unpacklo_epi16(ab, cd), parts[3] = (IntN<N>)_mm_unpackhi_epi16(ab, cd);
    }
  }
  /// Packs with saturation.
  static CK_INLINE Vector pack(const IntN<N> (&v)[4]) {
    if constexpr (Bytes == 64) {
      __m512i low = _mm512_packus_epi32((__m512i)v[0], (__m512i)v[1]);
      return (Vector)_mm512_packus_epi16(low, _mm512_packus_epi32((__m512i)v[2], (__m512i)v[3]));
    } else if constexpr (Bytes == 32) {
      __m256i low = _mm256_packus_epi32((__m256i)v[0], (__m256i)v[1]);
      return (Vector)_mm256_packus_epi16(low, _mm256_packus_epi32((__m256i)v[2], (__m256i)v[3]));
    } else {
      __m128i low = _mm_packus_epi32((__m128i)v[0], (__m128i)v[1]);
      return (Vector)_mm_packus_epi16(low, _mm_packus_epi32((__m128i)v[2], (__m128i)v[3]));
    }
  }
  static CK_INLINE IntN<N> round(FloatN<N> x) {
    if constexpr (Bytes == 64) return (IntN<N>)_mm512_cvtps_epi32((__m512)x);
    if constexpr (Bytes == 32) return (IntN<N>)_mm256_cvtps_epi32((__m256)x);
    if constexpr (Bytes == 16) return (IntN<N>)_mm_cvtps_epi32((__m128)x);
  }
};

/// Loads a table as four vectors, in the order of Interleaved's sums.
template <int N>
CK_INLINE void load_quarters(const float *from, FloatN<N> (&to)[4]) {
  CK_UNROLL for (int j = 0; j < 4; ++j) {
    CK_UNROLL for (int i = 0; i < N / 4; ++i) {
      CK_UNROLL for (int k = 0; k < 4; ++k) to[j][4 * i + k] = from[16 * i + 4 * j + k];
    }
  }
}

/// Computes some channels of all pixels of a run. `Groups` is the number of groups of four taps; 0 stands for any
/// number.
template <int Bytes, int Groups>
CK_NOINLINE void quantized_channels(const ChannelRun &run, int channel, int count, int32_t *sums) {
  using I = Interleaved<Bytes>;
  constexpr int N = I::N;
  const QuantizedEpilogue &e = *run.tile.epilogue;
  FloatN<N> scale[4], bias[4], slopes[4];
  load_quarters<N>(run.tile.scale + channel, scale);
  load_quarters<N>(run.tile.bias + channel, bias);
  load_quarters<N>(run.tile.slopes + channel, slopes);
  FloatN<N> low = splat<N>(e.low), high = splat<N>(e.high);
  int groups = Groups ? Groups : run.tap_count / 4;
  auto *weights = static_cast<const int8_t *>(run.weights) + channel * 4;
  for (int p = 0; p < run.pixels; ++p) {
    IntN<N> total[4] = {};
    auto add = [&](int g) __attribute__((always_inline)) {
      const ChannelTap *t = run.taps + 4 * g;
      typename I::Vector bytes[4];
      CK_UNROLL for (int i = 0; i < 4; ++i) bytes[i] = I::load(t[i].in + p * t[i].pixel + channel, count);
      IntN<N> parts[4];
      I::split(bytes[0], bytes[1], bytes[2], bytes[3], parts);
      CK_UNROLL for (int j = 0; j < 4; ++j) {
        total[j] = MulBytes::add<N>(total[j], parts[j], load_ints<N>(weights + g * run.weight_line + j * N * 4));
      }
    };
    if constexpr (Groups > 0) {
      CK_UNROLL for (int g = 0; g < Groups; ++g) add(g);
    } else {
      for (int g = 0; g < groups; ++g) add(g);
    }
    if (!run.finishes) {
      for (int j = 0; j < 4; ++j) {
        for (int i = 0; i < N / 4; ++i) {
          int32_t part[4] = {total[j][4 * i], total[j][4 * i + 1], total[j][4 * i + 2], total[j][4 * i + 3]};
          __builtin_memcpy(sums + 16 * i + 4 * j, part, sizeof part);
        }
      }
      QuantizedTile tile = run.tile;
      tile.scale += channel, tile.bias += channel, tile.slopes += channel;
      tile.count = count;
      tile.out = static_cast<char *>(tile.out) + (p * tile.out_pixel + channel) * run.out_size;
      if (tile.residual) {
        tile.residual =
            static_cast<const char *>(tile.residual) + (p * tile.residual_pixel + channel) * run.residual_size;
      }
      run.finish(sums, 0, 1, tile);
      continue;
    }
    IntN<N> values[4], addends[4] = {};
    if (run.tile.residual) {
      auto *from = static_cast<const uint8_t *>(run.tile.residual) + p * run.tile.residual_pixel + channel;
      typename I::Vector zeros = {};
      I::split(I::load(from, count), zeros, zeros, zeros, addends);
    }
    CK_UNROLL for (int j = 0; j < 4; ++j) {
      FloatN<N> x = fma(__builtin_convertvector(total[j], FloatN<N>), scale[j], bias[j]), r = splat<N>(0);
      if (run.tile.residual) {
        r = fma(__builtin_convertvector(addends[j], FloatN<N>), splat<N>(e.residual_scale),
                splat<N>(e.residual_shift));
      }
      if (!e.residual_after) x += r;
      x = e.has_slope ? (x > 0.0f ? x : slopes[j] * x) : vmin(vmax(x, low), high);
      if (e.residual_after) x += r;
      values[j] = I::round(x + e.shift);
    }
    I::store(static_cast<uint8_t *>(run.tile.out) + p * run.tile.out_pixel + channel, I::pack(values), count);
  }
}

template <int Bytes>
void quantized_channels_any(const ChannelRun &run, int channel, int count, int32_t *sums) {
  if (run.tap_count == 12) return quantized_channels<Bytes, 3>(run, channel, count, sums);
  quantized_channels<Bytes, 0>(run, channel, count, sums);
}
#endif

/// Does the same one pixel and one vector at a time. The sums are exact in float32.
inline void quantized_channels_plain(const ChannelRun &run, int32_t *sums) {
  auto *weights = static_cast<const float *>(run.weights);
  for (int p = 0; p < run.pixels; ++p) {
    for (int c = 0; c < run.channels; c += kLanes) {
      int count = run.channels - c < kLanes ? run.channels - c : kLanes;
      Float total = splat<kLanes>(0);
      for (int t = 0; t < run.tap_count; ++t) {
        const uint8_t *from = run.taps[t].in + p * run.taps[t].pixel + c;
        Float x = count == kLanes ? load<kLanes>(from) : load<kLanes>(from, count);
        total = fma(x, load<kLanes>(weights + t * run.weight_line + c), total);
      }
      Int whole = __builtin_convertvector(total, Int);
      __builtin_memcpy(sums + c, &whole, sizeof whole);
    }
    QuantizedTile tile = run.tile;
    tile.count = run.channels;
    tile.out = static_cast<char *>(tile.out) + p * tile.out_pixel * run.out_size;
    if (tile.residual) {
      tile.residual = static_cast<const char *>(tile.residual) + p * tile.residual_pixel * run.residual_size;
    }
    run.finish(sums, 0, 1, tile);
  }
}

class QuantizedDepthwisePlan final : public ConvPlan {
#if defined(CK_VNNI)
  using Weight = int8_t;
  static constexpr int kTaps = 4;  // taps side by side for each channel
#else
  using Weight = float;
  static constexpr int kTaps = 1;
#endif

 public:
  explicit QuantizedDepthwisePlan(const ConvSpec &spec)
      : desc_(spec.desc), epilogue_(spec.desc), finish_(finish_function(spec.desc)), columns_(spec.desc) {
    const ck_conv_desc &d = desc_;
    padded_ = divide_up(d.out_channels, 64) * 64;
    tap_count_ = divide_up(spec.taps(), kTaps) * kTaps;
    weights_ = Buffer<Weight>(size_t(tap_count_) * padded_);
    weights_.fill_zero();
    tables_ = QuantizedTables(padded_ + kLanes);
    for (int k = 0; k < d.out_channels; ++k) {
      tables_.set(spec, epilogue_, k, k, 0, [&](int, int tap, int weight) {
        weights_[place(k, tap)] = Weight(weight);
      });
    }
    outside_ = Buffer<uint8_t>(padded_);
    std::fill_n(outside_.get(), outside_.size(), uint8_t(d.in_quantization.zero));
    algorithm = CK_ALGORITHM_DEPTHWISE;
    taps_bytes_ = divide_up<size_t>(tap_count_ * sizeof(ChannelTap), 64) * 64;
    scratch_bytes = taps_bytes_ + (padded_ + kLanes) * sizeof(int32_t);
  }

  void run(ck_pool *pool, const ck_map &in_map, const ck_map &out, const ck_map *residual,
           ck_rows rows) const override {
    View<const uint8_t> in(in_map);
    int count = rows.end - rows.begin;
    double values = double(count) * desc_.out_width * desc_.out_channels;
    int pieces = piece_count(pool, count, values * (tap_count_ * 0.01 + 0.05));
    parallel(pool, pieces, [&](int32_t index, int32_t thread) {
      char *memory = static_cast<char *>(scratch(pool, thread));
      int last = rows.begin + int(int64_t(index + 1) * count / pieces);
      for (int y = rows.begin + int(int64_t(index) * count / pieces); y < last; ++y) {
        run_row(y, in, out, residual, memory);
      }
    });
  }

 private:
  size_t place(int channel, int tap) const {
    size_t line = size_t(tap / kTaps) * padded_ * kTaps;
    if (kTaps == 1) return line + channel;
    // Weights lie in the order of Interleaved's sums, within the vector that the channel belongs to.
    int start = channel / 64 * 64, bytes = vector_bytes(desc_.out_channels - start);
    int within = channel - start, vector = within / bytes * bytes, i = within % bytes / 16, j = within % 16 / 4;
    return line + size_t(start + vector) * 4 + (j * bytes / 4 + i * 4 + within % 4) * 4 + tap % kTaps;
  }
  /// The number of channels to process at once if this many are left.
  static int vector_bytes(int channels) { return channels <= 16 ? 16 : channels <= 32 ? 32 : 64; }

  void run_row(int y, const View<const uint8_t> &in, const ck_map &out, const ck_map *residual, char *memory) const {
    const ck_conv_desc &d = desc_;
    auto *taps = reinterpret_cast<ChannelTap *>(memory);
    auto *sums = reinterpret_cast<int32_t *>(memory + taps_bytes_);
    ChannelRun run{};
    run.taps = taps, run.tap_count = tap_count_;
    run.channels = d.out_channels;
    run.weights = weights_.get(), run.weight_line = int64_t(padded_) * kTaps;
    run.tile.scale = tables_.scale.get(), run.tile.bias = tables_.bias.get(), run.tile.slopes = tables_.slopes.get();
    run.tile.epilogue = &epilogue_;
    run.tile.out_pixel = out.pixel, run.tile.residual_pixel = residual ? residual->pixel : 0;
    run.finish = finish_;
    run.finishes = tiles_finish(d, epilogue_);
    run.out_size = element_size(out.type), run.residual_size = residual ? element_size(residual->type) : 0;
    const std::vector<int> &cuts = columns_.cuts();
    for (size_t cut = 0; cut + 1 < cuts.size(); ++cut) {
      int begin = cuts[cut];
      run.pixels = cuts[cut + 1] - begin;
      std::fill_n(taps, tap_count_, ChannelTap{outside_.get(), 0});
      for (int ky = 0; ky < d.kernel_height; ++ky) {
        int iy = y * d.stride_height - d.pad_top + ky * d.dilation_height;
        if (iy < 0 || iy >= in.height) continue;
        for (int kx = 0; kx < d.kernel_width; ++kx) {
          if (!columns_.reads(kx, begin)) continue;
          taps[ky * d.kernel_width + kx] = {
              in.at(iy, int64_t(begin) * d.stride_width + kx * d.dilation_width - d.pad_left),
              in.pixel * d.stride_width};
        }
      }
      run.tile.out = static_cast<char *>(out.data) + (y * out.row + begin * out.pixel) * run.out_size;
      if (residual) {
        int64_t at = y * residual->row + begin * residual->pixel;
        run.tile.residual = static_cast<const char *>(residual->data) + at * run.residual_size;
      }
#if defined(CK_VNNI)
      for (int c = 0; c < d.out_channels; c += 64) {
        int left = std::min(d.out_channels - c, 64), bytes = vector_bytes(left);
        if (bytes == 64) quantized_channels_any<64>(run, c, left, sums);
        if (bytes == 32) quantized_channels_any<32>(run, c, left, sums);
        if (bytes == 16) quantized_channels_any<16>(run, c, left, sums);
      }
#else
      quantized_channels_plain(run, sums);
#endif
    }
  }

  ck_conv_desc desc_;
  QuantizedEpilogue epilogue_;
  FinishFunction finish_;
  int padded_, tap_count_;
  size_t taps_bytes_;
  TapColumns columns_;
  Buffer<Weight> weights_;
  QuantizedTables tables_;
  Buffer<uint8_t> outside_;
};

inline std::unique_ptr<ConvPlan> make_quantized(const ConvSpec &spec) {
  if (spec.desc.groups > 1 && spec.in_group() == 1 && spec.out_group() == 1) {
    return std::make_unique<QuantizedDepthwisePlan>(spec);
  }
  return std::make_unique<QuantizedPlan>(spec);
}
