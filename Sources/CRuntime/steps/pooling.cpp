// Pooling and its inverse.
#include "../step.hpp"

namespace rt {
namespace {

class PoolStep final : public Step {
 public:
  PoolStep(const ck_window &window, bool is_max, const Operands &operands)
      : window_(window), is_max_(is_max), has_positions_(operands.outputs.size() > 1) {}

  bool run(const Operands &operands, ck_pool *pool, ck_rows rows) override {
    ck_window window = window_;
    window.rows = rows;
    const ck_map *in = &operands.in().map, *out = &operands.out().map;
    if (!is_max_) return ck_average_pool(pool, in, out, &window);
    auto positions = has_positions_ ? static_cast<int32_t *>(operands.out(1).map.data) : nullptr;
    return ck_max_pool(pool, in, out, &window, positions);
  }
  int32_t row_step() const override { return has_positions_ ? 0 : 1; }
  ck_rows needs(size_t, ck_rows rows) const override {
    return window_rows(rows, window_.stride_height, window_.pad_top, window_.kernel_height, window_.dilation_height);
  }

 private:
  ck_window window_;
  bool is_max_, has_positions_;
};

class AdaptiveAverageStep final : public Step {
 public:
  explicit AdaptiveAverageStep(const Operands &operands) {
    const Tensor &x = operands.in();
    if (!x.is_quantized() || operands.out().is_quantized()) return;
    const ck_quantization &q = x.info().quantization;
    scale_.assign(size_t(x.channels()), q.scale);
    shift_.assign(size_t(x.channels()), -q.scale * float(q.zero));
  }

  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    const ck_map *out = &operands.out().map;
    if (!ck_adaptive_average_pool(pool, &operands.in().map, out)) return false;
    // The averages of bytes become the numbers that these stand for.
    return scale_.empty() || ck_affine(pool, out, out, scale_.data(), shift_.data(), nullptr);
  }

 private:
  std::vector<float> scale_, shift_;
};

class AdaptiveMaxStep final : public Step {
 public:
  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    return ck_adaptive_max_pool(pool, &operands.in().map, &operands.out().map);
  }
};

class UnpoolStep final : public Step {
 public:
  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    const Tensor &x = operands.in();
    auto positions = static_cast<const int32_t *>(operands.in(1).map.data);
    if (!x.is_quantized()) return ck_max_unpool(pool, &x.map, &operands.out().map, positions);
    auto zero = static_cast<uint8_t>(x.info().quantization.zero);
    return ck_max_unpool_quantized(pool, &x.map, &operands.out().map, positions, zero);
  }
};

}  // namespace

std::unique_ptr<Step> make_step(const MaxPool &p, const Operands &o, const std::vector<Weight> &) {
  return std::make_unique<PoolStep>(p.window, true, o);
}
std::unique_ptr<Step> make_step(const AveragePool &p, const Operands &o, const std::vector<Weight> &) {
  return std::make_unique<PoolStep>(p.window, false, o);
}
std::unique_ptr<Step> make_step(const AdaptiveAveragePool &, const Operands &o, const std::vector<Weight> &) {
  return std::make_unique<AdaptiveAverageStep>(o);
}
std::unique_ptr<Step> make_step(const AdaptiveMaxPool &, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<AdaptiveMaxStep>();
}
std::unique_ptr<Step> make_step(const MaxUnpool &, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<UnpoolStep>();
}

}  // namespace rt
