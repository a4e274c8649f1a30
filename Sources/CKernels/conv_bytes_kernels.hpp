// Convolution of bytes by signed bytes, summed exactly in 32 bits. No include guard: included once in each namespace.

#include "activation.hpp"
#include "conv_blocks.hpp"

#if defined(CK_DOT)
/// Four bytes by four signed bytes.
struct MulBytes {
  using Element = uint8_t;
  using Weight = int8_t;
  static constexpr int kStep = 4;
  template <int N>
  static CK_INLINE IntN<N> add(IntN<N> sum, IntN<N> a, IntN<N> b) {
    if constexpr (N == 16) {
      return (IntN<N>)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
    } else if constexpr (N == 8) {
      return (IntN<N>)_mm256_dpbusd_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
    } else {
      return (IntN<N>)_mm_dpbusd_epi32((__m128i)sum, (__m128i)a, (__m128i)b);
    }
  }
};
using ByteProduct = MulBytes;
#else
/// Two bytes by two signed bytes, all of 16 bits.
struct MulWords {
  using Element = int16_t;
  using Weight = int16_t;
  static constexpr int kStep = 2;
  template <int N>
  static CK_INLINE IntN<N> add(IntN<N> sum, IntN<N> a, IntN<N> b) {
#if defined(CK_AVX512)
    if constexpr (N == 16) return sum + (IntN<N>)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#endif
#if defined(__x86_64__) && CK_LANES >= 8
    if constexpr (N == 8) return sum + (IntN<N>)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#endif
    return sum + (a & 0xffff) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
  }
};
using ByteProduct = MulWords;
#endif

