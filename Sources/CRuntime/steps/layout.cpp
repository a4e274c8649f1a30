// Copies in other orders, and joins.
#include "../step.hpp"

namespace rt {
namespace {

class CopyStep final : public Step {
 public:
  bool run(const Operands &operands, ck_pool *pool, ck_rows rows) override {
    ck_map in = operands.in().rows(rows), out = operands.out().rows(rows);
    return ck_copy(pool, &in, &out);
  }
  int32_t row_step() const override { return 1; }
  std::string kernel() const override { return "copy"; }
};

class PermuteStep final : public Step {
 public:
  explicit PermuteStep(const PermuteChannels &p) : source_(p.source) {}
  bool run(const Operands &operands, ck_pool *pool, ck_rows rows) override {
    ck_map in = operands.in().rows(rows), out = operands.out().rows(rows);
    return ck_permute_channels(pool, &in, &out, source_.data());
  }
  int32_t row_step() const override { return 1; }

 private:
  std::vector<int32_t> source_;
};

class InterleaveStep final : public Step {
 public:
  bool run(const Operands &operands, ck_pool *pool, ck_rows rows) override {
    ck_map a = operands.in(0).rows(rows), b = operands.in(1).rows(rows), out = operands.out().rows(rows);
    return ck_interleave_channels(pool, &a, &b, operands.map_in(2), &out);
  }
  int32_t row_step() const override { return 1; }
  ck_rows needs(size_t input, ck_rows rows) const override { return input == 2 ? ck_rows{0, 1} : rows; }
};

class PixelShuffleStep final : public Step {
 public:
  explicit PixelShuffleStep(const PixelShuffle &p) : factor_(p.factor) {}
  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    return ck_pixel_shuffle(pool, &operands.in().map, &operands.out().map, factor_);
  }

 private:
  int32_t factor_;
};

/// Does nothing: the parts have been written in place.
class JoinStep final : public Step {
 public:
  bool run(const Operands &, ck_pool *, ck_rows) override { return true; }
  int32_t row_step() const override { return 1; }
  std::string kernel() const override { return "nothing"; }
};

class RearrangeStep final : public Step {
 public:
  explicit RearrangeStep(const Rearrange &r) : r_(r) {}
  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    const Tensor &x = operands.in(), &y = operands.out();
    auto size = int64_t(x.element_size());
    return ck_rearrange(pool, x.type(), int32_t(r_.sizes.size()), r_.sizes.data(),
                        static_cast<const char *>(x.map.data) + r_.offset_in * size, r_.strides_in.data(),
                        static_cast<char *>(y.map.data) + r_.offset_out * size, r_.strides_out.data());
  }
  std::string kernel() const override { return "copy"; }

 private:
  const Rearrange &r_;
};

}  // namespace

std::unique_ptr<Step> make_step(const Copy &, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<CopyStep>();
}
std::unique_ptr<Step> make_step(const PermuteChannels &p, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<PermuteStep>(p);
}
std::unique_ptr<Step> make_step(const Interleave &, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<InterleaveStep>();
}
std::unique_ptr<Step> make_step(const PixelShuffle &p, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<PixelShuffleStep>(p);
}
std::unique_ptr<Step> make_step(const Join &, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<JoinStep>();
}
std::unique_ptr<Step> make_step(const Rearrange &p, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<RearrangeStep>(p);
}

}  // namespace rt
