// The class of each pixel, for a map as it is and for a map that is upsampled on the fly. There is no include guard.

#include "resize/columns.hpp"

/// Writes the index of the largest of `channels` values of each pixel; the lowest index of equal values.
template <typename T>
CK_NOINLINE void argmax_row(const T *in, int64_t pixel, int channels, int width, uint8_t *out, int64_t out_pixel) {
  Int lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = i;
  for (int x = 0; x < width; ++x, in += pixel, out += out_pixel) {
    Float best;
    Int index = lanes;
    if (channels >= kLanes) {
      best = load<kLanes>(in);
    } else {
      best = lanes < channels ? load<kLanes>(in, channels) : splat<kLanes>(-std::numeric_limits<float>::infinity());
    }
    int c = kLanes;
    for (; c + kLanes <= channels; c += kLanes) {
      Float value = load<kLanes>(in + c);
      index = value > best ? lanes + c : index;
      best = value > best ? value : best;
    }
    if (c < channels) {
      Float value = load<kLanes>(in + c, channels - c);
      Int wins = (value > best) & (lanes + c < channels);
      index = wins ? lanes + c : index;
      best = wins ? value : best;
    }
    Float top = splat<kLanes>(largest<kLanes>(best));
    *out = uint8_t(smallest<kLanes>(best == top ? index : (Int)(255)));
  }
}

template <typename T>
void argmax(ck_pool *pool, const ck_map &in_map, const ck_map &out_map) {
  View<const T> in(in_map);
  View<uint8_t> out(out_map);
  int pieces = piece_count(pool, in.height, double(in.height) * in.width * (5 + in.channels * 0.1));
  parallel(pool, pieces, [&](int32_t index, int32_t) {
    int last = int(int64_t(index + 1) * in.height / pieces);
    for (int y = int(int64_t(index) * in.height / pieces); y < last; ++y) {
      argmax_row<T>(in.at(y, 0), in.pixel, in.channels, in.width, out.at(y, 0), out.pixel);
    }
  });
}

struct UpsampleTables {
  const Sample *columns;
  const ColumnGroup *groups;
  int group_count;
  const uint8_t *classes;  // of each pixel of the input
};

/// The output rows between two rows of the input. Bilinear interpolation is a convex combination of four pixels, so if
/// all four have the same class, every pixel between them has it too, and nothing needs to be interpolated.
template <typename T>
class RowBand {
 public:
  RowBand(const View<const T> &in, const View<uint8_t> &out, const UpsampleTables &tables, void *memory)
      : in_(in), out_(out), tables_(tables) {
    line_ = (in.width + 2 * kLanes) / kLanes * kLanes;
    top_ = static_cast<float *>(memory);
    bottom_ = top_ + line_ * in.channels;
    middle_ = bottom_ + line_ * in.channels;
    known_ = reinterpret_cast<uint8_t *>(middle_ + line_ * in.channels);
    is_mixed_ = known_ + tables.group_count * kLanes;
  }
  static size_t bytes(int in_width, int channels, int group_count) {
    size_t line = (size_t(in_width) + 2 * kLanes) / kLanes * kLanes;
    return 3 * line * channels * sizeof(float) + size_t(group_count) * (kLanes + 1) + 64;
  }

  void begin(int first, int second) {
    const uint8_t *upper = tables_.classes + int64_t(first) * in_.width;
    const uint8_t *lower = tables_.classes + int64_t(second) * in_.width;
    any_mixed_ = false;
    for (int g = 0; g < tables_.group_count; ++g) {
      int last = std::min((g + 1) * kLanes, out_.width);
      bool mixed = false;
      for (int x = g * kLanes; x < last; ++x) {
        Sample s = tables_.columns[x];
        uint8_t k = upper[s.first];
        mixed |= k != upper[s.second] || k != lower[s.first] || k != lower[s.second];
        known_[x] = k;
      }
      is_mixed_[g] = mixed;
      any_mixed_ |= mixed;
    }
    if (!any_mixed_) return;
    // The lower row of the band above is the upper one of this band.
    if (bottom_row_ == first) std::swap(top_, bottom_), std::swap(top_row_, bottom_row_);
    if (top_row_ != first) split(top_row_ = first, top_);
    if (bottom_row_ != second) split(bottom_row_ = second, bottom_);
  }

