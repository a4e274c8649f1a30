// Convolution of unsigned bytes with signed bytes, summed exactly in 32 bits. There is no include guard: the file is
// included once in each namespace.

#include "simd/activation.hpp"
#include "tiles/tile.hpp"

/// The steps that follow the sums: scale, bias, residual, activation and rounding to bytes. If the activation is
/// simple, all values are in units of the output's bytes.
struct QuantizedEpilogue : Epilogue {
  ck_type out_type;
  float post = 1, shift = 0;  // factor and addend of the result
  float residual_scale = 1, residual_shift = 0;
  float unit = 1;  // factor of scales and biases

  explicit QuantizedEpilogue(const ck_conv_desc &desc) : Epilogue(desc), out_type(desc.out_type) {
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

/// For each output channel, the factor of its sum, the addend and the slope, padded to whole vectors.
struct QuantizedTables {
  Buffer<float> scale, bias, slopes;
  explicit QuantizedTables(size_t lanes = 0) : scale(lanes), bias(lanes), slopes(lanes) {
    scale.fill_zero(), bias.fill_zero(), slopes.fill_zero();
  }

  /// Quantizes the weights of output channel `k`, calls put(c, tap, weight) for each of them, and sets the tables at
  /// `lane`, for sums of inputs that are smaller by `offset`.
  template <typename Put>
  void set(const ConvSpec &spec, const QuantizedEpilogue &epilogue, int k, size_t lane, int offset, const Put &put) {
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
    bias[lane] = (spec.bias ? spec.bias[k] : 0) * epilogue.unit - float((in.zero - offset) * total) * scale[lane];
    if (epilogue.has_slope) slopes[lane] = epilogue.slope(spec.desc.activation, k);
  }
};

struct QuantizedTile : TileProducts {
  const float *scale, *bias, *slopes;
  const QuantizedEpilogue *epilogue;
  void *out;
  const void *residual;
  int64_t out_pixel, residual_pixel;
  int count;   // valid output channels
  bool is_raw;  // whether the output gets the sums themselves, 32 bits each
};

template <int N>
CK_INLINE FloatN<N> simple_activation(const QuantizedEpilogue &e, const float *slopes, FloatN<N> x) {
  if (e.has_slope) return x > 0.0f ? x : load<N>(slopes) * x;
  return vmin(vmax(x, splat<N>(e.low)), splat<N>(e.high));
}

/// The tiles of quantized maps, for tile().
struct QuantizedTiles {
  using Mul = QuantizedProduct;
  using Args = QuantizedTile;

  template <int N, int Vectors, int Pixels>
  static CK_INLINE void start(const QuantizedTile &, IntN<N> (&sums)[Pixels][Vectors]) {
    CK_UNROLL for (int p = 0; p < Pixels; ++p) {
      CK_UNROLL for (int v = 0; v < Vectors; ++v) sums[p][v] = (IntN<N>)(0);
    }
  }

  template <int N, int Vectors, int Pixels>
  static CK_INLINE void finish(const QuantizedTile &tile, IntN<N> (&sums)[Pixels][Vectors]) {
    if (tile.is_raw) {
      CK_UNROLL for (int p = 0; p < Pixels; ++p) {
        auto *out = static_cast<int32_t *>(tile.out) + p * tile.out_pixel;
        __builtin_memcpy(out, sums[p], sizeof sums[p]);
      }
      return;
    }
    const QuantizedEpilogue &e = *tile.epilogue;
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
};

/// Does everything that follows the sums, if the tile function does not do it.
template <typename Out, typename Residual>
CK_NOINLINE void finish_sums(const int32_t *sums, int64_t sums_pixel, int pixels, const QuantizedTile &tile) {
  const QuantizedEpilogue &e = *tile.epilogue;
  for (int p = 0; p < pixels; ++p) {
    auto *residual = static_cast<const Residual *>(tile.residual);
    if (residual) residual += p * tile.residual_pixel;
    auto *out = static_cast<Out *>(tile.out) + p * tile.out_pixel;
    for (int c = 0; c < tile.count; c += kLanes) {
      int count = tile.count - c < kLanes ? tile.count - c : kLanes;
      // The sums are padded to at least half a vector.
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

using FinishFunction = void (*)(const int32_t *, int64_t, int, const QuantizedTile &);

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

/// Whether the tile function does everything that follows the sums.
inline bool tiles_finish(const ck_conv_desc &desc, const QuantizedEpilogue &epilogue) {
  return epilogue.is_simple && desc.out_type == CK_UINT8 &&
         (desc.residual == CK_RESIDUAL_NONE || desc.residual_type == CK_UINT8);
}

/// Direct convolution of quantized maps. Rows of the input are copied together with their padding, so that all tiles of
/// a row are computed in the same way.
class QuantizedPlan final : public ConvPlan {
  using Mul = QuantizedProduct;
  using Element = Mul::Element;
  using Weight = Mul::Weight;

 public:
  explicit QuantizedPlan(const ConvSpec &spec)
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
    tables_ = QuantizedTables(lanes + kLanes);
    for (const Block &block : blocks_) pack(spec, block);
    // This row stands for rows outside the input. Some elements beyond the last channel are read too, and multiplied by
    // zero.
    outside_ = Buffer<Element>(size_t(d.kernel_width) * d.in_channels + 64);
    std::fill_n(outside_.get(), outside_.size(), Element(d.in_quantization.zero));

    // The phases of a transposed convolution may have outputs beyond the last input.
    bool is_inside = d.pad_top == 0 && d.pad_left == 0 && (d.out_height - 1) * d.stride_height < d.in_height &&
                     (d.out_width - 1) * d.stride_width < d.in_width;
    reads_map_ = std::is_same_v<Element, uint8_t> && d.kernel_height * d.kernel_width == 1 && is_inside &&
                 d.in_channels % Mul::kStep == 0 && in_group_ % Mul::kStep == 0;
    int64_t bytes = int64_t(d.in_channels) * sizeof(Element) * d.stride_width;
    segments_ = std::max<int>(1, int(divide_up<int64_t>(bytes * d.out_width, tuning::quantized_segment())));
    // If the weights are large, they are read once for several rows.
    phases_ = d.stride_height == 1 ? std::min(d.dilation_height, d.out_height) : 1;
    int64_t row_bytes = bytes * divide_up(d.out_width, segments_);
    bool has_few_weights = int64_t(weights * sizeof(Weight)) < tuning::quantized_weights();
    batch_ = has_few_weights ? 1 : int(std::clamp<int64_t>(tuning::quantized_batch() / row_bytes, 1, 8));
    bool is_dense = d.dilation_height == 1 || d.stride_height == 1;
    slots_ = is_dense ? std::min(batch_ * d.kernel_height, d.kernel_height + (batch_ - 1) * d.stride_height)
                      : batch_ * d.kernel_height;
    row_ = (divide_up(d.out_width, segments_) * d.stride_width + (d.kernel_width - 1) * d.dilation_width) *
               int64_t(d.in_channels) +
           64;
    if (reads_map_) slots_ = 0;
    algorithm = CK_ALGORITHM_DIRECT;
    rows_bytes_ = divide_up<size_t>(slots_ * row_ * sizeof(Element), 64) * 64;
    taps_bytes_ = divide_up<size_t>(size_t(taps_) * sizeof(Tap) + size_t(slots_) * sizeof(int), 64) * 64;
    scratch_bytes = rows_bytes_ + taps_bytes_ + (kMaxPixels * 4 + 1) * kLanes * sizeof(int32_t);
  }

  void run(ck_pool *pool, const ck_map &in, const ck_map &out, const ck_map *residual, ck_rows rows) const override {
    Call call{*this, pool, View<const uint8_t>(in), out, residual, rows.begin, rows.end - rows.begin};
    call.run();
  }

 private:
  struct Call {
    const QuantizedPlan &plan;
    ck_pool *pool;
    View<const uint8_t> in;
    ck_map out;
    const ck_map *residual;
    int first_row, rows;  // rows of the output
    int width = 0, segments = 0;

    void run();
    void run_piece(int first_unit, int last_unit, int first_block, int last_block, int thread) const;
    void run_row(const Block &block, int y, int begin, int end, const Element *rows, const int *held, Tap *taps,
                 int32_t *sums) const;
    void hold_rows(int first_unit, int last_unit, int begin, int end, Element *rows, int *held) const;
    int row_of(int unit) const {
      // Rows that read the same input rows follow each other.
      int index = unit % rows, phases = plan.phases_;
      if (phases == 1) return first_row + index;
      int full = rows / phases, longer = rows % phases, cut = longer * (full + 1);
      if (index < cut) return first_row + index / (full + 1) + index % (full + 1) * phases;
      return first_row + longer + (index - cut) / full + (index - cut) % full * phases;
    }
    /// The end of the range of units that belong to the same phase.
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
      tables_.set(spec, epilogue_, block.first + k, block.lane + k, Mul::kOffset, [&](int c, int tap, int weight) {
        int index = merged_ ? tap % desc_.kernel_width * in_group_ + c : c;
        int line = merged_ ? tap / desc_.kernel_width : tap;
        size_t step = size_t(line) * steps_ + index / Mul::kStep;
        weights_[block.weights + (step * width + k) * Mul::kStep + index % Mul::kStep] = Weight(weight);
      });
    }
  }

  ck_conv_desc desc_;
  QuantizedEpilogue epilogue_;
  FinishFunction finish_;
  int in_group_, run_, steps_, taps_;
  bool merged_, reads_map_;
  int segments_, phases_, batch_, slots_;
  int64_t row_;  // number of elements in a copied row
  size_t rows_bytes_, taps_bytes_;
  std::vector<Block> blocks_;
  Buffer<Weight> weights_;
  QuantizedTables tables_;
  Buffer<Element> outside_;
};

inline void QuantizedPlan::Call::run() {
  const ck_conv_desc &d = plan.desc_;
  double cost = double(rows) * d.out_width * d.out_channels *
                (2.0 * plan.taps_ * plan.run_ / (Mul::kStep == 4 ? tuning::kByteRate : tuning::kWordRate) + 0.05);
  width = d.out_width, segments = plan.segments_;
  auto is_flat = [](const ck_map &map) { return map.row == map.width * map.pixel || map.height == 1; };
  if (plan.reads_map_) {
    if (d.stride_height == 1 && d.stride_width == 1 && d.in_height == d.out_height && d.in_width == d.out_width &&
        in.is_flat() && is_flat(out) && (!residual || is_flat(*residual))) {
      width *= rows;
      rows = 1;
    }
    segments = divide_up(width, tuning::kSegmentPixels);
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

inline void QuantizedPlan::Call::run_piece(int first_unit, int last_unit, int first_block, int last_block,
                                      int thread) const {
  char *memory = static_cast<char *>(scratch(pool, thread));
  auto *copies = reinterpret_cast<Element *>(memory);
  auto *taps = reinterpret_cast<Tap *>(memory + plan.rows_bytes_);
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

/// Copies the input rows that some units need and that are not copied yet, limited to the columns of the segment.
inline void QuantizedPlan::Call::hold_rows(int first_unit, int last_unit, int begin, int end, Element *copies,
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

inline void QuantizedPlan::Call::run_row(const Block &block, int y, int begin, int end, const Element *copies,
                                    const int *held, Tap *taps, int32_t *sums) const {
  const ck_conv_desc &d = plan.desc_;
  int count = 0, across = plan.merged_ ? 1 : d.kernel_width;
  for (int ky = 0; ky < d.kernel_height; ++ky) {
    int row = input_row(y, ky);
    bool is_inside = plan.reads_map_ || (row >= 0 && row < d.in_height);
    if (!is_inside && d.in_quantization.zero == Mul::kOffset) continue;
    for (int kx = 0; kx < across; ++kx) {
      Tap &tap = taps[count++];
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

  QuantizedTile tile{};
  tile.taps = taps, tile.tap_count = count, tile.channels = plan.steps_ * Mul::kStep;
  tile.scale = &plan.tables_.scale[block.lane], tile.bias = &plan.tables_.bias[block.lane];
  tile.slopes = &plan.tables_.slopes[block.lane];
  tile.epilogue = &plan.epilogue_;
  tile.count = block.count;
  tile.residual_pixel = residual ? residual->pixel : 0;
  bool finishes = tiles_finish(d, plan.epilogue_);
  size_t out_size = element_size(out.type), residual_size = residual ? element_size(residual->type) : 0;
  const TileFunction<QuantizedTiles> *functions = tile_functions<QuantizedTiles>(block);
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
