// Depthwise convolution, also with several outputs per channel, and grouped convolution with 2, 4 or 8 channels per
// group. Vectors run over channels. There is no include guard.

#include "simd/activation.hpp"

/// Replaces each lane of x by the lane with number `Index` in its group of `Width` lanes.
template <int Width, int Index, int... Lane>
CK_INLINE Float spread(Float x, std::integer_sequence<int, Lane...>) {
  return __builtin_shufflevector(x, x, (Lane / Width * Width + Index)...);
}

struct ChannelTap {
  const void *in;
  const float *weights;
};

struct ChannelArgs {
  const ChannelTap *taps;
  int tap_count, channels;
  int in_channels, outputs;  // number of outputs per input channel, used if Width is 0
  int64_t in_shift, in_pixel, out_pixel, residual_pixel;
  int64_t weight_line;  // floats between the weights of neighbouring input channels of a group
  const float *bias, *slopes;
  void *out;
  const void *residual;
  const Epilogue *epilogue;
};

template <typename T, int Width, int Pixels, int... Index>
CK_INLINE void add_tap(const T *in, const float *weights, int64_t pixel, int64_t line, int count, Int index,
                       Float *sums, std::integer_sequence<int, Index...>) {
  constexpr int lines = Width ? Width : 1;
  Float w[lines];
  CK_UNROLL for (int i = 0; i < lines; ++i) w[i] = load<kLanes>(weights + i * line);
  CK_UNROLL for (int p = 0; p < Pixels; ++p) {
    Float x = count == kLanes ? load<kLanes>(in + p * pixel) : load<kLanes>(in + p * pixel, count);
    if constexpr (Width == 0) {
      sums[p] = fma(permute(x, index), w[0], sums[p]);
    } else if constexpr (Width == 1) {
      sums[p] = fma(x, w[0], sums[p]);
    } else {
      ((sums[p] = fma(spread<Width, Index>(x, std::make_integer_sequence<int, kLanes>()), w[Index], sums[p])), ...);
    }
  }
}

/// Writes the outputs of some neighbouring pixels for a vector of channels.
/// - Parameter sums: Products and bias.
template <typename T, int Pixels>
CK_INLINE void finish_tile(const ChannelArgs &args, int c, int count, void *out, const void *residual,
                           const Float *sums) {
  const Epilogue &epilogue = *args.epilogue;
  Float low = splat<kLanes>(epilogue.low), high = splat<kLanes>(epilogue.high);
  bool clips = epilogue.is_simple && !epilogue.has_slope;
  Float slope = load<kLanes>(args.slopes + c);
  Float inputs[Pixels];  // not the sums themselves, which would leave the registers for the loop below
  CK_UNROLL for (int p = 0; p < Pixels; ++p) {
    Float x = sums[p], r = splat<kLanes>(0);
    if (residual) {
      const T *from = static_cast<const T *>(residual) + p * args.residual_pixel + c;
      r = count == kLanes ? load<kLanes>(from) : load<kLanes>(from, count);
      if (!epilogue.residual_after) x += r;
    }
    if (clips) {
      x = vmin(vmax(x, low), high);
      if (epilogue.residual_after) x += r;
    }
    T *to = static_cast<T *>(out) + p * args.out_pixel + c;
    if (clips) {
      count == kLanes ? store<kLanes>(to, x) : store<kLanes>(to, x, count);
    } else {
      inputs[p] = x;
    }
  }
  if (clips) return;
  for (int p = 0; p < Pixels; ++p) {
    Float x = activate(epilogue.kind, epilogue.a, epilogue.b, slope, inputs[p]);
    if (residual && epilogue.residual_after) {
      x += load<kLanes>(static_cast<const T *>(residual) + p * args.residual_pixel + c, count);
    }
    store<kLanes>(static_cast<T *>(out) + p * args.out_pixel + c, x, count);
  }
}

/// Computes all channels of some neighbouring outputs of a row. `Width` is the number of channels per group; 0 stands
/// for one input channel with several outputs.
template <typename T, int Width, int Pixels>
CK_NOINLINE void channel_tile(const ChannelArgs &args) {
  for (int c = 0; c < args.channels; c += kLanes) {
    int count = args.channels - c < kLanes ? args.channels - c : kLanes;
    Float sums[Pixels];
    CK_UNROLL for (int p = 0; p < Pixels; ++p) sums[p] = load<kLanes>(args.bias + c);
    int first = c, readable = count;
    Int index{};
    if constexpr (Width == 0) {
      first = c / args.outputs;
      readable = std::min(kLanes, args.in_channels - first);
      for (int i = 0; i < kLanes; ++i) index[i] = (c + i) / args.outputs - first;
    }
    auto add = [&](int valid) __attribute__((always_inline)) {
      for (int t = 0; t < args.tap_count; ++t) {
        add_tap<T, Width, Pixels>(static_cast<const T *>(args.taps[t].in) + args.in_shift + first,
                                  args.taps[t].weights + c, args.in_pixel, args.weight_line, valid, index, sums,
                                  std::make_integer_sequence<int, Width>());
      }
    };
    readable == kLanes ? add(kLanes) : add(readable);
    finish_tile<T, Pixels>(args, c, count, args.out, args.residual, sums);
  }
}

