// Direct convolution: it computes tiles of neighbouring pixels of a row, for one block of output channels at a time.
// There is no include guard.

#include "simd/activation.hpp"
#include "convolution/float_tiles.hpp"

/// Copies pixels of some channels, widened, next to each other.
inline void widen_pixels(const bf16 *from, int64_t pixel, int64_t count, int64_t channels, float *to) {
  if (pixel == channels) channels *= count, count = 1;
  for (int64_t p = 0; p < count; ++p, from += pixel, to += channels) {
    int64_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) store<kLanes>(to + c, load<kLanes>(from + c));
    for (; c < channels; ++c) to[c] = to_float(from[c]);
  }
}

/// `Number` is the element type of the maps. If it is not the one that `Mul` multiplies, the inputs are widened to that,
/// some rows at a time: a conversion in each product would cost as much as the product.
template <typename Mul, typename Number = typename Mul::Element>
class DirectPlan final : public ConvPlan {
  using Element = typename Mul::Element;
  using Weight = typename Mul::Weight;
  using Tiles = FloatTiles<Mul, Number>;
  static constexpr bool kWidens = !std::is_same_v<Number, Element>;

 public:
  explicit DirectPlan(const ConvSpec &spec) : desc_(spec.desc), epilogue_(spec.desc) {
    channels_ = spec.in_group();
    steps_ = divide_up(channels_, Mul::kStep) * Mul::kStep;
    for (int g = 0; g < desc_.groups; ++g) add_blocks(blocks_, g, g * spec.out_group(), spec.out_group());
    size_t weights = 0, lanes = 0;
    for (Block &block : blocks_) {
      block.weights = weights, block.lane = lanes;
      weights += size_t(spec.taps()) * steps_ * block.width();
      lanes += block.width();
    }
    weights_ = Buffer<Weight>(weights);
    bias_ = Buffer<float>(lanes);
    slopes_ = Buffer<float>(lanes);
    weights_.fill_zero(), bias_.fill_zero(), slopes_.fill_zero();
    for (const Block &block : blocks_) pack(spec, block);
    algorithm = CK_ALGORITHM_DIRECT;
    border_bytes_ = divide_up<size_t>(size_t(spec.taps()) * kMaxPixels * channels_ * sizeof(Element), 64) * 64;
    // The pixels of a group lie far apart, often in the same few sets of the cache, so its rows are copied first.
    packs_ = desc_.groups > 1 && spec.taps() > 1 && desc_.pad_left >= 0;
    if (packs_) {
      int64_t reach = int64_t(desc_.out_width - 1) * desc_.stride_width +
                      int64_t(desc_.kernel_width - 1) * desc_.dilation_width - desc_.pad_left + 1;
      packed_row_ = (desc_.pad_left + std::max<int64_t>(reach, desc_.in_width)) * channels_;
      packed_slots_ = (desc_.kernel_height - 1) * desc_.dilation_height + 1;
      border_bytes_ = divide_up<size_t>(size_t(packed_row_ + 16) * packed_slots_ * sizeof(Element), 64) * 64;
    }
    own_bytes_ = border_bytes_ + spec.taps() * sizeof(Tap) * 2 + 128 + kMaxPixels * 4 * kLanes * sizeof(float);
    own_bytes_ = divide_up<size_t>(own_bytes_, 64) * 64;
    scratch_bytes = own_bytes_ + (kWidens ? widened_bytes() : 0);
  }

  void run(ck_pool *pool, const ck_map &in, const ck_map &out, const ck_map *residual,
           ck_rows made) const override {
    Call call{*this, pool, View<const Number>(in), View<Number>(out), residual, made, {}};
    call.run();
  }

 private:
  struct Call {
    const DirectPlan &plan;
    ck_pool *pool;
    View<const Number> in;
    View<Number> out;
    const ck_map *residual_map;
    ck_rows made;
    struct {
      const Number *data = nullptr;
      int64_t row = 0, pixel = 0;
    } residual{};
    int first_row = 0, rows = 0, width = 0, segments = 0, batch = 1;
    bool merged = false;
    int64_t pixel = 0;  // elements between neighbouring pixels that tiles read

    /// The input that tiles read: the map, or a thread's widened copy of some of it.
    struct Source {
      const Element *data = nullptr;
      int64_t row = 0, pixel = 0;
      Element *copy = nullptr;
      int first = 0;  // the column of the copy's first pixel
      int slots = 0;  // the rows that a copy keeps, row y in slot y % slots
      int next = 0;   // the first row that has not been widened
      const Element *at(int y, int64_t x) const {
        return data + (slots ? y % slots : y) * row + (x - first) * pixel;
      }
    };

