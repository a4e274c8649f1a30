// Products of matrices. The columns of the second factor are packed into panels like the weights of a convolution, so
// that a tile of rows by columns stays in registers while it runs over the inner dimension. There is no include guard.

#include "simd/activation.hpp"
#include "tiles/tile.hpp"
#include "simd/post.hpp"

struct ProductTile : TileProducts {
  void *out;
  int64_t out_row;
  int count;  // valid columns
  bool adds;  // adds to the output's values, which are float32
};

/// The tiles of matrix products, for tile(). A tile's pixels are rows of the first factor.
template <typename Out, typename Multiplication>
struct ProductTiles {
  using Mul = Multiplication;
  using Args = ProductTile;

  template <int N, int Vectors, int Rows>
  static CK_INLINE void start(const ProductTile &, FloatN<N> (&sums)[Rows][Vectors]) {
    CK_UNROLL for (int r = 0; r < Rows; ++r) {
      CK_UNROLL for (int v = 0; v < Vectors; ++v) sums[r][v] = splat<N>(0);
    }
  }

  template <int N, int Vectors, int Rows>
  static CK_INLINE void finish(const ProductTile &args, FloatN<N> (&sums)[Rows][Vectors]) {
    CK_UNROLL for (int v = 0; v < Vectors; ++v) {
      int count = args.count - v * N < N ? args.count - v * N : N;
      CK_UNROLL for (int r = 0; r < Rows; ++r) {
        Out *to = static_cast<Out *>(args.out) + r * args.out_row + v * N;
        FloatN<N> value = sums[r][v];
        if (args.adds) value += count == N ? load<N>(to) : load<N>(to, count);
        count == N ? store<N>(to, value) : store<N>(to, value, count);
      }
    }
  }
};

/// The width of a panel in vectors, if there are columns enough.
constexpr int kPanelVectors = kLanes == 4 && CK_REGISTERS >= 32 ? 4 : 2;

/// The functions that make the tiles of a panel, by the number of rows less 1. Only the widths that panels have are
/// there, because each takes some kilobytes.
template <typename Kind>
const TileFunction<Kind> *product_tiles(int vectors) {
  if constexpr (kPanelVectors == 4) {
    if (vectors > 2) return vectors == 4 ? tile_row<Kind, kLanes, 4>() : tile_row<Kind, kLanes, 3>();
  }
  return vectors == 2 ? tile_row<Kind, kLanes, 2>() : tile_row<Kind, kLanes, 1>();
}

/// Writes `inner` rows of `count` columns of a factor to a panel [inner / step][width][step], padded with zeros.
template <typename Mul, typename T>
CK_NOINLINE void pack_panel(const T *from, int64_t row, bool is_transposed, int inner, int count, int width,
                            typename Mul::Weight *to) {
  constexpr int kStep = Mul::kStep;
  using Weight = typename Mul::Weight;
  if (count < width || inner % kStep) {
    std::memset(static_cast<void *>(to), 0, size_t(divide_up(inner, kStep)) * kStep * width * sizeof(Weight));
  }
  if constexpr (kStep == 2) {
    if (is_transposed) {
      // Pairs follow each other in memory already, as in the panel.
      for (int j = 0; j < count; ++j) {
        for (int k = 0; k < inner; ++k) to[(k / 2 * width + j) * 2 + k % 2] = from[j * row + k];
      }
    } else {
      for (int k = 0; k < inner; ++k) {
        for (int j = 0; j < count; ++j) to[(k / 2 * width + j) * 2 + k % 2] = from[k * row + j];
      }
    }
  } else if (!is_transposed) {
    for (int k = 0; k < inner; ++k, from += row, to += width) {
      each_vector(count, [&](int j, int valid) __attribute__((always_inline)) {
        store_some(to + j, load_some(from + j, valid), valid);
      });
    }
  } else if constexpr (sizeof(T) == 4) {
    transpose(reinterpret_cast<const uint32_t *>(from), row, reinterpret_cast<uint32_t *>(to), width, count, inner);
  } else {
    for (int j = 0; j < count; ++j) {
      for (int k = 0; k < inner; ++k) to[k * width + j] = to_float(from[j * row + k]);
    }
  }
}

/// A product that is divided into items: a part of the inner dimension, a matrix of the batch, a group of columns and a
/// chunk of rows, which runs fastest.
template <typename Mul>
class Product {
  using Element = typename Mul::Element;
  using Weight = typename Mul::Weight;
  static constexpr int kInner = 512;    // inner elements that are packed at a time
  static constexpr int kColumns = 128;  // columns that are packed at a time; a multiple of any panel's width
  static constexpr int kRows = 56;      // rows of a chunk; about that many make packing cheap
  static constexpr int kItems = 16;     // the items that are enough for several threads

