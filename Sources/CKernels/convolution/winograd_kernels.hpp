// Winograd convolution. Some tiles are transformed, multiplied point by point with the transformed weights of a block
// of output channels, and transformed back, all within the second-level cache. There is no include guard.

#include "simd/activation.hpp"
#include "convolution/float_tiles.hpp"
#include "convolution/winograd_transform.hpp"

template <int High, int Wide, typename T>
class WinogradPlan final : public ConvPlan {
  static constexpr int kRows = winograd_points(High), kColumns = winograd_points(Wide), kPoints = kRows * kColumns;
  static constexpr int kHigh = winograd_outputs(High), kWide = winograd_outputs(Wide);
  static constexpr int kTaps = (High == 1 ? 1 : 3) * (Wide == 1 ? 1 : 3);
  static constexpr int kStride = High == kHalving ? 2 : 1;
  static constexpr int kPad = 16;  // floats between planes, so that they do not fall into the same sets of the caches

 public:
  explicit WinogradPlan(const ConvSpec &spec) : desc_(spec.desc), epilogue_(spec.desc) {
    step_y_ = High == 1 ? 1 : desc_.dilation_height;
    step_x_ = Wide == 1 ? 1 : desc_.dilation_width;
    channels_ = divide_up(desc_.in_channels, kLanes) * kLanes;
    group_channels_ = spec.in_group();
    for (int g = 0; g < desc_.groups; ++g) add_blocks(blocks_, g, g * spec.out_group(), spec.out_group());
    int lanes = 0, widest = 0;
    for (Block &block : blocks_) {
      block.lane = lanes;
      lanes += block.width();
      widest = std::max(widest, block.width());
    }
    int64_t weights = int64_t(group_channels_) * lanes;
    keeps_points_ = kPoints * weights * int64_t(sizeof(float)) <= tuning::kWinogradWeights;
    if (keeps_points_) {
      points_ = Buffer<float>(kPoints * weights);
    } else {
      taps_ = Buffer<T>(kTaps * weights);
    }
    bias_ = Buffer<float>(lanes);
    slopes_ = Buffer<float>(lanes);
    bias_.fill_zero(), slopes_.fill_zero();
    pack(spec, widest);
    place_tiles();

    constexpr int group = max_pixels(2);
    int64_t planes = keeps_points_ ? tuning::winograd_planes() : tuning::winograd_shared_planes();
    int64_t fitting = planes / (int64_t(kPoints) * channels_ * 4 * group);
    batch_ = group * int(keeps_points_ ? std::clamp<int64_t>(fitting, 1, 8) : std::clamp<int64_t>(fitting, 2, 24));
    plane_ = int64_t(batch_) * channels_ + kPad;
    sum_plane_ = int64_t(batch_) * widest + kPad;
    point_plane_ = int64_t(std::min(group_channels_, kMostChannels)) * widest + kPad;
    row_step = step_y_ == 1 && step_x_ == 1 ? kHigh : 0;
    bool is_small = High * Wide == 4;
    algorithm = is_small ? CK_ALGORITHM_WINOGRAD_2 : CK_ALGORITHM_WINOGRAD_4;
    patch_ = int64_t(kPoints) * desc_.in_channels;
    int64_t floats = sum_plane_ + (keeps_points_ ? plane_ : point_plane_);
    scratch_bytes = kPoints * floats * sizeof(float) + patch_ * sizeof(T) + 64;
    if (!keeps_points_) shared_bytes = kPoints * plane_ * sizeof(float);
  }

  void run(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, const ck_map *residual,
           ck_rows rows) const override {
    View<const T> in(in_map);
    View<T> out(out_map);
    // If bands are possible at all, the tiles lie in the order of their rows.
    int line = divide_up(desc_.out_width, kWide);
    int start = rows.begin / kHigh * line;
    int tiles = rows.end == desc_.out_height ? int(places_.size()) - start : rows.end / kHigh * line - start;
    int batches = divide_up(tiles, batch_), blocks = int(blocks_.size()), threads = ck_pool_threads(pool);
    if (!keeps_points_) {
      for (int b = 0; b < batches; ++b) {
        run_by_blocks(pool, in, out, residual, start + int(int64_t(b) * tiles / batches),
                      start + int(int64_t(b + 1) * tiles / batches));
      }
      return;
    }
    // The number of batches is rounded so that each thread gets the same number.
    if (batches < 12 * threads && tiles > 8 * threads) batches = divide_up(batches, threads) * threads;
    double cost = 2.0 * tiles * kPoints * group_channels_ * desc_.out_channels / 80;
    int pieces = piece_count(pool, int64_t(batches) * blocks, cost);
    // Dividing the output channels into parts repeats the transform of the input. It is done only if threads would idle
    // otherwise.
    int parts = batches >= 3 * threads ? 1 : std::clamp(pieces / batches, 1, std::min(blocks, 4));
    if (threads == 1) parts = 1;
    parallel(pool, batches * parts, [&](int32_t index, int32_t thread) {
      int batch = index / parts, part = index % parts;
      run_batch(pool, thread, in, out, residual, start + int(int64_t(batch) * tiles / batches),
                start + int(int64_t(batch + 1) * tiles / batches), part * blocks / parts, (part + 1) * blocks / parts);
    });
  }

