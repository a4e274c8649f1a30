// Copies in other orders, and joins.
#include "../step.hpp"

namespace rt {
namespace {

class CopyStep final : public Step {
 public:
  explicit CopyStep(const Operands &operands) : operands_(operands) {}
  bool run(ck_pool *pool, ck_rows rows) override {
    ck_map in = operands_.in().rows(rows), out = operands_.out().rows(rows);
    return ck_copy(pool, &in, &out);
  }
  int32_t row_step() const override { return 1; }
  std::string kernel() const override { return "copy"; }

 private:
  const Operands &operands_;
};

class PermuteStep final : public Step {
 public:
  PermuteStep(const PermuteChannels &p, const Operands &operands) : operands_(operands), source_(p.source) {}
  bool run(ck_pool *pool, ck_rows rows) override {
    ck_map in = operands_.in().rows(rows), out = operands_.out().rows(rows);
    return ck_permute_channels(pool, &in, &out, source_.data());
  }
  int32_t row_step() const override { return 1; }

 private:
  const Operands &operands_;
  std::vector<int32_t> source_;
};

class InterleaveStep final : public Step {
 public:
  explicit InterleaveStep(const Operands &operands) : operands_(operands) {}
  bool run(ck_pool *pool, ck_rows rows) override {
    ck_map a = operands_.in(0).rows(rows), b = operands_.in(1).rows(rows), out = operands_.out().rows(rows);
    return ck_interleave_channels(pool, &a, &b, operands_.map_in(2), &out);
  }
  int32_t row_step() const override { return 1; }
  ck_rows needs(size_t input, ck_rows rows) const override { return input == 2 ? ck_rows{0, 1} : rows; }

 private:
  const Operands &operands_;
};

class PixelShuffleStep final : public Step {
 public:
  PixelShuffleStep(const PixelShuffle &p, const Operands &operands) : operands_(operands), factor_(p.factor) {}
  bool run(ck_pool *pool, ck_rows) override {
    return ck_pixel_shuffle(pool, &operands_.in().map, &operands_.out().map, factor_);
  }

 private:
  const Operands &operands_;
  int32_t factor_;
};

/// Does nothing: the parts have been written in place.
class JoinStep final : public Step {
 public:
  bool run(ck_pool *, ck_rows) override { return true; }
  int32_t row_step() const override { return 1; }
  std::string kernel() const override { return "nothing"; }
};

class RearrangeStep final : public Step {
 public:
  RearrangeStep(const Rearrange &r, const Operands &operands) : operands_(operands), r_(r) {}
  bool run(ck_pool *pool, ck_rows) override {
    const Tensor &x = operands_.in(), &y = operands_.out();
    auto size = int64_t(x.element_size());
    return ck_rearrange(pool, x.type(), int32_t(r_.sizes.size()), r_.sizes.data(),
                        static_cast<const char *>(x.map.data) + r_.offset_in * size, r_.strides_in.data(),
                        static_cast<char *>(y.map.data) + r_.offset_out * size, r_.strides_out.data());
  }
  std::string kernel() const override { return "copy"; }

 private:
  const Operands &operands_;
  const Rearrange &r_;
};

}  // namespace

std::unique_ptr<Step> make_step(const Copy &, const Operands &o, const std::vector<Weight> &) {
  return std::make_unique<CopyStep>(o);
}
std::unique_ptr<Step> make_step(const PermuteChannels &p, const Operands &o, const std::vector<Weight> &) {
  return std::make_unique<PermuteStep>(p, o);
}
std::unique_ptr<Step> make_step(const Interleave &, const Operands &o, const std::vector<Weight> &) {
  return std::make_unique<InterleaveStep>(o);
}
std::unique_ptr<Step> make_step(const PixelShuffle &p, const Operands &o, const std::vector<Weight> &) {
  return std::make_unique<PixelShuffleStep>(p, o);
}
std::unique_ptr<Step> make_step(const Join &, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<JoinStep>();
}
std::unique_ptr<Step> make_step(const Rearrange &p, const Operands &o, const std::vector<Weight> &) {
  return std::make_unique<RearrangeStep>(p, o);
}

}  // namespace rt