 public:
  Product(ck_pool *pool, const ck_matrices &a, bool a_is_transposed, const ck_matrices &b, bool b_is_transposed,
          const ck_matrices &out)
      : pool_(pool), a_(a), b_(b), out_(out), a_is_transposed_(a_is_transposed), b_is_transposed_(b_is_transposed) {
    inner_ = a_is_transposed ? a.rows : a.columns;
    chunks_ = divide_up(out.rows, kRows), groups_ = divide_up(out.columns, kColumns);
    blocks_ = divide_up(inner_, kInner);
    // Few outputs with many summands each are divided along the sums. The division depends on the sizes alone, so that
    // results do not depend on the number of threads.
    int64_t items = int64_t(chunks_) * groups_ * out.batch;
    if (items < kItems) parts_ = std::min(blocks_, int(divide_up<int64_t>(kItems, items)));
    has_sums_ = parts_ > 1 || (sizeof(Element) < 4 && blocks_ > 1);
    // If rows are multiples of 2 KiB apart, they would evict each other from the cache.
    packs_a_ = a_is_transposed || (a.row * sizeof(Element) % 2048 == 0 && out.rows > 4);
    int inner = std::min(inner_, kInner), columns = divide_up(std::min(out.columns, kColumns), kLanes) * kLanes;
    packed_row_ = divide_up(inner, 16) * 16 + 16;
    panels_bytes_ = divide_up<size_t>(size_t(inner + 1) * columns * sizeof(Weight), 64) * 64;
    thread_bytes_ = panels_bytes_ + (packs_a_ ? size_t(kRows) * packed_row_ * sizeof(Element) : 0) + 64;
  }

  void run() {
    int64_t items = int64_t(parts_) * out_.batch * groups_ * chunks_;
    if (items > std::numeric_limits<int32_t>::max()) fail("matrix product: %lld items", static_cast<long long>(items));
    size_t sums_size = size_t(out_.batch) * out_.rows * out_.columns;
    reserve_scratch(pool_, thread_bytes_);
    if (has_sums_) sums_ = static_cast<float *>(shared_scratch(pool_, parts_ * sums_size * sizeof(float)));
    int pieces = piece_count(pool_, items, double(sums_size) * (0.02 * inner_ + 0.2));
    parallel(pool_, pieces, [&](int32_t index, int32_t thread) {
      int64_t last = (index + 1) * items / pieces;
      for (int64_t first = index * items / pieces; first < last;) {
        int64_t key = first / chunks_, end = std::min(last, (key + 1) * chunks_);
        run_chunks(key, int(first - key * chunks_), int(end - key * chunks_), thread);
        first = end;
      }
    });
    if (has_sums_) add_parts(int64_t(sums_size));
  }

 private:
  /// Multiplies `rows` rows of `inner` elements, which lie as `factor` says, by the panels.
  template <typename Out>
  void run_tiles(Tap factor, Out *out, int64_t out_row, const Weight *panels, int rows, int columns, int inner,
                 bool adds) const {
    ProductTile tile{};
    tile.taps = &factor, tile.tap_count = 1, tile.channels = inner;
    tile.out_row = out_row, tile.adds = adds;
    for (int j = 0; j < columns;) {
      int vectors = std::min(kPanelVectors, divide_up(columns - j, kLanes)), width = vectors * kLanes;
      auto *functions = product_tiles<ProductTiles<Out, Mul>>(vectors);
      factor.weights = panels, tile.count = std::min(width, columns - j);
      panels += size_t(divide_up(inner, Mul::kStep)) * Mul::kStep * width;
      int tiles = divide_up(rows, max_pixels(vectors));
      for (int i = 0; i < tiles; ++i) {
        int first = rows * i / tiles, count = rows * (i + 1) / tiles - first;
        tile.first = first;
        tile.out = out + first * out_row + j;
        functions[count - 1](tile);
      }
      j += width;
    }
  }