template <int N>
CK_INLINE IntN<N> load_ints(const void *from) {
  IntN<N> value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

/// What follows the sums: scale, bias, residual, activation, and bytes again. Where the activation is simple, all is in
/// units of the output's bytes.
struct ByteEpilogue : Epilogue {
  ck_type out_type;
  float post = 1, shift = 0;  // of the result
  float residual_scale = 1, residual_shift = 0;
  float unit = 1;  // of scales and biases

  explicit ByteEpilogue(const ck_conv_desc &desc) : Epilogue(desc), out_type(desc.out_type) {
    float out_scale = 1;
    if (desc.out_type == CK_UINT8) out_scale = 1 / desc.out_quantization.scale, shift = desc.out_quantization.zero;
    if (is_simple) {
      unit = out_scale;
      low *= unit, high *= unit;
    } else {
      post = out_scale;
    }
    residual_scale = unit;
    if (desc.residual_type == CK_UINT8) {
      residual_scale *= desc.residual_quantization.scale;
      residual_shift = -residual_scale * desc.residual_quantization.zero;
    }
  }
};

/// Vectors of output channels: factors of the sums, what is added, slopes.
struct ByteTables {
  Buffer<float> scale, bias, slopes;
  explicit ByteTables(size_t lanes = 0) : scale(lanes), bias(lanes), slopes(lanes) {
    scale.fill_zero(), bias.fill_zero(), slopes.fill_zero();
  }

  /// Quantizes the weights of output channel `k` and calls put(c, tap, weight) for each; sets what belongs to `lane`.
  template <typename Put>
  void set(const ConvSpec &spec, const ByteEpilogue &epilogue, int k, size_t lane, const Put &put) {
    float largest = 0;
    for (int c = 0; c < spec.in_group(); ++c) {
      for (int tap = 0; tap < spec.taps(); ++tap) largest = std::max(largest, std::fabs(spec.weight(k, c, tap)));
    }
    float step = largest > 0 ? largest / 127 : 1;
    int64_t total = 0;
    for (int c = 0; c < spec.in_group(); ++c) {
      for (int tap = 0; tap < spec.taps(); ++tap) {
        int weight = std::clamp(int(std::lrintf(spec.weight(k, c, tap) / step)), -127, 127);
        total += weight;
        put(c, tap, weight);
      }
    }
    const ck_quantization &in = spec.desc.in_quantization;
    scale[lane] = in.scale * step * epilogue.unit;
    bias[lane] = (spec.bias ? spec.bias[k] : 0) * epilogue.unit - float(in.zero * total) * scale[lane];
    if (epilogue.has_slope) slopes[lane] = epilogue.slope(spec.desc.activation, k);
  }
};

struct ByteTap {
  const void *in;
  const void *weights;
  int64_t pixel;  // elements between the outputs of a row
};

struct ByteTile {
  const ByteTap *taps;
  int tap_count;
  int steps;      // of each tap
  int64_t first;  // the tile's first output in its row
  const float *scale, *bias, *slopes;
  const ByteEpilogue *epilogue;
  void *out;
  const void *residual;
  int64_t out_pixel, residual_pixel;
  int count;   // valid output channels
  bool is_raw;  // the output takes the sums, 32 bits each
};

template <int N>
CK_INLINE FloatN<N> simple_activation(const ByteEpilogue &e, const float *slopes, FloatN<N> x) {
  if (e.has_slope) return x > 0.0f ? x : load<N>(slopes) * x;
  return vmin(vmax(x, splat<N>(e.low)), splat<N>(e.high));
}

template <int N, int Vectors, int Pixels>
CK_INLINE void finish_bytes(const ByteTile &tile, IntN<N> (&sums)[Pixels][Vectors]) {
  if (tile.is_raw) {
    CK_UNROLL for (int p = 0; p < Pixels; ++p) {
      auto *out = static_cast<int32_t *>(tile.out) + p * tile.out_pixel;
      __builtin_memcpy(out, sums[p], sizeof sums[p]);
    }
    return;
  }
  const ByteEpilogue &e = *tile.epilogue;
  CK_UNROLL for (int v = 0; v < Vectors; ++v) {
    int count = tile.count - v * N;
    if (count <= 0) break;
    FloatN<N> scale = load<N>(tile.scale + v * N), bias = load<N>(tile.bias + v * N);
    CK_UNROLL for (int p = 0; p < Pixels; ++p) {
      FloatN<N> x = fma(__builtin_convertvector(sums[p][v], FloatN<N>), scale, bias), r{};
      if (tile.residual) {
        auto *from = static_cast<const uint8_t *>(tile.residual) + p * tile.residual_pixel + v * N;
        r = count >= N ? load<N>(from) : load<N>(from, count);
        r = fma(r, splat<N>(e.residual_scale), splat<N>(e.residual_shift));
        if (!e.residual_after) x += r;
      }
      x = simple_activation<N>(e, tile.slopes + v * N, x);
      if (tile.residual && e.residual_after) x += r;
      x += e.shift;
      uint8_t *out = static_cast<uint8_t *>(tile.out) + p * tile.out_pixel + v * N;
      count >= N ? store<N>(out, x) : store<N>(out, x, count);
    }
  }
}

// Not inlined: inside larger functions the sums would not stay in registers.
template <typename Mul, int N, int Vectors, int Pixels>
CK_NOINLINE void byte_tile(const ByteTile &tile) {
  using Element = typename Mul::Element;
  using Weight = typename Mul::Weight;
  IntN<N> sums[Pixels][Vectors];
  CK_UNROLL for (int p = 0; p < Pixels; ++p) {
    CK_UNROLL for (int v = 0; v < Vectors; ++v) sums[p][v] = (IntN<N>)(0);
  }
  for (int t = 0; t < tile.tap_count; ++t) {
    const ByteTap &tap = tile.taps[t];
    int64_t pixel = tap.pixel;
    auto *in = static_cast<const Element *>(tap.in) + tile.first * pixel;
    auto *weights = static_cast<const Weight *>(tap.weights);
    for (int k = 0; k < tile.steps; ++k) {
      IntN<N> w[Vectors];
      CK_UNROLL for (int v = 0; v < Vectors; ++v) w[v] = load_ints<N>(weights + v * N * Mul::kStep);
      CK_UNROLL for (int p = 0; p < Pixels; ++p) {
        int32_t word;
        __builtin_memcpy(&word, in + p * pixel, 4);
        IntN<N> value = (IntN<N>)(word);
        CK_UNROLL for (int v = 0; v < Vectors; ++v) sums[p][v] = Mul::template add<N>(sums[p][v], value, w[v]);
      }
      in += Mul::kStep;
      weights += Vectors * N * Mul::kStep;
    }
  }
  finish_bytes<N, Vectors, Pixels>(tile, sums);
}

/// For tile_functions().
struct ByteTiles {
  using Function = void (*)(const ByteTile &);
  template <typename Mul, int N, int Vectors, int Pixels>
  static constexpr Function function = byte_tile<Mul, N, Vectors, Pixels>;
};

/// All that follows the sums, where tiles do not do it.
template <typename Out, typename Residual>
CK_NOINLINE void finish_sums(const int32_t *sums, int64_t sums_pixel, int pixels, const ByteTile &tile) {
  const ByteEpilogue &e = *tile.epilogue;
  for (int p = 0; p < pixels; ++p) {
    auto *residual = static_cast<const Residual *>(tile.residual);
    if (residual) residual += p * tile.residual_pixel;
    auto *out = static_cast<Out *>(tile.out) + p * tile.out_pixel;
    for (int c = 0; c < tile.count; c += kLanes) {
      int count = tile.count - c < kLanes ? tile.count - c : kLanes;
      // Sums are padded to half vectors at least.
      Float x = __builtin_convertvector(load_ints<kLanes>(sums + p * sums_pixel + c), Float), r = splat<kLanes>(0);
      x = fma(x, load<kLanes>(tile.scale + c), load<kLanes>(tile.bias + c));
      if (residual) {
        r = fma(load<kLanes>(residual + c, count), splat<kLanes>(e.residual_scale), splat<kLanes>(e.residual_shift));
      }
      if (!e.residual_after) x += r;
      x = e.is_simple ? simple_activation<kLanes>(e, tile.slopes + c, x)
                      : activate(e.kind, e.a, e.b, splat<kLanes>(0), x);
      if (e.residual_after) x += r;
      store<kLanes>(out + c, fma(x, splat<kLanes>(e.post), splat<kLanes>(e.shift)), count);
    }
  }
}

using FinishFunction = void (*)(const int32_t *, int64_t, int, const ByteTile &);

template <typename Out>
FinishFunction finish_function(ck_type residual) {
  if (residual == CK_FLOAT32) return finish_sums<Out, float>;
  if (residual == CK_BFLOAT16) return finish_sums<Out, bf16>;
  return finish_sums<Out, uint8_t>;
}
inline FinishFunction finish_function(const ck_conv_desc &desc) {
  if (desc.out_type == CK_FLOAT32) return finish_function<float>(desc.residual_type);
  if (desc.out_type == CK_BFLOAT16) return finish_function<bf16>(desc.residual_type);
  return finish_function<uint8_t>(desc.residual_type);
}

/// Whether tiles do all that follows the sums.
inline bool tiles_finish(const ck_conv_desc &desc, const ByteEpilogue &epilogue) {
  return epilogue.is_simple && desc.out_type == CK_UINT8 &&
         (desc.residual == CK_RESIDUAL_NONE || desc.residual_type == CK_UINT8);
}

/// Rows of the input are copied with their padding, so that all tiles of a row are alike.
class BytePlan final : public ConvPlan {
  using Mul = ByteProduct;
  using Element = Mul::Element;
  using Weight = Mul::Weight;

 public:
  explicit BytePlan(const ConvSpec &spec)
      : desc_(spec.desc), epilogue_(spec.desc), finish_(finish_function(spec.desc)), in_group_(spec.in_group()) {
    const ck_conv_desc &d = desc_;
    merged_ = d.groups == 1 && d.dilation_width == 1;
    run_ = merged_ ? in_group_ * d.kernel_width : in_group_;
    steps_ = divide_up(run_, Mul::kStep);
    taps_ = merged_ ? d.kernel_height : d.kernel_height * d.kernel_width;
    for (int g = 0; g < d.groups; ++g) add_blocks(blocks_, g, g * spec.out_group(), spec.out_group());
    size_t weights = 0, lanes = 0;
    for (Block &block : blocks_) {
      block.weights = weights, block.lane = lanes;
      weights += size_t(taps_) * steps_ * Mul::kStep * block.width();
      lanes += block.width();
    }
    weights_ = Buffer<Weight>(weights);
    weights_.fill_zero();
    tables_ = ByteTables(lanes + kLanes);
    for (const Block &block : blocks_) pack(spec, block);
    // Stands for rows outside the input; some elements past the last channel are read, times zero.
    outside_ = Buffer<Element>(size_t(d.kernel_width) * d.in_channels + 64);
    std::fill_n(outside_.get(), outside_.size(), Element(d.in_quantization.zero));

    reads_map_ = std::is_same_v<Element, uint8_t> && d.kernel_height * d.kernel_width == 1 && d.pad_top == 0 &&
                 d.pad_left == 0 && d.in_channels % Mul::kStep == 0 && in_group_ % Mul::kStep == 0;
    int64_t bytes = int64_t(d.in_channels) * sizeof(Element) * d.stride_width;
    segments_ = std::max<int>(1, int(divide_up<int64_t>(bytes * d.out_width, 96 << 10)));
    // Large weights are read once for some rows.
    phases_ = d.stride_height == 1 ? std::min(d.dilation_height, d.out_height) : 1;
    int64_t row_bytes = bytes * divide_up(d.out_width, segments_);
    batch_ = weights * sizeof(Weight) < (256 << 10) ? 1 : int(std::clamp<int64_t>((160 << 10) / row_bytes, 1, 8));
    bool is_dense = d.dilation_height == 1 || d.stride_height == 1;
    slots_ = is_dense ? std::min(batch_ * d.kernel_height, d.kernel_height + (batch_ - 1) * d.stride_height)
                      : batch_ * d.kernel_height;
    row_ = (divide_up(d.out_width, segments_) * d.stride_width + (d.kernel_width - 1) * d.dilation_width) *
               int64_t(d.in_channels) +
           64;
    if (reads_map_) slots_ = 0;
    algorithm = CK_ALGORITHM_DIRECT;
    rows_bytes_ = divide_up<size_t>(slots_ * row_ * sizeof(Element), 64) * 64;
    taps_bytes_ = divide_up<size_t>(size_t(taps_) * sizeof(ByteTap) + size_t(slots_) * sizeof(int), 64) * 64;
    scratch_bytes = rows_bytes_ + taps_bytes_ + (kMaxPixels * 4 + 1) * kLanes * sizeof(int32_t);
  }

  void run(ck_pool *pool, const ck_map &in, const ck_map &out, const ck_map *residual, ck_rows rows) const override {
    Call call{*this, pool, View<const uint8_t>(in), out, residual, rows.begin, rows.end - rows.begin};
    call.run();
  }

 private:
  struct Call {
    const BytePlan &plan;
    ck_pool *pool;
    View<const uint8_t> in;
    ck_map out;
    const ck_map *residual;
    int first_row, rows;  // of the output
    int width = 0, segments = 0;

    void run();
    void run_piece(int first_unit, int last_unit, int first_block, int last_block, int thread) const;
    void run_row(const Block &block, int y, int begin, int end, const Element *rows, const int *held, ByteTap *taps,
                 int32_t *sums) const;
    void hold_rows(int first_unit, int last_unit, int begin, int end, Element *rows, int *held) const;
    int row_of(int unit) const {
      // Rows that share input rows follow each other.
      int index = unit % rows, phases = plan.phases_;
      if (phases == 1) return first_row + index;
      int full = rows / phases, longer = rows % phases, cut = longer * (full + 1);
      if (index < cut) return first_row + index / (full + 1) + index % (full + 1) * phases;
      return first_row + longer + (index - cut) / full + (index - cut) % full * phases;
    }
    /// The end of the units of a phase.
    int phase_end(int unit) const {
      int index = unit % rows, phases = plan.phases_, start = unit - index;
      if (phases == 1) return start + rows;
      int full = rows / phases, longer = rows % phases, cut = longer * (full + 1);
      if (index < cut) return start + (index / (full + 1) + 1) * (full + 1);
      return start + cut + ((index - cut) / full + 1) * full;
    }
    int input_row(int y, int ky) const {
      const ck_conv_desc &d = plan.desc_;
      return y * d.stride_height - d.pad_top + ky * d.dilation_height;
    }
  };

  void pack(const ConvSpec &spec, const Block &block) {
    int width = block.width();
    for (int k = 0; k < block.count; ++k) {
      tables_.set(spec, epilogue_, block.first + k, block.lane + k, [&](int c, int tap, int weight) {
        int index = merged_ ? tap % desc_.kernel_width * in_group_ + c : c;
        int line = merged_ ? tap / desc_.kernel_width : tap;
        size_t step = size_t(line) * steps_ + index / Mul::kStep;
        weights_[block.weights + (step * width + k) * Mul::kStep + index % Mul::kStep] = Weight(weight);
      });
    }
  }

  ck_conv_desc desc_;
  ByteEpilogue epilogue_;
  FinishFunction finish_;
  int in_group_, run_, steps_, taps_;
  bool merged_, reads_map_;
  int segments_, phases_, batch_, slots_;
  int64_t row_;  // elements of a copied row
  size_t rows_bytes_, taps_bytes_;
  std::vector<Block> blocks_;
  Buffer<Weight> weights_;
  ByteTables tables_;
  Buffer<Element> outside_;
};

inline void BytePlan::Call::run() {
  const ck_conv_desc &d = plan.desc_;
  double cost = double(rows) * d.out_width * d.out_channels *
                (2.0 * plan.taps_ * plan.run_ / (Mul::kStep == 4 ? 350 : 120) + 0.05);
  width = d.out_width, segments = plan.segments_;
  auto is_flat = [](const ck_map &map) { return map.row == map.width * map.pixel || map.height == 1; };
  if (plan.reads_map_) {
    if (d.stride_height == 1 && d.stride_width == 1 && d.in_height == d.out_height && d.in_width == d.out_width &&
        in.is_flat() && is_flat(out) && (!residual || is_flat(*residual))) {
      width *= rows;
      rows = 1;
    }
    segments = divide_up(width, 112);
  }
  int units = rows * segments, blocks = int(plan.blocks_.size());
  int pieces = piece_count(pool, int64_t(units) * blocks, cost);
  int unit_pieces = std::min(pieces, units), block_pieces = std::min(divide_up(pieces, unit_pieces), blocks);
  parallel(pool, unit_pieces * block_pieces, [&](int32_t index, int32_t thread) {
    int64_t u = index / block_pieces, b = index % block_pieces;
    run_piece(int(u * units / unit_pieces), int((u + 1) * units / unit_pieces), int(b * blocks / block_pieces),
              int((b + 1) * blocks / block_pieces), thread);
  });
}

inline void BytePlan::Call::run_piece(int first_unit, int last_unit, int first_block, int last_block,
                                      int thread) const {
  char *memory = static_cast<char *>(scratch(pool, thread, plan.scratch_bytes));
  auto *copies = reinterpret_cast<Element *>(memory);
  auto *taps = reinterpret_cast<ByteTap *>(memory + plan.rows_bytes_);
  auto *held = reinterpret_cast<int *>(taps + plan.taps_);
  auto *sums = reinterpret_cast<int32_t *>(memory + plan.rows_bytes_ + plan.taps_bytes_);
  int segment = -1;
  for (int first = first_unit; first < last_unit;) {
    int next = std::min({first + plan.batch_, last_unit, phase_end(first)});
    if (first / rows != segment) {
      segment = first / rows;
      std::fill_n(held, plan.slots_, std::numeric_limits<int>::min());
    }
    int begin = int(int64_t(segment) * width / segments), end = int(int64_t(segment + 1) * width / segments);
    if (plan.slots_ > 0) hold_rows(first, next, begin, end, copies, held);
    for (int b = first_block; b < last_block; ++b) {
      for (int unit = first; unit < next; ++unit) {
        run_row(plan.blocks_[b], row_of(unit), begin, end, copies, held, taps, sums);
      }
    }
    first = next;
  }
}

/// Copies the input rows that some rows of outputs need and that are not there yet, columns as for these outputs.
inline void BytePlan::Call::hold_rows(int first_unit, int last_unit, int begin, int end, Element *copies,
                                      int *held) const {
  const ck_conv_desc &d = plan.desc_;
  auto each_needed = [&](auto body) {
    for (int unit = first_unit; unit < last_unit; ++unit) {
      for (int ky = 0; ky < d.kernel_height; ++ky) {
        int row = input_row(row_of(unit), ky);
        if (row >= 0 && row < d.in_height) body(row);
      }
    }
  };
  auto is_needed = [&](int row) {
    bool found = false;
    each_needed([&](int other) { found |= other == row; });
    return found;
  };
  int first_column = begin * d.stride_width - d.pad_left;
  int columns = (end - 1 - begin) * d.stride_width + (d.kernel_width - 1) * d.dilation_width + 1;
  int left = std::clamp(-first_column, 0, columns);
  int right = std::clamp(d.in_width - first_column, left, columns);
  int64_t channels = d.in_channels;
  each_needed([&](int row) {
    if (std::find(held, held + plan.slots_, row) != held + plan.slots_) return;
    int slot = 0;
    while (held[slot] >= 0 && is_needed(held[slot])) ++slot;
    held[slot] = row;
    Element *to = copies + slot * plan.row_;
    std::fill_n(to, left * channels, Element(d.in_quantization.zero));
    std::fill_n(to + right * channels, (columns - right) * channels, Element(d.in_quantization.zero));
    const uint8_t *from = in.at(row, first_column + left);
    if (in.pixel == channels) {
      std::copy_n(from, (right - left) * channels, to + left * channels);
    } else {
      for (int x = left; x < right; ++x, from += in.pixel) std::copy_n(from, channels, to + x * channels);
    }
  });
}

inline void BytePlan::Call::run_row(const Block &block, int y, int begin, int end, const Element *copies,
                                    const int *held, ByteTap *taps, int32_t *sums) const {
  const ck_conv_desc &d = plan.desc_;
  int count = 0, across = plan.merged_ ? 1 : d.kernel_width;
  for (int ky = 0; ky < d.kernel_height; ++ky) {
    int row = input_row(y, ky);
    bool is_inside = plan.reads_map_ || (row >= 0 && row < d.in_height);
    if (!is_inside && d.in_quantization.zero == 0) continue;
    for (int kx = 0; kx < across; ++kx) {
      ByteTap &tap = taps[count++];
      tap.weights = &plan.weights_[block.weights +
                                   size_t(ky * across + kx) * plan.steps_ * Mul::kStep * block.width()];
      int64_t group = int64_t(block.group) * plan.in_group_;
      if (!is_inside) {
        tap.in = plan.outside_.get();
        tap.pixel = 0;
      } else if (plan.reads_map_) {
        tap.in = in.at(y * d.stride_height, begin * d.stride_width) + group;
        tap.pixel = in.pixel * d.stride_width;
      } else {
        int64_t slot = std::find(held, held + plan.slots_, row) - held;
        tap.in = copies + slot * plan.row_ + int64_t(kx) * d.dilation_width * d.in_channels + group;
        tap.pixel = int64_t(d.in_channels) * d.stride_width;
      }
    }
  }

  ByteTile tile{};
  tile.taps = taps, tile.tap_count = count, tile.steps = plan.steps_;
  tile.scale = &plan.tables_.scale[block.lane], tile.bias = &plan.tables_.bias[block.lane];
  tile.slopes = &plan.tables_.slopes[block.lane];
  tile.epilogue = &plan.epilogue_;
  tile.count = block.count;
  tile.residual_pixel = residual ? residual->pixel : 0;
  bool finishes = tiles_finish(d, plan.epilogue_);
  size_t out_size = element_size(out.type), residual_size = residual ? element_size(residual->type) : 0;
  const ByteTiles::Function *functions = tile_functions<ByteTiles, Mul>(block);
  int tile_count = divide_up(end - begin, max_pixels(block.vectors));
  for (int i = 0; i < tile_count; ++i) {
    int x = begin + (end - begin) * i / tile_count;
    int pixels = begin + (end - begin) * (i + 1) / tile_count - x;
    tile.first = x - begin;
    if (residual) {
      int64_t at = y * residual->row + x * residual->pixel + block.first;
      tile.residual = static_cast<const char *>(residual->data) + at * residual_size;
    }
    void *to = static_cast<char *>(out.data) + (y * out.row + x * out.pixel + block.first) * out_size;
    tile.is_raw = !finishes;
    tile.out = finishes ? to : sums, tile.out_pixel = finishes ? out.pixel : block.width();
    functions[pixels - 1](tile);
    if (!finishes) {
      tile.out = to, tile.out_pixel = out.pixel;
      plan.finish_(sums, block.width(), pixels, tile);
    }
  }
}
