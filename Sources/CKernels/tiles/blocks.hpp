// Divides output channels into blocks for tile(). There is no include guard: the file is included once in each
// namespace.

/// The most vectors of a block. With wide vectors there are rarely enough channels for a fourth one.
constexpr int kMaxVectors = kLanes < 16 && CK_REGISTERS >= 32 ? 4 : 3;

/// The output channels that one call of tile() computes.
struct Block {
  int group, first, count;
  bool half;  // vectors have half the lanes
  int vectors;
  size_t weights, lane;  // the start of its weights, and of its bias and slopes
  int width() const { return vectors * (half ? kLanes / 2 : kLanes); }
};

/// Divides `count` output channels into blocks with little padding.
inline void add_blocks(std::vector<Block> &blocks, int group, int first, int count) {
  while (count > 0) {
    Block block{group, first, 0, false, 2, 0, 0};
    if (kLanes == 16) {
      if (count <= 8) {
        block.half = true, block.vectors = 1;
      } else if (count <= 16) {
        block.vectors = 1;
      } else if (count <= 24 && !has_full_wide_units()) {
        block.half = true, block.vectors = 3;
      } else if (count > 32 && count <= 48) {
        block.vectors = 3;
      }
    } else {
      if (count <= kLanes) block.vectors = 1;
      if (count > 2 * kLanes && count <= 3 * kLanes) block.vectors = 3;
      if (kMaxVectors == 4 && count > 3 * kLanes) block.vectors = 4;
    }
    block.count = count < block.width() ? count : block.width();
    blocks.push_back(block);
    first += block.count;
    count -= block.count;
  }
}

/// Hardly any processor needs instruction sets without fused multiplication, so few tiles are compiled for them.
constexpr int kMaxPixels = CK_FMA ? 14 : 6;
/// The most pixels of a tile: as many as fit the registers beside `vectors` weights, one input, and a register to spare,
/// without which the compiler moves sums from register to register and through memory.
constexpr int max_pixels(int vectors) {
  int fitting = (CK_REGISTERS - 2 - vectors) / vectors;
  return fitting < kMaxPixels ? fitting : kMaxPixels;
}
