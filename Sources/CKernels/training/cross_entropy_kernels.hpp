// Cross entropy of scores that are upsampled on the fly. There is no include guard.
//
// A band consists of the pixel rows between two rows of scores. A group consists of kLanes neighbouring columns of a
// band. The two rows of scores are interpolated to the group's columns once; each pixel row then lies between these two
// results.

#include "resize/columns.hpp"

/// Computes exp(x) with a relative error of about 1e-7, after Cephes' expf. Below -87 it gives exp(-87); a NaN stays a
/// NaN.
///
/// A score minus its pixel's normalizer is at most 0. Only a pixel that does not count has no normalizer; its
/// exponential is clamped to 1, and a factor of 0 removes it later.
CK_INLINE Float exponential_of_score(Float x) {
  Float clamped = x < -87.0f ? splat<kLanes>(-87.0f) : x;
  clamped = clamped > 0.0f ? splat<kLanes>(0) : clamped;
  // Adding 1.5 * 2^23 rounds to an integer in the low bits.
  constexpr float magic = 12582912.0f;
  Float shifted = fma(clamped, splat<kLanes>(1.44269504f), splat<kLanes>(magic));
  Float n = shifted - magic;
  Float r = fma(n, splat<kLanes>(-0.693359375f), clamped);
  r = fma(n, splat<kLanes>(2.12194440e-4f), r);
  Float p = fma(r, splat<kLanes>(1.9875691500e-4f), splat<kLanes>(1.3981999507e-3f));
  p = fma(p, r, splat<kLanes>(8.3334519073e-3f));
  p = fma(p, r, splat<kLanes>(4.1665795894e-2f));
  p = fma(p, r, splat<kLanes>(1.6666665459e-1f));
  p = fma(p, r, splat<kLanes>(5.0000001201e-1f));
  p = fma(p, r * r, r) + 1.0f;
  Float power = bit_cast<Float>(bit_cast<Int>(p) + (bit_cast<Int>(shifted) << 23));
  return x == x ? power : x;
}

/// Computes log(x) for x >= 1 with an error of about 1e-7, after Cephes' logf. Infinity and NaN stay as they are.
CK_INLINE Float logarithm_of_sum(Float x) {
  Int bits = bit_cast<Int>(x);
  Int exponent = (bits >> 23) - 127;
  Float m = bit_cast<Float>((bits & 0x7fffff) | 0x3f800000);
  Int is_high = m > 1.41421356f;
  m = is_high ? 0.5f * m : m;
  Float e = __builtin_convertvector(is_high ? exponent + 1 : exponent, Float);
  Float f = m - 1.0f;
  Float p = fma(f, splat<kLanes>(7.0376836292e-2f), splat<kLanes>(-1.1514610310e-1f));
  p = fma(p, f, splat<kLanes>(1.1676998740e-1f));
  p = fma(p, f, splat<kLanes>(-1.2420140846e-1f));
  p = fma(p, f, splat<kLanes>(1.4249322787e-1f));
  p = fma(p, f, splat<kLanes>(-1.6668057665e-1f));
  p = fma(p, f, splat<kLanes>(2.0000714765e-1f));
  p = fma(p, f, splat<kLanes>(-2.4999993993e-1f));
  p = fma(p, f, splat<kLanes>(3.3333331174e-1f));
  Float square = f * f;
  Float y = f * square * p;
  y = fma(e, splat<kLanes>(-2.12194440e-4f), y);
  y = fma(square, splat<kLanes>(-0.5f), y);
  Float result = fma(e, splat<kLanes>(0.693359375f), f + y);
  return x < std::numeric_limits<float>::infinity() ? result : x;
}

/// The class of each pixel of a group; -1 for pixels that do not count.
struct GroupLabels {
  Int classes;
  bool any;
};