/// The rows of outputs of a block. Their inputs overlap, and each input is read once for all of them.
constexpr int kBlockRows = 3;
/// The pixels of a block: as many as fit the registers beside the weights and an input.
constexpr int kBlockPixels = CK_REGISTERS == 32 ? 6 : 3;

struct ChannelBlock {
  /// The taps are those of the kernel's first row, and their inputs are those of the block's first row of inputs.
  ChannelArgs args;
  int kernel_height;
  int64_t weight_row;  // floats between the weights of neighbouring rows of the kernel
  int64_t in_row;      // values between neighbouring rows of inputs
  int begin, end;      // the block's rows of inputs that lie inside the input
  void *outputs[kBlockRows];
  const void *residuals[kBlockRows];
};

/// Adds the products of a row of inputs to the outputs of the rows from First to Last.
template <typename T, int First, int Last>
CK_INLINE void add_row(const ChannelBlock &block, int row, int c, int count, Float *sums) {
  constexpr int rows = Last - First + 1;
  for (int t = 0; t < block.args.tap_count; ++t) {
    const ChannelTap &tap = block.args.taps[t];
    const T *in = static_cast<const T *>(tap.in) + block.args.in_shift + row * block.in_row + c;
    Float w[rows];
    const float *weights = tap.weights + (row - First) * block.weight_row + c;
    CK_UNROLL for (int r = 0; r < rows; ++r) w[r] = load<kLanes>(weights - r * block.weight_row);
    CK_UNROLL for (int p = 0; p < kBlockPixels; ++p) {
      const T *from = in + p * block.args.in_pixel;
      Float x = count == kLanes ? load<kLanes>(from) : load<kLanes>(from, count);
      CK_UNROLL for (int r = 0; r < rows; ++r) {
        Float &sum = sums[(First + r) * kBlockPixels + p];
        sum = fma(x, w[r], sum);
      }
    }
  }
}

/// Computes all channels of some neighbouring outputs of a block's rows. The kernel has as many rows as the block, or
/// more.
template <typename T>
CK_NOINLINE void channel_block(const ChannelBlock &block) {
  const ChannelArgs &args = block.args;
  for (int c = 0; c < args.channels; c += kLanes) {
    int count = args.channels - c < kLanes ? args.channels - c : kLanes;
    Float sums[kBlockRows * kBlockPixels];
    CK_UNROLL for (Float &sum : sums) sum = load<kLanes>(args.bias + c);
    auto add = [&](int valid) __attribute__((always_inline)) {
      for (int row = block.begin; row < block.end; ++row) {
        int lines = block.kernel_height - row;
        static_assert(kBlockRows == 3);
        if (row == 0) {
          add_row<T, 0, 0>(block, row, c, valid, sums);
        } else if (row == 1) {
          add_row<T, 0, 1>(block, row, c, valid, sums);
        } else if (lines > 0) {
          add_row<T, 0, 2>(block, row, c, valid, sums);
        } else if (lines == 0) {
          add_row<T, 1, 2>(block, row, c, valid, sums);
        } else {
          add_row<T, 2, 2>(block, row, c, valid, sums);
        }
      }
    };
    count == kLanes ? add(kLanes) : add(count);
    CK_UNROLL for (int r = 0; r < kBlockRows; ++r) {
      finish_tile<T, kBlockPixels>(args, c, count, block.outputs[r], block.residuals[r], sums + r * kBlockPixels);
    }
  }
}

template <typename T, int Width>
class ChannelPlan final : public ConvPlan {
  static constexpr int kLines = Width ? Width : 1;  // lines of weights per tap

 public:
  explicit ChannelPlan(const ConvSpec &spec) : desc_(spec.desc), epilogue_(spec.desc), columns_(spec.desc) {
    padded_ = divide_up(desc_.out_channels, kLanes) * kLanes;
    weights_ = Buffer<float>(size_t(spec.taps()) * kLines * padded_);
    bias_ = Buffer<float>(padded_);
    slopes_ = Buffer<float>(padded_);
    weights_.fill_zero(), bias_.fill_zero(), slopes_.fill_zero();
    for (int k = 0; k < desc_.out_channels; ++k) {
      for (int tap = 0; tap < spec.taps(); ++tap) {
        for (int i = 0; i < kLines; ++i) weights_[(size_t(tap) * kLines + i) * padded_ + k] = spec.weight(k, i, tap);
      }
      if (spec.bias) bias_[k] = spec.bias[k];
      if (epilogue_.has_slope) slopes_[k] = epilogue_.slope(desc_.activation, k);
    }
    makes_blocks_ = Width == 1 && desc_.stride_height == 1 && desc_.kernel_height >= kBlockRows;
    prefetches_ = desc_.kernel_height > 1 || desc_.stride_height > 1 || desc_.in_channels * sizeof(T) >= 512;
    algorithm = CK_ALGORITHM_DEPTHWISE;
    scratch_bytes = spec.taps() * sizeof(ChannelTap);
  }