 private:
  struct Place {
    int32_t y, x;  // the tile's first output
  };

  /// The number of input channels whose weights are transformed at a time if transformed weights are not kept.
  static constexpr int kMostChannels = 256;

  /// Lays out the taps of each block as [input channel][tap][output channel]. If transformed weights are kept, it
  /// transforms them.
  void pack(const ConvSpec &spec, int widest) {
    Buffer<float> one(size_t(kTaps) * widest);
    for (const Block &block : blocks_) {
      int width = block.width();
      for (int c = 0; c < group_channels_; ++c) {
        for (int tap = 0; tap < kTaps; ++tap) {
          for (int k = 0; k < block.count; ++k) one[tap * width + k] = spec.weight(block.first + k, c, tap);
          std::fill(&one[tap * width + block.count], &one[tap * width + width], 0.0f);
        }
        if (keeps_points_) {
          transform(block, one.get(), 1, &points_[kPoints * first_weight(block) + c * width],
                    int64_t(group_channels_) * width);
        } else {
          T *to = &taps_[kTaps * (first_weight(block) + int64_t(c) * width)];
          for (int i = 0; i < kTaps * width; ++i) to[i] = from_float<T>(one[i]);
        }
      }
      for (int k = 0; k < block.count; ++k) {
        if (spec.bias) bias_[block.lane + k] = spec.bias[block.first + k];
        if (epilogue_.has_slope) slopes_[block.lane + k] = epilogue_.slope(desc_.activation, block.first + k);
      }
    }
  }

  /// The index of a block's first weight, counting one weight for each pair of channels.
  int64_t first_weight(const Block &block) const { return int64_t(group_channels_) * block.lane; }

  /// Transforms the weights of some input channels of a block.
  template <typename Tap>
  static void transform(const Block &block, const Tap *taps, int channels, float *points, int64_t point_plane) {
    int width = block.width();
    for (int c = 0; c < channels; ++c, taps += kTaps * width, points += width) {
      if constexpr (kLanes == 16) {
        if (block.half) {
          transform_taps<High, Wide, 8>(taps, width, points, point_plane);
          continue;
        }
      }
      transform_taps<High, Wide, kLanes>(taps, width, points, point_plane);
    }
  }

  /// Lists the tiles. A dilated convolution is a convolution of dilation 1 for each phase of rows and columns.
  void place_tiles() {
    for (int phase_y = 0; phase_y < step_y_; ++phase_y) {
      for (int y = phase_y; y < desc_.out_height; y += kHigh * step_y_) {
        for (int phase_x = 0; phase_x < step_x_; ++phase_x) {
          for (int x = phase_x; x < desc_.out_width; x += kWide * step_x_) places_.push_back({y, x});
        }
      }
    }
  }

  void run_batch(ck_pool *pool, int thread, const View<const T> &in, const View<T> &out, const ck_map *residual,
                 int first_tile, int last_tile, int first_block, int last_block) const {
    float *planes = static_cast<float *>(scratch(pool, thread));
    float *sums = planes + kPoints * plane_;
    T *patch = reinterpret_cast<T *>(sums + kPoints * sum_plane_);
    int tiles = last_tile - first_tile;
    for (int t = 0; t < tiles; ++t) {
      if (t + kAhead < tiles) prefetch_input(in, places_[first_tile + t + kAhead]);
      read_tile(in, places_[first_tile + t], planes + t * channels_, patch);
    }
    for (int b = first_block; b < last_block; ++b) {
      const Block &block = blocks_[b];
      const float *points = &points_[kPoints * first_weight(block)];
      int64_t point_plane = int64_t(group_channels_) * block.width();
      multiply(block, planes + block.group * group_channels_, points, point_plane, group_channels_, sums, tiles, false);
      for (int t = 0; t < tiles; ++t) {
        if (t + kAhead < tiles) prefetch_output(block, out, places_[first_tile + t + kAhead]);
        write_tile(block, sums + t * block.width(), out, residual, places_[first_tile + t]);
      }
    }
  }

