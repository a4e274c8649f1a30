// The tiles of float32 and bfloat16, whose sums are float32. There is no include guard: the file is included once in
// each namespace.

#include "tiles/tile.hpp"

struct FloatTile : TileProducts {
  // Bias and slopes are padded to whole vectors; NULL stands for none.
  const float *bias;
  const float *slopes;
  float low, high;
  // Output and residual have the maps' element type. With `raw` the output is float32, without residual and activation.
  void *out;
  const void *residual;
  int64_t out_pixel, residual_pixel;
  bool residual_after, raw;
  bool adds;  // with `raw`: adds to the output's present values instead of the bias
  int count;  // valid output channels
};

/// The tiles of a multiplication with float32 sums, for tile(). `Number` is the element type of output and residual.
template <typename Multiplication, typename Number = typename Multiplication::Element>
struct FloatTiles {
  using Mul = Multiplication;
  using Element = Number;
  using Args = FloatTile;

  template <int N, int Vectors, int Pixels>
  static CK_INLINE void start(const FloatTile &args, FloatN<N> (&sums)[Pixels][Vectors]) {
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
  }

  template <int N, int Vectors, int Pixels>
  static CK_INLINE void finish(const FloatTile &args, FloatN<N> (&sums)[Pixels][Vectors]) {
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
};

/// Applies activation and residual to a tile of raw sums, if the tile function does not do it.
template <typename Element>
CK_NOINLINE void finish_raw(const float *sums, int64_t sums_pixel, int pixels, const Epilogue &epilogue,
                            const FloatTile &args) {
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