inline GroupLabels group_labels(const CrossEntropy &problem, int y, int x) {
  int count = std::min(kLanes, problem.label_width - x);
  const int64_t *from = problem.labels + int64_t(y) * problem.label_width + x;
  GroupLabels labels{(Int)(-1), false};
  for (int i = 0; i < count; ++i) {
    int64_t label = from[i];
    if (label == problem.ignored) continue;
    if (label < 0 || label >= problem.classes) fail("Target %lld is out of bounds.", static_cast<long long>(label));
    labels.classes[i] = int32_t(label);
    labels.any = true;
  }
  return labels;
}

/// The values that all bands of an image share, and the memory for one band at a time.
class CrossEntropyBand {
 public:
  explicit CrossEntropyBand(const CrossEntropy &problem)
      : problem_(problem),
        line_((problem.width + 2 * kLanes) / kLanes * kLanes),
        group_count_(divide_up(problem.label_width, kLanes)),
        groups_(group_count_),
        rows_(size_t(problem.classes) * line_ * 2),
        first_(size_t(problem.classes) * kLanes),
        step_(size_t(problem.classes) * kLanes),
        is_same_width_(problem.label_width == problem.width) {
    Buffer<Sample> columns(problem.label_width);
    for (int x = 0; x < problem.label_width; ++x) columns[x] = source(x, problem.width, problem.label_width);
    for (int g = 0; g < group_count_; ++g) groups_[g] = column_group(columns.get(), g * kLanes, problem.label_width);
    rows_.fill_zero();
  }

  /// The source position of a pixel row or column between two rows or columns of the scores.
  static Sample source(int index, int in, int out) {
    Sample s = bilinear_sample(index, in, out, true);
    if (s.second == s.first) s.weight = 0;
    return s;
  }

  /// Calls body(band, first pixel row, end of the pixel rows) for each band.
  template <typename Body>
  void for_each(Bands bands, const Body &body) {
    int y = 0;
    for (int band = bands.begin; band < bands.end; ++band) {
      while (y < problem_.label_height && source(y, problem_.height, problem_.label_height).first < band) ++y;
      int end = y;
      while (end < problem_.label_height && source(end, problem_.height, problem_.label_height).first == band) ++end;
      body(band, y, end);
      y = end;
    }
  }

  /// Reads the two rows of scores of a band.
  void begin(int band) {
    bool follows = band == upper_row_ + 1 && upper_row_ >= 0;
    upper_ = follows ? lower_ : rows_.get();
    lower_ = upper_ == rows_.get() ? rows_.get() + size_t(problem_.classes) * line_ : rows_.get();
    if (!follows || !has_lower_) read(band, upper_);
    has_lower_ = problem_.label_height != problem_.height && band + 1 < problem_.height;
    if (has_lower_) read(band + 1, lower_);
    upper_row_ = band;
  }

  /// Interpolates both rows to the columns of a group.
  CK_NOINLINE void bring(int g) {
    const ColumnGroup &group = groups_[g];
    for (int c = 0; c < problem_.classes; ++c) {
      Float a = brought(upper_ + c * line_, group);
      store<kLanes>(first_.get() + c * kLanes, a);
      Float step = has_lower_ ? brought(lower_ + c * line_, group) - a : splat<kLanes>(0);
      store<kLanes>(step_.get() + c * kLanes, step);
    }
  }

  const CrossEntropy &problem_;
  const int64_t line_;
  const int group_count_;
  Buffer<ColumnGroup> groups_;
  Buffer<float> rows_;
  /// The upper row's scores at a group's columns, and the differences of the lower row from them.
  Buffer<float> first_, step_;
  const bool is_same_width_;

 private:
  CK_INLINE Float brought(const float *plane, const ColumnGroup &group) const {
    if (is_same_width_) return load<kLanes>(plane + group.base);
    Float a = pick(plane + group.base, group.first, group.is_near);
    Float b = pick(plane + group.base, group.second, group.is_near);
    return fma(group.weight, b - a, a);
  }