  void run(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, const ck_map *residual,
           ck_rows made) const override {
    View<const T> in(in_map);
    View<T> out(out_map);
    int rows = made.end - made.begin;
    double values = double(rows) * desc_.out_width * desc_.out_channels;
    double cost = values * (desc_.kernel_height * desc_.kernel_width * kLines * 0.025 + 0.1);
    int pieces = piece_count(pool, rows, cost);
    // Rows that have inputs in common are a dilation apart. The pieces are whole blocks if there are enough of these.
    int step = desc_.dilation_height, block = kBlockRows * step;
    int unit = makes_blocks_ && rows >= 2 * block * ck_pool_threads(pool) ? block : 1;
    int units = divide_up(rows, unit);
    pieces = std::min(pieces, units);
    parallel(pool, pieces, [&](int32_t index, int32_t thread) {
      Row row{arguments(in, out, residual), in, out, residual, static_cast<ChannelTap *>(scratch(pool, thread))};
      int y = made.begin + int(int64_t(index) * units / pieces) * unit;
      int last = std::min(made.end, made.begin + int(int64_t(index + 1) * units / pieces) * unit);
      for (; unit > 1 && y + block <= last; y += block) {
        for (int first = y; first < y + step; ++first) run_block(row, first);
      }
      for (; y < last; ++y) run_row(row, y);
    });
  }

 private:
  struct Row {
    ChannelArgs args;
    View<const T> in;
    View<T> out;
    const ck_map *residual;
    ChannelTap *taps;
  };

  ChannelArgs arguments(const View<const T> &in, const View<T> &out, const ck_map *residual) const {
    ChannelArgs args{};
    args.channels = desc_.out_channels;
    args.in_channels = desc_.in_channels, args.outputs = desc_.out_channels / desc_.groups;
    args.in_pixel = in.pixel * desc_.stride_width, args.out_pixel = out.pixel;
    args.residual_pixel = residual ? residual->pixel : 0;
    args.weight_line = padded_;
    args.bias = bias_.get(), args.slopes = slopes_.get();
    args.epilogue = &epilogue_;
    return args;
  }

  /// Adds a tap for each column of the kernel that falls inside the input for column `x` of the output.
  void add_taps(Row &row, int ky, int iy, int x) const {
    for (int kx = 0; kx < desc_.kernel_width; ++kx) {
      if (!columns_.reads(kx, x)) continue;
      row.taps[row.args.tap_count++] = {row.in.at(iy, kx * desc_.dilation_width - desc_.pad_left),
                                        &weights_[size_t(ky * desc_.kernel_width + kx) * kLines * padded_]};
    }
  }

  void run_row(Row &row, int y) const {
    const std::vector<int> &cuts = columns_.cuts();
    for (size_t cut = 0; cut + 1 < cuts.size(); ++cut) run_segment(row, y, cuts[cut], cuts[cut + 1]);
  }

  /// Computes the outputs of a row from column `x` to column `end`, between which the same taps fall inside the input.
  void run_segment(Row &row, int y, int x, int end) const {
    ChannelArgs &args = row.args;
    args.taps = row.taps, args.tap_count = 0;
    for (int ky = 0; ky < desc_.kernel_height; ++ky) {
      int iy = y * desc_.stride_height - desc_.pad_top + ky * desc_.dilation_height;
      if (iy >= 0 && iy < row.in.height) add_taps(row, ky, iy, x);
    }
    while (x < end) {
      args.in_shift = int64_t(x) * args.in_pixel;
      args.out = row.out.at(y, x);
      args.residual = row.residual ? View<const T>(*row.residual).at(y, x) : nullptr;
      if (prefetches_) prefetch_below(row.in, y, int64_t(x) * desc_.stride_width, end - x);
      x += run_tile(args, end - x);
    }
  }

