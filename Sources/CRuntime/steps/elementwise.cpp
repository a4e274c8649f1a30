// Arithmetic on each value, and along the channels of each pixel.
#include "../step.hpp"

namespace rt {

BoundActivation::BoundActivation(const Activation &activation, const std::vector<Weight> &weights) {
  value_.kind = activation.kind;
  value_.a = activation.a;
  value_.b = activation.b;
  if (activation.slopes < 0) return;
  slopes_ = weights[size_t(activation.slopes)].floats();
  value_.slopes = slopes_.data();
}

BoundVector::BoundVector(int32_t weight, const std::vector<Weight> &weights) {
  if (weight >= 0) values = weights[size_t(weight)].floats();
}

namespace {

class AffineStep final : public Step {
 public:
  AffineStep(const Affine &a, const Operands &operands, const std::vector<Weight> &weights)
      : scale_(a.scale, weights),
        shift_(a.shift, weights),
        activation_(a.activation, weights),
        is_plain_(operands.in().type() == operands.out().type() && !operands.in().is_quantized()) {}

  bool run(const Operands &operands, ck_pool *pool, ck_rows rows) override {
    const Tensor &x = operands.in(), &y = operands.out();
    ck_map in = x.rows(rows), out = y.rows(rows);
    if (is_plain_) return ck_affine(pool, &in, &out, scale_.get(), shift_.get(), activation_.get());
    return ck_affine_quantized(pool, &in, &x.info().quantization, &out, &y.info().quantization, scale_.get(), shift_.get(),
                               activation_.get());
  }
  int32_t row_step() const override { return 1; }
  uint64_t weight_bytes() const override { return (scale_.values.size() + shift_.values.size()) * sizeof(float); }

 private:
  BoundVector scale_, shift_;
  BoundActivation activation_;
  bool is_plain_;
};

class BinaryStep final : public Step {
 public:
  BinaryStep(const Binary &b, const Operands &operands, const std::vector<Weight> &weights)
      : operands_(operands), op_(b.op), activation_(b.activation, weights) {}

  bool run(const Operands &operands, ck_pool *pool, ck_rows rows) override {
    const Tensor &x = operands.in(0), &y = operands.in(1), &z = operands.out();
    ck_map a = x.rows(rows), b = y.rows(rows), out = z.rows(rows);
    if (!z.is_quantized()) return ck_binary(pool, op_, &a, &b, &out, activation_.get());
    return ck_binary_quantized(pool, op_, &a, &x.info().quantization, &b, &y.info().quantization, &out,
                               &z.info().quantization, activation_.get());
  }
  int32_t row_step() const override { return 1; }
  /// An operand is either as high as the output or one row that serves every row of it.
  ck_rows needs(size_t input, ck_rows rows) const override {
    return operands_.in(input).height() == 1 ? ck_rows{0, 1} : rows;
  }

 private:
  const Operands &operands_;
  ck_operator op_;
  BoundActivation activation_;
};

class SoftmaxStep final : public Step {
 public:
  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    return ck_softmax(pool, &operands.in().map, &operands.out().map);
  }
};

class ReduceStep final : public Step {
 public:
  explicit ReduceStep(const Reduce &r) : reduction_(r.reduction) {}
  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    return ck_reduce_channels(pool, &operands.in().map, &operands.out().map, reduction_);
  }

 private:
  ck_reduction reduction_;
};

class NormalizeStep final : public Step {
 public:
  NormalizeStep(const Normalize &n, const std::vector<Weight> &weights)
      : scale_(n.scale, weights), shift_(n.shift, weights), groups_(n.groups), epsilon_(n.epsilon) {}
  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    return ck_normalize(pool, &operands.in().map, &operands.out().map, groups_, epsilon_, scale_.get(), shift_.get());
  }
  uint64_t weight_bytes() const override { return (scale_.values.size() + shift_.values.size()) * sizeof(float); }

 private:
  BoundVector scale_, shift_;
  int32_t groups_;
  float epsilon_;
};

class FillStep final : public Step {
 public:
  explicit FillStep(const Fill &f) : value_(f.value) {}
  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    return ck_fill(pool, &operands.out().map, value_);
  }

 private:
  float value_;
};

}  // namespace

std::unique_ptr<Step> make_step(const Affine &p, const Operands &o, const std::vector<Weight> &weights) {
  return std::make_unique<AffineStep>(p, o, weights);
}
std::unique_ptr<Step> make_step(const Binary &p, const Operands &o, const std::vector<Weight> &weights) {
  return std::make_unique<BinaryStep>(p, o, weights);
}
std::unique_ptr<Step> make_step(const Softmax &, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<SoftmaxStep>();
}
std::unique_ptr<Step> make_step(const Reduce &p, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<ReduceStep>(p);
}
std::unique_ptr<Step> make_step(const Normalize &p, const Operands &, const std::vector<Weight> &weights) {
  return std::make_unique<NormalizeStep>(p, weights);
}
std::unique_ptr<Step> make_step(const Fill &p, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<FillStep>(p);
}

}  // namespace rt
