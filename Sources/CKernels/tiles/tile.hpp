// The engine of convolutions and matrix products. A tile is some neighbouring pixels (or rows) by one to four vectors of
// output channels (or columns); its sums of products stay in registers. `multiply.hpp` multiplies the element types. The
// callers say what precedes and follows the sums. There is no include guard: the file is included once in each
// namespace.

#include "tiles/blocks.hpp"
#include "tiles/multiply.hpp"

/// A tap of the kernel: the address that it reads for one pixel, and its weights [channel / step][width][step].
struct Tap {
  const void *in;
  const void *weights;
  int64_t pixel;  // elements between the inputs of neighbouring pixels of the tile
};

/// The products that a tile sums.
struct TileProducts {
  const Tap *taps;
  int tap_count;
  int channels;   // input channels of each tap
  int64_t first;  // the tile's first pixel, counted from the one that the taps' addresses belong to
};

/// Adds products to the sums of a tile, tap after tap and channel after channel.
template <typename Mul, int N, int Vectors, int Pixels>
CK_INLINE void add_products(const TileProducts &products, typename Mul::template Sum<N> (&sums)[Pixels][Vectors]) {
  using Sum = typename Mul::template Sum<N>;
  using Element = typename Mul::Element;
  constexpr int kStep = Mul::kStep;
  int steps = products.channels / kStep;
  for (int t = 0; t < products.tap_count; ++t) {
    const Tap &tap = products.taps[t];
    int64_t pixel = tap.pixel;
    auto *in = static_cast<const Element *>(tap.in) + products.first * pixel;
    auto *weights = static_cast<const typename Mul::Weight *>(tap.weights);
    for (int k = 0; k < steps; ++k) {
      Sum w[Vectors];
      CK_UNROLL for (int v = 0; v < Vectors; ++v) w[v] = Mul::template weights<N>(weights + v * N * kStep);
      CK_UNROLL for (int p = 0; p < Pixels; ++p) {
        Sum value = Mul::template broadcast<N>(in + p * pixel);
        CK_UNROLL for (int v = 0; v < Vectors; ++v) sums[p][v] = Mul::template add<N>(sums[p][v], value, w[v]);
      }
      in += kStep;
      weights += Vectors * N * kStep;
    }
    if constexpr (Mul::kTakesHalfSteps) {
      if (products.channels % kStep) {
        CK_UNROLL for (int p = 0; p < Pixels; ++p) {
          Sum value = Mul::template broadcast_half<N>(in + p * pixel);
          CK_UNROLL for (int v = 0; v < Vectors; ++v) {
            sums[p][v] = Mul::template add<N>(sums[p][v], value, Mul::template weights<N>(weights + v * N * kStep));
          }
        }
      }
    }
  }
}

/// Computes a tile. `Kind` has its multiplication `Mul`, its arguments `Args` (a TileProducts and more), and what
/// precedes and follows the sums: start() and finish(). This is not inlined, because inside larger functions the sums
/// would not stay in registers.
template <typename Kind, int N, int Vectors, int Pixels>
CK_NOINLINE void tile(const typename Kind::Args &args) {
  typename Kind::Mul::template Sum<N> sums[Pixels][Vectors];
  Kind::template start<N, Vectors, Pixels>(args, sums);
  add_products<typename Kind::Mul, N, Vectors, Pixels>(args, sums);
  Kind::template finish<N, Vectors, Pixels>(args, sums);
}

template <typename Kind>
using TileFunction = void (*)(const typename Kind::Args &);

template <typename Kind, int N, int Vectors, int... Index>
const TileFunction<Kind> *tile_row(std::integer_sequence<int, Index...>) {
  static constexpr TileFunction<Kind> functions[] = {tile<Kind, N, Vectors, Index + 1>...};
  return functions;
}
template <typename Kind, int N, int Vectors>
const TileFunction<Kind> *tile_row() {
  return tile_row<Kind, N, Vectors>(std::make_integer_sequence<int, max_pixels(Vectors)>());
}

/// The functions that make the tiles of a block, by the number of pixels less 1. Only those that add_blocks() asks for are
/// there, because each takes some kilobytes.
template <typename Kind>
const TileFunction<Kind> *tile_functions(const Block &block) {
  if constexpr (kLanes == 16) {
    if (block.half) return block.vectors == 1 ? tile_row<Kind, 8, 1>() : tile_row<Kind, 8, 3>();
  }
  if constexpr (kMaxVectors == 4) {
    if (block.vectors == 4) return tile_row<Kind, kLanes, 4>();
  }
  if (block.vectors == 3) return tile_row<Kind, kLanes, 3>();
  return block.vectors == 2 ? tile_row<Kind, kLanes, 2>() : tile_row<Kind, kLanes, 1>();
}