  /// Computes rows that are a dilation apart, from row `y` on.
  void run_block(Row &row, int y) const {
    int step = desc_.dilation_height, top = y - desc_.pad_top, height = desc_.kernel_height + kBlockRows - 1;
    ChannelBlock block;
    block.kernel_height = desc_.kernel_height;
    block.weight_row = int64_t(desc_.kernel_width) * padded_;
    block.in_row = row.in.row * step;
    block.begin = std::clamp(divide_up(-top, step), 0, height);
    block.end = std::clamp(divide_up(row.in.height - top, step), 0, height);
    const std::vector<int> &cuts = columns_.cuts();
    for (size_t cut = 0; cut + 1 < cuts.size(); ++cut) {
      int x = cuts[cut], end = cuts[cut + 1];
      row.args.taps = row.taps, row.args.tap_count = 0;
      add_taps(row, 0, top, x);
      block.args = row.args;
      for (; x + kBlockPixels <= end; x += kBlockPixels) {
        block.args.in_shift = int64_t(x) * block.args.in_pixel;
        for (int r = 0; r < kBlockRows; ++r) {
          block.outputs[r] = row.out.at(y + r * step, x);
          block.residuals[r] = row.residual ? View<const T>(*row.residual).at(y + r * step, x) : nullptr;
        }
        if (prefetches_) prefetch_beside(row.in, top + step * (height - kBlockRows), x);
        channel_block<T>(block);
      }
      for (int r = 0; x < end && r < kBlockRows; ++r) run_segment(row, y + r * step, x, end);
    }
  }

  /// Prefetches the input rows that the next row of outputs reads below this tile's. The processor itself foresees
  /// only neighbours within a row, and of wide pixels not even these.
  void prefetch_below(const View<const T> &in, int y, int64_t ix, int pixels) const {
    int bottom = (y + 1) * desc_.stride_height - desc_.pad_top + (desc_.kernel_height - 1) * desc_.dilation_height;
    int64_t columns = std::min<int64_t>(std::min(pixels, 8) * desc_.stride_width, in.width - ix);
    for (int iy = std::max(0, bottom - desc_.stride_height + 1); iy <= std::min(bottom, in.height - 1); ++iy) {
      auto *from = reinterpret_cast<const char *>(in.at(iy, ix));
      int64_t bytes = columns * in.pixel * int64_t(sizeof(T));
      for (int64_t byte = 0; byte < bytes; byte += 64) __builtin_prefetch(from + byte, 0, 2);
    }
  }

  /// Prefetches the inputs of the next block beside this one, in the rows that no block above has read.
  void prefetch_beside(const View<const T> &in, int y, int x) const {
    int64_t ix = int64_t(x + kBlockPixels) * desc_.stride_width;
    int64_t columns = std::min<int64_t>(kBlockPixels * desc_.stride_width, in.width - ix);
    for (int r = 0; r < kBlockRows; ++r) {
      int iy = y + r * desc_.dilation_height;
      if (iy >= in.height) break;
      auto *from = reinterpret_cast<const char *>(in.at(iy, ix));
      int64_t bytes = columns * in.pixel * int64_t(sizeof(T));
      for (int64_t byte = 0; byte < bytes; byte += 64) __builtin_prefetch(from + byte, 0, 2);
    }
  }

  static int run_tile(const ChannelArgs &args, int pixels) {
    if (pixels >= 8) return channel_tile<T, Width, 8>(args), 8;
    if (pixels >= 4) return channel_tile<T, Width, 4>(args), 4;
    if (pixels >= 2) return channel_tile<T, Width, 2>(args), 2;
    return channel_tile<T, Width, 1>(args), 1;
  }

  ck_conv_desc desc_;
  Epilogue epilogue_;
  int padded_;
  bool makes_blocks_, prefetches_;
  TapColumns columns_;
  Buffer<float> weights_, bias_, slopes_;
};

template <typename T>
std::unique_ptr<ConvPlan> make_channel_plan(const ConvSpec &spec) {
  switch (spec.in_group()) {
    case 1: return std::make_unique<ChannelPlan<T, 1>>(spec);
    case 2: return std::make_unique<ChannelPlan<T, 2>>(spec);
    case 4: return std::make_unique<ChannelPlan<T, 4>>(spec);
    case 8:
      if constexpr (kLanes >= 8) return std::make_unique<ChannelPlan<T, 8>>(spec);
  }
  return nullptr;
}

/// Makes a plan, or returns NULL if there is no kernel for groups of this width.
inline std::unique_ptr<ConvPlan> make_depthwise(const ConvSpec &spec) {
  if (spec.in_group() == 1 && spec.out_group() > 1) {
    if (spec.desc.type == CK_FLOAT32) return std::make_unique<ChannelPlan<float, 0>>(spec);
    return std::make_unique<ChannelPlan<bf16, 0>>(spec);
  }
  if (spec.in_group() != spec.out_group()) return nullptr;
  return spec.desc.type == CK_FLOAT32 ? make_channel_plan<float>(spec) : make_channel_plan<bf16>(spec);
}