  /// Transforms tiles on all threads. Then each thread takes blocks of output channels and transforms their weights.
  void run_by_blocks(ck_pool *pool, const View<const T> &in, const View<T> &out, const ck_map *residual, int first_tile,
                     int last_tile) const {
    float *planes = static_cast<float *>(shared_scratch(pool, shared_bytes));
    int tiles = last_tile - first_tile, blocks = int(blocks_.size()), threads = ck_pool_threads(pool);
    auto sums_of = [&](int thread) { return static_cast<float *>(scratch(pool, thread)); };
    int pieces = piece_count(pool, tiles, 0.3 * tiles * kPoints * channels_);
    parallel(pool, pieces, [&](int32_t index, int32_t thread) {
      T *patch = reinterpret_cast<T *>(sums_of(thread) + kPoints * (sum_plane_ + point_plane_));
      for (int t = int(int64_t(index) * tiles / pieces); t < int(int64_t(index + 1) * tiles / pieces); ++t) {
        read_tile(in, places_[first_tile + t], planes + t * channels_, patch);
      }
    });
    // Dividing the tiles into parts repeats the transform of the weights. It is done only if threads would idle
    // otherwise.
    int parts = blocks >= 2 * threads ? 1 : std::clamp(divide_up(2 * threads, blocks), 1, divide_up(tiles, kMaxPixels));
    parallel(pool, blocks * parts, [&](int32_t index, int32_t thread) {
      const Block &block = blocks_[index / parts];
      int begin = index % parts * tiles / parts, end = (index % parts + 1) * tiles / parts, width = block.width();
      float *sums = sums_of(thread), *points = sums + kPoints * sum_plane_;
      for (int first = 0; first < group_channels_; first += kMostChannels) {
        int channels = std::min(kMostChannels, group_channels_ - first);
        const T *taps = &taps_[kTaps * (first_weight(block) + int64_t(first) * width)];
        transform(block, taps, channels, points, point_plane_);
        const float *from = planes + begin * channels_ + block.group * group_channels_ + first;
        multiply(block, from, points, point_plane_, channels, sums, end - begin, first > 0);
      }
      for (int t = begin; t < end; ++t) {
        write_tile(block, sums + (t - begin) * width, out, residual, places_[first_tile + t]);
      }
    });
  }

  /// The number of tiles between the prefetch of a tile and its use.
  static constexpr int kAhead = 8;

  /// Prefetches the columns of a tile that the tile before it does not have.
  void prefetch_input(const View<const T> &in, Place place) const {
    int known = Wide == 1 ? 0 : kColumns - kWide * kStride;
    prefetch<false>(in, place.y * kStride - desc_.pad_top, place.x * kStride - desc_.pad_left + known * step_x_, kRows,
                    kColumns - known, 0, in.channels);
  }

  void prefetch_output(const Block &block, const View<T> &out, Place place) const {
    prefetch<true>(out, place.y, place.x, kHigh, kWide, block.first, block.count);
  }

  /// Prefetches pixels, because processors do not foresee the order of tiles.
  template <bool Writes, typename Map>
  void prefetch(const Map &map, int y, int x, int rows, int columns, int channel, int count) const {
    for (int i = 0; i < rows; ++i) {
      int iy = y + i * step_y_;
      if (iy < 0 || iy >= map.height) continue;
      for (int j = 0; j < columns; ++j) {
        int ix = x + j * step_x_;
        if (ix < 0 || ix >= map.width) continue;
        auto *pixel = reinterpret_cast<const char *>(map.at(iy, ix) + channel);
        for (int byte = 0; byte < count * int(sizeof(T)); byte += 64) __builtin_prefetch(pixel + byte, Writes);
      }
    }
  }

  void read_tile(const View<const T> &in, Place place, float *planes, T *patch) const {
    int y = place.y * kStride - desc_.pad_top, x = place.x * kStride - desc_.pad_left;
    if (y >= 0 && x >= 0 && y + (kRows - 1) * step_y_ < in.height && x + (kColumns - 1) * step_x_ < in.width) {
      transform_tile<High, Wide>(in.at(y, x), in.row * step_y_, in.pixel * step_x_, in.channels, planes, plane_);
      return;
    }
    std::memset(static_cast<void *>(patch), 0, patch_ * sizeof(T));
    for (int i = 0; i < kRows; ++i) {
      int iy = y + i * step_y_;
      if (iy < 0 || iy >= in.height) continue;
      for (int j = 0; j < kColumns; ++j) {
        int ix = x + j * step_x_;
        if (ix < 0 || ix >= in.width) continue;
        std::memcpy(static_cast<void *>(patch + (i * kColumns + j) * in.channels), in.at(iy, ix),
                    in.channels * sizeof(T));
      }
    }
    transform_tile<High, Wide>(static_cast<const T *>(patch), int64_t(kColumns) * in.channels, in.channels, in.channels,
                               planes, plane_);
  }