  /// Copies a row of scores so that each class's values are contiguous.
  CK_NOINLINE void read(int y, float *to) const {
    const float *from = problem_.scores + y * problem_.row;
    if (problem_.pixel == 1) {
      for (int c = 0; c < problem_.classes; ++c) {
        std::memcpy(to + c * line_, from + c * problem_.channel, problem_.width * sizeof(float));
      }
      return;
    }
    // Going by blocks of pixels keeps the written rows in the cache.
    for (int x = 0; x < problem_.width; x += kLanes) {
      int last = std::min(x + kLanes, problem_.width);
      for (int c = 0; c < problem_.classes; ++c) {
        const float *class_from = from + c * problem_.channel;
        for (int i = x; i < last; ++i) to[c * line_ + i] = class_from[i * problem_.pixel];
      }
    }
  }

  float *upper_ = nullptr, *lower_ = nullptr;
  int upper_row_ = -1;
  bool has_lower_ = false;
};

/// The share of each label that label smoothing gives to each class, multiplied by the class's weight.
struct Smoothing {
  Buffer<float> shares;
  float total = 0;

  explicit Smoothing(const CrossEntropy &problem) : shares(problem.classes) {
    double sum = 0;
    for (int c = 0; c < problem.classes; ++c) {
      float weight = problem.weights ? problem.weights[c] : 1;
      shares[c] = problem.smoothing / float(problem.classes) * weight;
      sum += shares[c];
    }
    total = float(sum);
  }
};

/// The weight of each pixel by its class; 0 for pixels that do not count.
inline Float pixel_weights(const CrossEntropy &problem, Int classes) {
  Float weights = splat<kLanes>(1 - problem.smoothing);
  if (problem.weights) {
    Int safe = classes < 0 ? (Int)(0) : classes;
    weights *= pick(problem.weights, safe, false);
  }
  return classes < 0 ? splat<kLanes>(0) : weights;
}

template <bool kSmooths>
CK_NOINLINE void loss_row(const CrossEntropy &problem, const Smoothing &smoothing, const float *first,
                                   const float *step, float position, Int classes, float *scores, Float &loss,
                                   Float &normalizer) {
  Int lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = i;
  Float w = splat<kLanes>(position);
  Float top = fma(w, load<kLanes>(step), load<kLanes>(first));
  store<kLanes>(scores, top);
  for (int c = 1; c < problem.classes; ++c) {
    Float score = fma(w, load<kLanes>(step + c * kLanes), load<kLanes>(first + c * kLanes));
    store<kLanes>(scores + c * kLanes, score);
    top = vmax(score, top);
  }
  Float sum = splat<kLanes>(0), smooth = splat<kLanes>(0);
  for (int c = 0; c < problem.classes; ++c) {
    Float below = load<kLanes>(scores + c * kLanes) - top;
    sum += exponential_of_score(below);
    if constexpr (kSmooths) smooth = fma(splat<kLanes>(smoothing.shares[c]), below, smooth);
  }
  Float log_sum = logarithm_of_sum(sum);
  Int safe = classes < 0 ? (Int)(0) : classes;
  Float own = pick(scores, safe * kLanes + lanes, false) - top;
  loss = pixel_weights(problem, classes) * (log_sum - own);
  if constexpr (kSmooths) loss += smoothing.total * log_sum - smooth;
  loss = classes < 0 ? splat<kLanes>(0) : loss;
  normalizer = classes < 0 ? splat<kLanes>(0) : top + log_sum;
}

inline void entropy_forward(const CrossEntropy &problem, Bands bands, float *losses, float *normalizers) {
  CrossEntropyBand band(problem);
  Smoothing smoothing(problem);
  Buffer<float> scores(size_t(problem.classes) * kLanes);
  band.for_each(bands, [&](int index, int begin, int end) {
    if (begin == end) return;
    band.begin(index);
    for (int g = 0; g < band.group_count_; ++g) {
      int x = g * kLanes, count = std::min(kLanes, problem.label_width - x);
      band.bring(g);
      for (int y = begin; y < end; ++y) {
        GroupLabels labels = group_labels(problem, y, x);
        Float loss = splat<kLanes>(0), normalizer = splat<kLanes>(0);
        if (labels.any) {
          float position = CrossEntropyBand::source(y, problem.height, problem.label_height).weight;
          auto row = problem.smoothing > 0 ? loss_row<true> : loss_row<false>;
          row(problem, smoothing, band.first_.get(), band.step_.get(), position, labels.classes, scores.get(), loss,
              normalizer);
        }
        int64_t at = int64_t(y) * problem.label_width + x;
        store<kLanes>(losses + at, loss, count);
        store<kLanes>(normalizers + at, normalizer, count);
      }
    }
  });
}