    /// A unit, or none, whose input is prefetched in some parts, each while one block is computed.
    struct Prefetch {
      int unit = -1, part = 0, parts = 1;
    };

    void run();
    void run_piece(int first_unit, int last_unit, int first_block, int last_block, int thread) const;
    std::pair<int, int> columns(int unit) const;
    void widen(Source &source, int first_unit, int last_unit) const;
    void run_unit(const Block &block, int unit, const Source &source, const Prefetch &prefetch, char *memory) const;
    void run_packed(const Block &block, int first, int last, char *memory) const;
    void pack_row(const Block &block, int iy, Element *to) const;
    FloatTile tile_args(const Block &block, int step) const;
    void make_tile(const Block &block, FloatTile &args, int y, int x, int pixels, float *sums) const;
    void prefetch_inputs(int y, int64_t begin, int64_t end) const;
    void prefetch_outputs(const Block &block, int y, int begin, int end) const;
    int border_taps(Tap *taps, const Tap *from, int count, int x, int pixels, Element *copies) const;
  };

  /// The pixels between the prefetch of an output and its tile.
  static constexpr int kAhead = 2 * max_pixels(2);

  /// The bytes of input and output that are computed together.
  int64_t batch_bytes() const { return tuning::direct_batch(int64_t(weights_.size() * sizeof(Weight))); }

  /// The units of `width` output pixels that are computed together: so few that their input stays in the second-level
  /// cache while all output channels are computed.
  int batch(int width) const {
    int64_t inputs = int64_t(sizeof(Element)) * desc_.in_channels * desc_.stride_height * desc_.stride_width;
    int64_t maps = desc_.residual == CK_RESIDUAL_NONE ? 1 : 2;
    int64_t bytes = width * (inputs + maps * int64_t(sizeof(Number)) * desc_.out_channels);
    return int(std::max<int64_t>(1, batch_bytes() / bytes));
  }

  /// The input rows that a batch of `batch` output rows reads.
  int input_rows(int batch) const {
    int64_t taps = int64_t(desc_.kernel_height - 1) * desc_.dilation_height + 1;
    return int(std::min<int64_t>(int64_t(batch - 1) * desc_.stride_height + taps, desc_.in_height));
  }

  /// The bytes of a thread's widened inputs: those of a batch of rows, or of segments of a map that is one long row.
  size_t widened_bytes() const {
    if (packs_) return 0;
    int batch_rows = std::min(batch(desc_.out_width), desc_.out_height);
    int64_t pixels = std::max<int64_t>(int64_t(input_rows(batch_rows)) * desc_.in_width,
                                       int64_t(batch(tuning::kSegmentPixels / 2)) * tuning::kSegmentPixels);
    return size_t(pixels) * desc_.in_channels * sizeof(Element);
  }

  void pack(const ConvSpec &spec, const Block &block) {
    int width = block.width();
    for (int tap = 0; tap < spec.taps(); ++tap) {
      for (int c = 0; c < channels_; ++c) {
        size_t at = block.weights + (size_t(tap) * steps_ + c / Mul::kStep * Mul::kStep) * width + c % Mul::kStep;
        for (int k = 0; k < block.count; ++k) {
          weights_[at + k * Mul::kStep] = from_float<Weight>(spec.weight(block.first + k, c, tap));
        }
      }
    }
    for (int k = 0; k < block.count; ++k) {
      if (spec.bias) bias_[block.lane + k] = spec.bias[block.first + k];
      if (epilogue_.has_slope) slopes_[block.lane + k] = epilogue_.slope(desc_.activation, block.first + k);
    }
  }

  ck_conv_desc desc_;
  Epilogue epilogue_;
  int channels_, steps_;
  std::vector<Block> blocks_;
  Buffer<Weight> weights_;
  Buffer<float> bias_, slopes_;
  size_t border_bytes_, own_bytes_;
  bool packs_;
  int64_t packed_row_ = 0;
  int packed_slots_ = 0;
};