  /// Computes the chunks first ..< last of a part, a matrix and a group of columns.
  void run_chunks(int64_t key, int first, int last, int thread) const {
    int group = int(key % groups_), batch = int(key / groups_ % out_.batch), part = int(key / groups_ / out_.batch);
    char *memory = static_cast<char *>(scratch(pool_, thread));
    auto *panels = reinterpret_cast<Weight *>(memory);
    auto *rows = reinterpret_cast<Element *>(memory + panels_bytes_);
    auto *a = static_cast<const Element *>(a_.data) + (a_.batch == 1 ? 0 : batch * a_.batch_stride);
    auto *b = static_cast<const Element *>(b_.data) + (b_.batch == 1 ? 0 : batch * b_.batch_stride);
    int column = group * kColumns, columns = std::min(kColumns, out_.columns - column);
    int first_block = int(int64_t(part) * blocks_ / parts_), last_block = int(int64_t(part + 1) * blocks_ / parts_);
    for (int block = first_block; block < last_block; ++block) {
      int start = block * kInner, inner = std::min(kInner, inner_ - start);
      pack_group(b, column, columns, start, inner, panels);
      for (int chunk = first; chunk < last; ++chunk) {
        int row = int(int64_t(chunk) * out_.rows / chunks_), end = int(int64_t(chunk + 1) * out_.rows / chunks_);
        Tap factor{rows, nullptr, packed_row_};
        if (a_is_transposed_) {
          transpose(reinterpret_cast<const Bits *>(a + start * a_.row + row), a_.row, reinterpret_cast<Bits *>(rows),
                    packed_row_, inner, end - row);
        } else if (packs_a_) {
          for (int i = row; i < end; ++i) {
            std::memcpy(static_cast<void *>(rows + (i - row) * packed_row_), a + i * a_.row + start,
                        inner * sizeof(Element));
          }
        } else {
          factor = {a + row * a_.row + start, nullptr, a_.row};
        }
        if (has_sums_) {
          float *to = sums_ + ((int64_t(part) * out_.batch + batch) * out_.rows + row) * out_.columns + column;
          run_tiles(factor, to, out_.columns, panels, end - row, columns, inner, block > first_block);
        } else {
          Element *to = static_cast<Element *>(out_.data) + batch * out_.batch_stride + row * out_.row + column;
          run_tiles(factor, to, out_.row, panels, end - row, columns, inner, block > first_block);
        }
      }
    }
  }

  void pack_group(const Element *b, int column, int columns, int start, int inner, Weight *panels) const {
    for (int j = 0; j < columns;) {
      int width = std::min(kPanelVectors, divide_up(columns - j, kLanes)) * kLanes;
      const Element *from = b_is_transposed_ ? b + (column + j) * b_.row + start : b + start * b_.row + column + j;
      pack_panel<Mul>(from, b_.row, b_is_transposed_, inner, std::min(width, columns - j), width, panels);
      panels += size_t(divide_up(inner, Mul::kStep)) * Mul::kStep * width;
      j += width;
    }
  }

  /// Adds the sums of all parts and writes them to the output.
  void add_parts(int64_t size) const {
    int64_t lines = int64_t(out_.batch) * out_.rows;
    int pieces = piece_count(pool_, lines, double(size) * (parts_ + 1) * 0.1);
    parallel(pool_, pieces, [&](int32_t index, int32_t) {
      int64_t last = (index + 1) * lines / pieces;
      for (int64_t line = index * lines / pieces; line < last; ++line) {
        const float *from = sums_ + line * out_.columns;
        Element *to = static_cast<Element *>(out_.data) + line / out_.rows * out_.batch_stride +
                      line % out_.rows * out_.row;
        each_vector(out_.columns, [&](int j, int count) __attribute__((always_inline)) {
          Float sum = load_some(from + j, count);
          for (int part = 1; part < parts_; ++part) sum += load_some(from + part * size + j, count);
          store_some(to + j, sum, count);
        });
      }
    });
  }

  using Bits = std::conditional_t<sizeof(Element) == 4, uint32_t, uint16_t>;

  ck_pool *pool_;
  ck_matrices a_, b_, out_;
  bool a_is_transposed_, b_is_transposed_;
  int inner_, chunks_, groups_, blocks_, parts_ = 1;
  bool has_sums_, packs_a_;
  int64_t packed_row_;
  size_t panels_bytes_, thread_bytes_;
  float *sums_ = nullptr;  // [part][batch][row][column], if they are not the output
};

template <typename T>
void matmul(ck_pool *pool, const ck_matrices &a, bool a_is_transposed, const ck_matrices &b, bool b_is_transposed,
            const ck_matrices &out) {
#if defined(CK_PAIRS)
  using Mul = std::conditional_t<std::is_same_v<T, float>, MulFloat, MulPairs>;
#else
  using Mul = std::conditional_t<std::is_same_v<T, float>, MulFloat, MulWidened>;
#endif
  Product<Mul>(pool, a, a_is_transposed, b, b_is_transposed, out).run();
}
