// The numbers that were found by measuring, in one place. Unless they say otherwise, they were measured on an AMD EPYC
// of the Zen 4 generation (per core 32 KiB of level 1 and 1 MiB of level 2, 32 MiB of level 3) by `swift run -c release
// --package-path Benchmarks kernels` and by `rtseg bench`. What depends on caches is a share of the sizes that the
// system tells. The numbers change speed, and by another choice of an algorithm the rounding of results.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/common.hpp"

namespace ck::tuning {

constexpr int64_t kKiB = 1 << 10, kMiB = 1 << 20;

/// The size of a level of the processor's caches. If there is no level 3, level 2 stands for it. If the system does not
/// tell a size, it is that of the processor above.
inline int64_t cache(int32_t level) {
  constexpr int64_t usual[] = {32 * kKiB, kMiB, 32 * kMiB};
  auto found = int64_t(ck_cache_bytes(level));
  if (found == 0 && level == 3) found = int64_t(ck_cache_bytes(2));
  return found > 0 ? found : usual[level - 1];
}

/// Nanoseconds of work that are worth a thread's waking up, and the most pieces for each thread.
constexpr double kPieceCost = 15000, kPiecesOfThread = 8;

/// The memory of a large page. Scratch memory of at least half of it gets whole ones.
constexpr size_t kLargePage = size_t(2) << 20;

/// The pixels of a segment of a row in convolutions: eight of the largest tiles.
constexpr int kSegmentPixels = 112;
/// The input and output of the rows for which direct convolution computes all blocks. Weights of more than the
/// second-level cache are read anew for each batch, so their batches are larger.
inline int64_t direct_batch(int64_t weights) { return weights > cache(2) ? cache(2) / 2 : cache(2) / 4; }
/// The least bytes of an input pixel that is prefetched, since the processor itself foresees shorter ones, and the bytes
/// from the pixels that a tile reads to those that are prefetched meanwhile. Pixels of the last size or more, which take
/// the memory longer than one block computes, are prefetched a batch ahead.
constexpr int64_t kPrefetchedPixel = 256, kPrefetchDistance = 1024, kWidePixel = 512;

/// Copied input rows of a segment of int8 convolution. They come from level 2, beside the weights.
inline int64_t quantized_segment() { return std::min(3 * cache(1), cache(2) / 4); }
/// Weights of int8 convolution that stay in level 2 by themselves, so that one row at a time is enough. For more
/// weights, rows of the second size are computed together.
inline int64_t quantized_weights() { return cache(2) / 4; }
inline int64_t quantized_batch() { return cache(2) * 5 / 32; }

/// The planes of a batch of Winograd's tiles if transformed weights are kept. Otherwise all threads share planes, for
/// which more than this much brings nothing.
inline int64_t winograd_planes() { return std::clamp<int64_t>(384 * kKiB, cache(2) * 5 / 16, cache(2) * 3 / 4); }
inline int64_t winograd_shared_planes() { return std::min(cache(3) / 8, 12 * kMiB); }
/// The most transformed weights that are kept. Larger ones are computed anew for each batch of tiles, which is faster
/// than reading them from memory.
constexpr int64_t kWinogradWeights = 9 * kMiB;

/// The costs by which an algorithm of convolution in floats is chosen. Only their ratios matter.
struct ConvolutionCosts {
  double direct_rate, winograd_rate, pair_rate;  // operations in a nanosecond; pairs are those of bfloat16
  double read_weight, made_weight;               // nanoseconds to read a weight, or to compute one of Winograd's
  double transform;                              // nanoseconds to transform a value
};
inline ConvolutionCosts convolution_costs() {
  ck_isa isa = ck_current_isa();
  bool is_wide = isa == CK_ISA_AVX512 || isa == CK_ISA_AVX512_VNNI || isa == CK_ISA_AVX512_DOT;
  // Measured on an Intel Xeon of the Emerald Rapids generation (per core 48 KiB of level 1 and 2 MiB of level 2). It
  // multiplies twice as fast, but moves data no faster.
  if (is_wide && has_full_wide_units()) return {150, 110, 150, 0.2, 0.4, 0.06};
  return {105, 100, 190, 0.3, 0.3, 0.12};
}
/// Operations in a nanosecond of int8 convolution by products of four bytes, and by products of two words.
constexpr double kByteRate = 350, kWordRate = 120;
/// With fewer input or output channels than this, Winograd's transforms cost more than they save.
constexpr int kNarrow = 12;

}  // namespace ck::tuning