template <typename Mul, typename Number>
void DirectPlan<Mul, Number>::Call::run() {
  const ck_conv_desc &d = plan.desc_;
  first_row = made.begin, rows = made.end - made.begin, width = d.out_width;
  if (residual_map) {
    residual = {static_cast<const Number *>(residual_map->data), residual_map->row, residual_map->pixel};
  }
  bool is_pointwise = d.kernel_height * d.kernel_width == 1 && d.stride_height == 1 && d.stride_width == 1 &&
                      d.pad_top == 0 && d.pad_left == 0 && d.in_height == d.out_height && d.in_width == d.out_width;
  if (is_pointwise && in.is_flat() && out.is_flat() &&
      (!residual.data || residual.row == width * residual.pixel || rows == 1)) {
    // A pointwise convolution of dense maps treats the map as one long row.
    in.data += first_row * in.row, out.data += first_row * out.row;
    if (residual.data) residual.data += first_row * residual.row;
    in.width *= rows;
    in.height = 1;
    width *= rows;
    rows = 1, first_row = 0;
  }
  pixel = kWidens ? d.in_channels : in.pixel;
  // If pixels are dense and have few channels, neighbouring taps read one contiguous piece of memory.
  merged = d.kernel_width > 1 && d.dilation_width == 1 && pixel == plan.channels_ &&
           plan.channels_ % Mul::kStep == 0 && plan.channels_ < 16;
  // Widened rows are whole, so that neighbouring segments do not widen the same pixels.
  segments = plan.packs_ || (kWidens && rows > 1) ? 1 : divide_up(width, tuning::kSegmentPixels);
  batch = plan.batch(divide_up(width, segments));
  int units = rows * segments;
  double cost = 2.0 * rows * width * d.kernel_height * d.kernel_width * plan.channels_ * d.out_channels / 100;
  int pieces = piece_count(pool, int64_t(units) * plan.blocks_.size(), cost);
  int unit_pieces = pieces < units ? pieces : units;
  int blocks = int(plan.blocks_.size());
  int block_pieces = std::min(divide_up(pieces, unit_pieces), blocks);
  if (plan.packs_) {
    // Neighbouring rows share copied input rows, so the work is divided by blocks first.
    block_pieces = std::min(pieces, blocks);
    unit_pieces = std::min(divide_up(pieces, block_pieces), units);
  }
  parallel(pool, unit_pieces * block_pieces, [&](int32_t index, int32_t thread) {
    int64_t u = index / block_pieces, b = index % block_pieces;
    run_piece(int(u * units / unit_pieces), int((u + 1) * units / unit_pieces), int(b * blocks / block_pieces),
              int((b + 1) * blocks / block_pieces), thread);
  });
}

template <typename Mul, typename Number>
void DirectPlan<Mul, Number>::Call::run_piece(int first_unit, int last_unit, int first_block, int last_block,
                                      int thread) const {
  const ck_conv_desc &d = plan.desc_;
  char *memory = static_cast<char *>(scratch(pool, thread));
  if (plan.packs_) {
    for (int b = first_block; b < last_block; ++b) {
      run_packed(plan.blocks_[b], first_row + first_unit, first_row + last_unit, memory);
    }
    return;
  }
  Source source;
  source.pixel = pixel;
  if constexpr (kWidens) {
    source.data = source.copy = reinterpret_cast<Element *>(memory + plan.own_bytes_);
    source.row = in.width * pixel, source.slots = plan.input_rows(rows > 1 ? batch : 1);
  } else {
    source.data = in.data, source.row = in.row;
  }
  int64_t pixel_bytes = d.in_channels * int64_t(sizeof(Element));
  bool prefetches = !kWidens && pixel_bytes >= tuning::kPrefetchedPixel, is_wide = pixel_bytes >= tuning::kWidePixel;
  if (is_wide) prefetches = prefetches && divide_up(width, segments) * pixel_bytes <= plan.batch_bytes();
  for (int first = first_unit; first < last_unit; first += batch) {
    int last = std::min(first + batch, last_unit);
    if constexpr (kWidens) widen(source, first, last);
    for (int b = first_block; b < last_block; ++b) {
      for (int unit = first; unit < last; ++unit) {
        // Narrower pixels are those that the first block of the same unit reads next.
        Prefetch prefetch{is_wide ? unit + batch : unit, b - first_block, is_wide ? last_block - first_block : 1};
        if (!prefetches || prefetch.unit >= last_unit || prefetch.part >= prefetch.parts) prefetch.unit = -1;
        run_unit(plan.blocks_[b], unit, source, prefetch, memory);
      }
    }
  }
}