  CK_NOINLINE void row(int y, float weight) {
    if (any_mixed_) {
      Float w = splat<kLanes>(weight);
      for (int64_t i = 0; i < line_ * in_.channels; i += kLanes) {
        Float a = load<kLanes>(top_ + i);
        store<kLanes>(middle_ + i, fma(w, load<kLanes>(bottom_ + i) - a, a));
      }
    }
    for (int g = 0; g < tables_.group_count; ++g) {
      uint8_t classes[kLanes];
      const uint8_t *from = known_ + g * kLanes;
      if (is_mixed_[g]) {
        interpolate(tables_.groups[g], classes);
        from = classes;
      }
      int count = std::min(kLanes, out_.width - g * kLanes);
      uint8_t *to = out_.at(y, g * kLanes);
      if (out_.pixel == 1 && count == kLanes) {
        std::memcpy(to, from, kLanes);
      } else {
        for (int i = 0; i < count; ++i) to[i * out_.pixel] = from[i];
      }
    }
  }

 private:
  /// Copies a row of the input so that each channel's values are contiguous.
  CK_NOINLINE void split(int row, float *to) const {
    const T *from = in_.at(row, 0);
    if constexpr (std::is_same_v<T, float>) {
      transpose(from, in_.pixel, to, line_, in_.width, in_.channels);
    } else {
      for (int x = 0; x < in_.width; ++x) {
        for (int c = 0; c < in_.channels; ++c) to[c * line_ + x] = to_float(from[x * in_.pixel + c]);
      }
    }
    for (int c = 0; c < in_.channels; ++c) {
      for (int64_t x = in_.width; x < line_; ++x) to[c * line_ + x] = 0;
    }
  }

  CK_INLINE void interpolate(const ColumnGroup &group, uint8_t *classes) const {
    const float *plane = middle_ + group.base;
    Int winner = (Int)(0);
    Float best;
    for (int c = 0; c < in_.channels; ++c, plane += line_) {
      Float a = pick(plane, group.first, group.is_near), b = pick(plane, group.second, group.is_near);
      Float value = fma(group.weight, b - a, a);
      if (c == 0) {
        best = value;
      } else {
        winner = value > best ? (Int)(c) : winner;
        best = vmax(value, best);
      }
    }
    auto bytes = __builtin_convertvector(winner, typename VectorOf<kLanes>::Byte);
    __builtin_memcpy(classes, &bytes, kLanes);
  }

  View<const T> in_;
  View<uint8_t> out_;
  UpsampleTables tables_;
  int64_t line_;
  float *top_, *bottom_, *middle_;
  int top_row_ = -1, bottom_row_ = -1;  // the rows of the input that `top_` and `bottom_` hold
  uint8_t *known_, *is_mixed_;
  bool any_mixed_ = false;
};

template <typename T>
void resize_argmax(ck_pool *pool, const ck_map &in_map, const ck_map &out_map, bool align_corners) {
  View<const T> in(in_map);
  View<uint8_t> out(out_map);
  int group_count = divide_up(out.width, kLanes);
  reserve_scratch(pool, RowBand<T>::bytes(in.width, in.channels, group_count));
  size_t groups_bytes = sizeof(ColumnGroup) * group_count, columns_bytes = sizeof(Sample) * out.width;
  char *memory = static_cast<char *>(shared_scratch(pool, groups_bytes + columns_bytes + size_t(in.height) * in.width));
  auto *groups = reinterpret_cast<ColumnGroup *>(memory);
  auto *columns = reinterpret_cast<Sample *>(memory + groups_bytes);
  auto *classes = reinterpret_cast<uint8_t *>(memory + groups_bytes + columns_bytes);
  for (int x = 0; x < out.width; ++x) columns[x] = bilinear_sample(x, in.width, out.width, align_corners);
  for (int g = 0; g < group_count; ++g) {
    ColumnGroup group = column_group(columns, g * kLanes, out.width);
    std::memcpy(groups + g, &group, sizeof group);
  }
  ck_map class_map{classes, in.height, in.width, 1, CK_UINT8, in.width, 1};
  argmax<T>(pool, in_map, class_map);

  UpsampleTables tables{columns, groups, group_count, classes};
  int pieces = piece_count(pool, out.height, double(out.height) * out.width * in.channels * 0.15);
  parallel(pool, pieces, [&](int32_t index, int32_t thread) {
    RowBand<T> band(in, out, tables, scratch(pool, thread));
    int first = -1;
    int last = int(int64_t(index + 1) * out.height / pieces);
    for (int y = int(int64_t(index) * out.height / pieces); y < last; ++y) {
      Sample s = bilinear_sample(y, in.height, out.height, align_corners);
      if (s.first != first) band.begin(s.first, s.second);
      first = s.first;
      band.row(y, s.weight);
    }
  });
}