/// Adds the gradient of one pixel row of a group. `all` accumulates the sum over the pixel rows; `below` accumulates
/// the part that belongs to the lower row of scores, if there is one.
template <bool kSmooths, bool kHasLower>
CK_NOINLINE void gradient_row(const CrossEntropy &problem, const Smoothing &smoothing,
                                            const float *first, const float *step, float position, Int classes,
                                            Float gradient, Float normalizer, float *all, float *below) {
  Float w = splat<kLanes>(position);
  Float own = gradient * pixel_weights(problem, classes);
  Float factor = kSmooths ? fma(gradient, splat<kLanes>(smoothing.total), own) : own;
  for (int c = 0; c < problem.classes; ++c) {
    Float score = load<kLanes>(first + c * kLanes);
    if constexpr (kHasLower) score = fma(w, load<kLanes>(step + c * kLanes), score);
    Float share = factor * exponential_of_score(score - normalizer);
    share -= classes == c ? own : splat<kLanes>(0);
    if constexpr (kSmooths) share = fma(gradient, splat<kLanes>(-smoothing.shares[c]), share);
    store<kLanes>(all + c * kLanes, load<kLanes>(all + c * kLanes) + share);
    if constexpr (kHasLower) store<kLanes>(below + c * kLanes, fma(w, share, load<kLanes>(below + c * kLanes)));
  }
}

/// Sums the values of a group's pixels by the column on their left. Pixels between the same two columns follow each
/// other.
struct ColumnSums {
  /// After step s each pixel has the sum of up to 2^(s+1) pixels, of which it is the last.
  int32_t step_count;
  Int shifted[4];
  Float is_same[4];
  /// For each column the last of its pixels, and 1 if it has any pixel.
  Int last;
  Float exists;

  explicit ColumnSums(const ColumnGroup &group) : step_count(0), last((Int)(0)), exists(splat<kLanes>(0)) {
    for (int step = 0; 1 << step < kLanes; ++step) {
      int distance = 1 << step;
      bool any = false;
      for (int i = 0; i < kLanes; ++i) {
        bool same = i >= distance && group.first[i - distance] == group.first[i];
        shifted[step][i] = same ? i - distance : i;
        is_same[step][i] = same;
        any |= same;
      }
      if (any) step_count = step + 1;
    }
    for (int i = 0; i < kLanes; ++i) {
      if (group.first[i] < kLanes) last[group.first[i]] = i, exists[group.first[i]] = 1;
    }
  }

  CK_INLINE Float operator()(Float values) const {
    for (int step = 0; step < step_count; ++step) {
      values = fma(permute(values, shifted[step]), is_same[step], values);
    }
    return permute(values, last) * exists;
  }
};