/// Widens the input that some units read, as far as the units before them have not.
template <typename Mul, typename Number>
void DirectPlan<Mul, Number>::Call::widen(Source &source, int first_unit, int last_unit) const {
  const ck_conv_desc &d = plan.desc_;
  if (rows == 1) {
    // The units are segments of the row.
    int64_t reach = int64_t(d.kernel_width - 1) * d.dilation_width - d.pad_left;
    int64_t begin = int64_t(columns(first_unit).first) * d.stride_width - d.pad_left;
    int64_t end = int64_t(columns(last_unit - 1).second - 1) * d.stride_width + reach + 1;
    begin = std::clamp<int64_t>(begin, 0, in.width), end = std::clamp<int64_t>(end, begin, in.width);
    source.first = int(begin), source.row = (end - begin) * pixel, source.next = 0;
  }
  int top = (first_row + first_unit / segments) * d.stride_height - d.pad_top;
  int bottom = (first_row + (last_unit - 1) / segments) * d.stride_height - d.pad_top +
               (d.kernel_height - 1) * d.dilation_height + 1;
  int64_t count = source.row / pixel;
  for (int y = std::max({top, source.next, 0}); y < std::min(bottom, in.height); ++y) {
    widen_pixels(in.at(y, source.first), in.pixel, count, d.in_channels, source.copy + y % source.slots * source.row);
  }
  source.next = bottom;
}

/// The first and the last output column of a unit.
template <typename Mul, typename Number>
std::pair<int, int> DirectPlan<Mul, Number>::Call::columns(int unit) const {
  int64_t segment = unit % segments;
  return {int(segment * width / segments), int((segment + 1) * width / segments)};
}

template <typename Mul, typename Number>
void DirectPlan<Mul, Number>::Call::run_unit(const Block &block, int unit, const Source &source,
                                                 const Prefetch &prefetch, char *memory) const {
  const ck_conv_desc &d = plan.desc_;
  int y = first_row + unit / segments;
  auto [begin, end] = columns(unit);
  Element *copies = reinterpret_cast<Element *>(memory);
  Tap *taps = reinterpret_cast<Tap *>(memory + plan.border_bytes_);
  Tap *own_taps = taps + d.kernel_height * d.kernel_width;
  float *sums = reinterpret_cast<float *>(
      memory + divide_up<size_t>(plan.border_bytes_ + 2 * d.kernel_height * d.kernel_width * sizeof(Tap), 64) * 64);

  int step = merged ? d.kernel_width : 1, tap_count = 0;
  for (int ky = 0; ky < d.kernel_height; ++ky) {
    int iy = y * d.stride_height - d.pad_top + ky * d.dilation_height;
    if (iy < 0 || iy >= d.in_height) continue;
    for (int kx = 0; kx < d.kernel_width; kx += step) {
      taps[tap_count++] = {
          source.at(iy, kx * d.dilation_width - d.pad_left) + block.group * plan.channels_,
          &plan.weights_[block.weights + size_t(ky * d.kernel_width + kx) * plan.steps_ * block.width()],
          d.stride_width * pixel};
    }
  }

  FloatTile args = tile_args(block, step);
  int tile_count = divide_up(end - begin, max_pixels(block.vectors));
  int inner_begin = divide_up(d.pad_left, d.stride_width);
  int64_t reach = int64_t(d.kernel_width - 1) * d.dilation_width - d.pad_left;
  int64_t distance = tuning::kPrefetchDistance / (d.in_channels * int64_t(sizeof(Element)));
  int later_y = first_row + prefetch.unit / segments;
  auto [later, later_end] = columns(std::max(prefetch.unit, 0));
  for (int i = 0; i < tile_count; ++i) {
    int x = begin + (end - begin) * i / tile_count;
    int pixels = begin + (end - begin) * (i + 1) / tile_count - x;
    if (prefetch.unit == unit) {
      int64_t next = x + std::max<int64_t>(pixels, distance);
      prefetch_inputs(y, next, next + pixels);
    } else if (prefetch.unit >= 0) {
      int64_t part = prefetch.part * tile_count + i, parts = prefetch.parts * tile_count, count = later_end - later;
      prefetch_inputs(later_y, later + count * part / parts, later + count * (part + 1) / parts);
    }
    if (plan.blocks_.size() > 1) prefetch_outputs(block, y, x + kAhead, std::min(x + kAhead + pixels, end));
    if (x >= inner_begin && int64_t(x + pixels - 1) * d.stride_width + reach < in.width) {
      args.taps = taps, args.tap_count = tap_count;
      args.first = x;
    } else {
      args.tap_count = border_taps(own_taps, taps, tap_count, x, pixels, copies);
      args.taps = own_taps;
      args.first = 0;
    }
    make_tile(block, args, y, x, pixels, sums);
  }
}