  /// Multiplies some channels of the tiles, at each point, by the point's weights, which lie `point_plane` floats
  /// apart.
  void multiply(const Block &block, const float *planes, const float *points, int64_t point_plane, int channels,
                float *sums, int tiles, bool adds) const {
    const TileFunction<FloatTiles<MulFloat>> *functions = tile_functions<FloatTiles<MulFloat>>(block);
    int groups = divide_up(tiles, max_pixels(block.vectors));
    FloatTile args{};
    Tap tap{};
    args.taps = &tap, args.tap_count = 1;
    args.channels = channels;
    args.out_pixel = block.width();
    args.raw = true, args.adds = adds;
    tap.pixel = channels_;
    for (int p = 0; p < kPoints; ++p) {
      tap.weights = points + p * point_plane;
      for (int g = 0; g < groups; ++g) {
        int first = tiles * g / groups, last = tiles * (g + 1) / groups;
        tap.in = planes + p * plane_ + first * channels_;
        args.out = sums + p * sum_plane_ + first * block.width();
        functions[last - first - 1](args);
      }
    }
  }

  void write_tile(const Block &block, const float *sums, const View<T> &out, const ck_map *residual,
                  Place place) const {
    TileOutput<T> to{out.at(place.y, place.x) + block.first,
                     nullptr,
                     out.row * step_y_,
                     out.pixel * step_x_,
                     0,
                     0,
                     std::min(kHigh, divide_up(desc_.out_height - place.y, step_y_)),
                     std::min(kWide, divide_up(desc_.out_width - place.x, step_x_))};
    if (residual) {
      View<const T> from(*residual);
      to.residual = from.at(place.y, place.x) + block.first;
      to.residual_row = from.row * step_y_, to.residual_pixel = from.pixel * step_x_;
    }
    const float *bias = &bias_[block.lane], *slopes = &slopes_[block.lane];
    if constexpr (kLanes == 16) {
      if (block.half) {
        return restore_tile<High, Wide, 8>(sums, sum_plane_, block.vectors, block.count, bias, slopes, epilogue_, to);
      }
    }
    restore_tile<High, Wide, kLanes>(sums, sum_plane_, block.vectors, block.count, bias, slopes, epilogue_, to);
  }

  ck_conv_desc desc_;
  Epilogue epilogue_;
  int step_y_, step_x_, channels_, group_channels_, batch_;
  int64_t plane_, sum_plane_, point_plane_, patch_;
  bool keeps_points_;
  std::vector<Block> blocks_;
  std::vector<Place> places_;
  Buffer<float> points_;  // transformed weights, by block and point, if they are kept
  Buffer<T> taps_;        // otherwise the taps, by block and input channel
  Buffer<float> bias_, slopes_;
};

template <typename T>
std::unique_ptr<ConvPlan> make_winograd_of(const ConvSpec &spec, ck_algorithm algorithm) {
  const ck_conv_desc &d = spec.desc;
  if (d.stride_height == 2) return std::make_unique<WinogradPlan<kHalving, kHalving, T>>(spec);
  bool is_small = algorithm == CK_ALGORITHM_WINOGRAD_2;
  if (d.kernel_width == 1) {
    if (is_small) return std::make_unique<WinogradPlan<4, 1, T>>(spec);
    return std::make_unique<WinogradPlan<6, 1, T>>(spec);
  }
  if (d.kernel_height == 1) {
    if (is_small) return std::make_unique<WinogradPlan<1, 4, T>>(spec);
    return std::make_unique<WinogradPlan<1, 6, T>>(spec);
  }
  if (algorithm == CK_ALGORITHM_WINOGRAD_2) return std::make_unique<WinogradPlan<2, 2, T>>(spec);
  return std::make_unique<WinogradPlan<4, 4, T>>(spec);
}

inline std::unique_ptr<ConvPlan> make_winograd(const ConvSpec &spec, ck_algorithm algorithm) {
  if (spec.desc.type == CK_FLOAT32) return make_winograd_of<float>(spec, algorithm);
  return make_winograd_of<bf16>(spec, algorithm);
}