/// Adds the values of a group's pixels to the columns of the scores between which they lie.
CK_NOINLINE inline void scatter_group(const CrossEntropy &problem, const ColumnGroup &group, int count,
                                      bool is_same_width, int64_t line, const float *all, const float *below,
                                      float *upper, float *lower) {
  if (is_same_width) {
    for (int c = 0; c < problem.classes; ++c) {
      Float low = load<kLanes>(below + c * kLanes);
      store<kLanes>(upper + c * line + group.base, load<kLanes>(all + c * kLanes) - low, count);
      if (lower) store<kLanes>(lower + c * line + group.base, low, count);
    }
    return;
  }
  ColumnSums sums(group);
  // Without lower rows all values of `below` are zeros, so they may be added anywhere.
  if (!lower) lower = upper;
  for (int c = 0; c < problem.classes; ++c) {
    Float low = load<kLanes>(below + c * kLanes);
    Float high = load<kLanes>(all + c * kLanes) - low;
    float *upper_row = upper + c * line + group.base, *lower_row = lower + c * line + group.base;
    if (group.is_near) {
      // The right column is the next one after the left column, or it has no weight.
      Float high_right = group.weight * high, low_right = group.weight * low;
      store<kLanes>(upper_row, load<kLanes>(upper_row) + sums(high - high_right));
      store<kLanes>(upper_row + 1, load<kLanes>(upper_row + 1) + sums(high_right));
      store<kLanes>(lower_row, load<kLanes>(lower_row) + sums(low - low_right));
      store<kLanes>(lower_row + 1, load<kLanes>(lower_row + 1) + sums(low_right));
    } else {
      for (int i = 0; i < count; ++i) {
        int32_t left = group.first[i], right = group.second[i];
        float w = group.weight[i];
        upper_row[left] += (1 - w) * high[i], upper_row[right] += w * high[i];
        lower_row[left] += (1 - w) * low[i], lower_row[right] += w * low[i];
      }
    }
  }
}

/// Writes a row of a gradient, class by class, to its place.
CK_NOINLINE inline void write_gradient_row(const CrossEntropy &problem, const ScoreGradient &to, int64_t line,
                                           const float *from, float *row) {
  for (int x = 0; x < problem.width; x += kLanes) {
    int last = std::min(x + kLanes, problem.width);
    for (int c = 0; c < problem.classes; ++c) {
      for (int i = x; i < last; ++i) row[c * to.channel + i * to.pixel] = from[c * line + i];
    }
  }
}

inline void entropy_backward(const CrossEntropy &problem, Bands bands, const float *gradients,
                                   const float *normalizers, const ScoreGradient &to) {
  CrossEntropyBand band(problem);
  Smoothing smoothing(problem);
  size_t group_size = size_t(problem.classes) * kLanes;
  Buffer<float> all(group_size), below(group_size);
  below.fill_zero();
  size_t row_size = problem.classes * band.line_;
  Buffer<float> upper(row_size), lower(to.lower ? row_size : 0);
  auto row = problem.smoothing > 0 ? (to.lower ? gradient_row<true, true>
                                               : gradient_row<true, false>)
                                   : (to.lower ? gradient_row<false, true>
                                               : gradient_row<false, false>);
  band.for_each(bands, [&](int index, int begin, int end) {
    upper.fill_zero();
    if (to.lower) lower.fill_zero();
    if (begin < end) band.begin(index);
    for (int g = 0; g < band.group_count_ && begin < end; ++g) {
      int x = g * kLanes, count = std::min(kLanes, problem.label_width - x);
      bool is_brought = false;
      for (int y = begin; y < end; ++y) {
        int64_t at = int64_t(y) * problem.label_width + x;
        Float gradient = load<kLanes>(gradients + at, count);
        GroupLabels labels = group_labels(problem, y, x);
        gradient = labels.classes < 0 ? splat<kLanes>(0) : gradient;
        // Pixels that do not count are skipped, and so are those that a loss of hard pixels leaves out.
        if (!__builtin_reduce_or(gradient != 0.0f)) continue;
        if (!is_brought) {
          band.bring(g);
          all.fill_zero();
          if (to.lower) below.fill_zero();
          is_brought = true;
        }
        float position = CrossEntropyBand::source(y, problem.height, problem.label_height).weight;
        row(problem, smoothing, band.first_.get(), band.step_.get(), position, labels.classes, gradient,
            load<kLanes>(normalizers + at, count), all.get(), below.get());
      }
      if (is_brought) {
        scatter_group(problem, band.groups_[g], count, band.is_same_width_, band.line_, all.get(), below.get(),
                      upper.get(), to.lower ? lower.get() : nullptr);
      }
    }
    write_gradient_row(problem, to, band.line_, upper.get(), to.upper + index * to.row);
    if (to.lower) write_gradient_row(problem, to, band.line_, lower.get(), to.lower + index * to.row);
  });
}
