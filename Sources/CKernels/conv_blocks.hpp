// How output channels are cut up for tile(). No include guard: included once in each namespace.

/// Output channels that one call of tile() makes.
struct Block {
  int group, first, count;
  bool half;  // vectors of half the lanes
  int vectors;
  size_t weights, lane;  // where its weights, bias and slopes begin
  int width() const { return vectors * (half ? kLanes / 2 : kLanes); }
};

/// Cuts `count` output channels into blocks with little padding.
inline void add_blocks(std::vector<Block> &blocks, int group, int first, int count) {
  while (count > 0) {
    Block block{group, first, 0, false, 2, 0, 0};
    if (kLanes == 16) {
      if (count <= 8) {
        block.half = true, block.vectors = 1;
      } else if (count <= 16) {
        block.vectors = 1;
      } else if (count <= 24) {
        block.half = true, block.vectors = 3;
      } else if (count > 32 && count <= 48) {
        block.vectors = 3;
      }
    } else {
      if (count <= kLanes) block.vectors = 1;
      if (count > 2 * kLanes && count <= 3 * kLanes) block.vectors = 3;
      if (CK_REGISTERS >= 32 && count > 3 * kLanes) block.vectors = 4;
    }
    block.count = count < block.width() ? count : block.width();
    blocks.push_back(block);
    first += block.count;
    count -= block.count;
  }
}

constexpr int kMaxPixels = 14;
/// The most pixels of a tile: as many as fit the registers beside `vectors` weights and one input.
constexpr int max_pixels(int vectors) {
  int fitting = (CK_REGISTERS - 1 - vectors) / vectors;
  return fitting < kMaxPixels ? fitting : kMaxPixels;
}
constexpr int kMaxVectors = CK_REGISTERS >= 32 ? 4 : 3;

template <typename Kind, typename Mul, int N, int Vectors, int... Index>
const typename Kind::Function *tile_row(std::integer_sequence<int, Index...>) {
  static constexpr typename Kind::Function functions[] = {Kind::template function<Mul, N, Vectors, Index + 1>...};
  return functions;
}

template <typename Kind, typename Mul, int N>
const typename Kind::Function *tile_functions(int vectors) {
  switch (vectors) {
    case 1: return tile_row<Kind, Mul, N, 1>(std::make_integer_sequence<int, max_pixels(1)>());
    case 2: return tile_row<Kind, Mul, N, 2>(std::make_integer_sequence<int, max_pixels(2)>());
    case 3: return tile_row<Kind, Mul, N, 3>(std::make_integer_sequence<int, max_pixels(3)>());
#if CK_REGISTERS >= 32
    case 4: return tile_row<Kind, Mul, N, 4>(std::make_integer_sequence<int, max_pixels(4)>());
#endif
  }
  return nullptr;
}

/// The functions that make the tiles of a block, by the number of pixels less 1. `Kind` has the function for each size.
template <typename Kind, typename Mul>
const typename Kind::Function *tile_functions(const Block &block) {
  if constexpr (kLanes == 16) {
    if (block.half) return tile_functions<Kind, Mul, 8>(block.vectors);
  }
  return tile_functions<Kind, Mul, kLanes>(block.vectors);
}