template <typename Mul, typename Number>
FloatTile DirectPlan<Mul, Number>::Call::tile_args(const Block &block, int step) const {
  FloatTile args{};
  args.channels = plan.channels_ * step;
  args.bias = &plan.bias_[block.lane];
  args.slopes = plan.epilogue_.has_slope ? &plan.slopes_[block.lane] : nullptr;
  args.low = plan.epilogue_.low, args.high = plan.epilogue_.high;
  args.residual_after = plan.epilogue_.residual_after;
  args.residual_pixel = residual.pixel;
  args.count = block.count;
  args.raw = !plan.epilogue_.is_simple;
  return args;
}

/// Computes some outputs of a row from the taps in `args`.
template <typename Mul, typename Number>
void DirectPlan<Mul, Number>::Call::make_tile(const Block &block, FloatTile &args, int y, int x, int pixels,
                                      float *sums) const {
  TileFunction<Tiles> function = tile_functions<Tiles>(block)[pixels - 1];
  Number *to = out.at(y, x) + block.first;
  args.residual = residual.data ? residual.data + y * residual.row + x * residual.pixel + block.first : nullptr;
  if (args.raw) {
    args.out = sums, args.out_pixel = block.width();
    function(args);
    args.out = to, args.out_pixel = out.pixel;
    finish_raw<Number>(sums, block.width(), pixels, plan.epilogue_, args);
  } else {
    args.out = to, args.out_pixel = out.pixel;
    function(args);
  }
}

/// Prefetches the input of some outputs of a row as far as the row above has not read it. Processors do not foresee it,
/// because a tile reads its pixels side by side, each from its first channel to its last.
template <typename Mul, typename Number>
void DirectPlan<Mul, Number>::Call::prefetch_inputs(int y, int64_t begin, int64_t end) const {
  const ck_conv_desc &d = plan.desc_;
  int bottom = y * d.stride_height - d.pad_top + (d.kernel_height - 1) * d.dilation_height;
  int step = d.kernel_width == 1 ? d.stride_width : 1;
  int64_t first = begin * d.stride_width, last = std::min<int64_t>(end * d.stride_width, in.width);
  int64_t bytes = int64_t(sizeof(Number)) * d.in_channels;
  for (int iy = std::max(0, bottom - d.stride_height + 1); iy <= std::min(bottom, in.height - 1); ++iy) {
    for (int64_t ix = first; ix < last; ix += step) {
      auto *from = reinterpret_cast<const char *>(in.at(iy, int(ix)));
      for (int64_t byte = 0; byte < bytes; byte += 64) __builtin_prefetch(from + byte, 0, 2);
    }
  }
}

/// Prefetches a block's outputs, because processors do not foresee pixels of which a tile writes a small part.
template <typename Mul, typename Number>
void DirectPlan<Mul, Number>::Call::prefetch_outputs(const Block &block, int y, int begin, int end) const {
  for (int x = begin; x < end; ++x) {
    auto *to = reinterpret_cast<const char *>(out.at(y, x) + block.first);
    for (int byte = 0; byte < block.count * int(sizeof(Number)); byte += 64) __builtin_prefetch(to + byte, 1);
    if (residual.data) __builtin_prefetch(residual.data + y * residual.row + x * residual.pixel + block.first);
  }
}

/// Computes rows of a group's outputs from copies of its input rows with zeros around them.
template <typename Mul, typename Number>
void DirectPlan<Mul, Number>::Call::run_packed(const Block &block, int first, int last, char *memory) const {
  const ck_conv_desc &d = plan.desc_;
  Element *packed = reinterpret_cast<Element *>(memory);
  Tap *taps = reinterpret_cast<Tap *>(memory + plan.border_bytes_);
  float *sums = reinterpret_cast<float *>(
      memory + divide_up<size_t>(plan.border_bytes_ + 2 * d.kernel_height * d.kernel_width * sizeof(Tap), 64) * 64);
  // If the pixels of neighbouring taps are neighbours in memory, a whole row of the kernel is one contiguous piece.
  int step = d.dilation_width == 1 && plan.channels_ % Mul::kStep == 0 ? d.kernel_width : 1;
  FloatTile args = tile_args(block, step);
  args.taps = taps;
  int tiles = divide_up(width, max_pixels(block.vectors)), next = std::numeric_limits<int>::min();
  for (int y = first; y < last; ++y) {
    int top = y * d.stride_height - d.pad_top, bottom = top + plan.packed_slots_;
    for (int iy = std::max({next, top, 0}); iy < std::min(bottom, d.in_height); ++iy) {
      pack_row(block, iy, packed + iy % plan.packed_slots_ * plan.packed_row_);
    }
    next = bottom;
    args.tap_count = 0;
    for (int ky = 0; ky < d.kernel_height; ++ky) {
      int iy = top + ky * d.dilation_height;
      if (iy < 0 || iy >= d.in_height) continue;
      Element *row = packed + iy % plan.packed_slots_ * plan.packed_row_;
      for (int kx = 0; kx < d.kernel_width; kx += step) {
        taps[args.tap_count++] = {
            row + int64_t(kx) * d.dilation_width * plan.channels_,
            &plan.weights_[block.weights + size_t(ky * d.kernel_width + kx) * plan.steps_ * block.width()],
            int64_t(d.stride_width) * plan.channels_};
      }
    }
    for (int i = 0; i < tiles; ++i) {
      int x = width * i / tiles;
      args.first = x;
      make_tile(block, args, y, x, width * (i + 1) / tiles - x, sums);
    }
  }
}

template <typename Mul, typename Number>
void DirectPlan<Mul, Number>::Call::pack_row(const Block &block, int iy, Element *to) const {
  int64_t channels = plan.channels_, pad = plan.desc_.pad_left * channels, end = pad + in.width * channels;
  std::memset(static_cast<void *>(to), 0, pad * sizeof(Element));
  const Number *from = in.at(iy, 0) + block.group * channels;
  to += pad;
  if constexpr (kWidens) {
    widen_pixels(from, in.pixel, in.width, channels, to);
  } else if (channels == 16) {
    // With a size known to the compiler this is one load and one store.
    for (int x = 0; x < in.width; ++x) {
      std::memcpy(static_cast<void *>(to + x * 16), from + x * in.pixel, 16 * sizeof(Element));
    }
  } else {
    for (int x = 0; x < in.width; ++x) {
      std::memcpy(static_cast<void *>(to + x * channels), from + x * in.pixel, channels * sizeof(Element));
    }
  }
  to -= pad;
  std::memset(static_cast<void *>(to + end), 0, (plan.packed_row_ - end) * sizeof(Element));
}

/// Makes the taps of a tile that reaches over the left or the right border. Taps that lie completely outside are left
/// out; those that lie partly outside read from copies with zeros. Returns the number of taps.
template <typename Mul, typename Number>
int DirectPlan<Mul, Number>::Call::border_taps(Tap *taps, const Tap *from, int count, int x, int pixels,
                                       Element *copies) const {
  const ck_conv_desc &d = plan.desc_;
  int step = merged ? d.kernel_width : 1, per_row = d.kernel_width / step, made = 0;
  int64_t channels = int64_t(plan.channels_) * step;
  for (int t = 0; t < count; ++t) {
    int64_t first = int64_t(x) * d.stride_width - d.pad_left + (t % per_row) * d.dilation_width;
    int64_t last = first + int64_t(pixels - 1) * d.stride_width + step - 1;
    auto *source = static_cast<const Element *>(from[t].in) + int64_t(x) * d.stride_width * pixel;
    if (last < 0 || first >= in.width) continue;
    taps[made] = {source, from[t].weights, from[t].pixel};
    if (first < 0 || last >= in.width) {
      for (int p = 0; p < pixels; ++p) {
        int64_t ix = first + int64_t(p) * d.stride_width;
        int64_t low = std::clamp<int64_t>(-ix, 0, step), high = std::clamp<int64_t>(in.width - ix, low, step);
        Element *to = copies + p * channels;
        std::memset(static_cast<void *>(to), 0, channels * sizeof(Element));
        if (high > low) {
          std::memcpy(static_cast<void *>(to + low * plan.channels_),
                      source + int64_t(p) * d.stride_width * pixel + low * plan.channels_,
                      (high - low) * plan.channels_ * sizeof(Element));
        }
      }
      taps[made].in = copies, taps[made].pixel = channels;
      copies += pixels * channels;
    }
    ++made;
  }
  return made;
}

inline std::unique_ptr<ConvPlan> make_direct(const ConvSpec &spec) {
  if (spec.desc.type == CK_FLOAT32) return std::make_unique<DirectPlan<MulFloat>>(spec);
#if defined(CK_PAIRS)
  return std::make_unique<DirectPlan<MulPairs>>(spec);
#else
  return std::make_unique<DirectPlan<MulFloat, bf16>>(spec);
#endif
}
