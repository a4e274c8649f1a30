// Resizing, and the class of each pixel.
#include "../step.hpp"

namespace rt {
namespace {

class ResizeStep final : public Step {
 public:
  ResizeStep(const Resize &r, const Operands &operands, const std::vector<Weight> &weights)
      : operands_(operands), activation_(r.activation, weights) {
    resizing_.is_nearest = r.is_nearest;
    resizing_.align_corners = r.align_corners;
    resizing_.op = r.op;
    resizing_.activation = *activation_.get();
  }

  bool run(const Operands &operands, ck_pool *pool, ck_rows rows) override {
    return ck_resize(pool, &operands.in().map, &operands.out().map, &resizing_, operands.map_in(1), rows);
  }
  int32_t row_step() const override { return 1; }
  /// A row of the output lies between two rows of the input. One more row on each side leaves room for rounding.
  ck_rows needs(size_t input, ck_rows rows) const override {
    if (input > 0) return rows;
    int64_t from = operands_.in().height(), to = operands_.out().height();
    return clamped_rows(rows.begin * from / to - 2, (rows.end * from + to - 1) / to + 2);
  }
  std::string kernel() const override { return operands_.inputs.size() > 1 ? "with resizing" : "kernel"; }

 private:
  const Operands &operands_;
  BoundActivation activation_;
  ck_resizing resizing_{};
};

class ClassMapStep final : public Step {
 public:
  ClassMapStep(const ClassMap &c, const Operands &operands) : operands_(operands), align_corners_(c.align_corners) {}

  bool run(const Operands &operands, ck_pool *pool, ck_rows rows) override {
    if (!is_same_size()) return ck_argmax(pool, &operands.in().map, &operands.out().map, align_corners_);
    ck_map in = operands.in().rows(rows), out = operands.out().rows(rows);
    return ck_argmax(pool, &in, &out, align_corners_);
  }
  int32_t row_step() const override { return is_same_size() ? 1 : 0; }

 private:
  bool is_same_size() const {
    return operands_.in().height() == operands_.out().height() && operands_.in().width() == operands_.out().width();
  }

  const Operands &operands_;
  bool align_corners_;
};

}  // namespace

std::unique_ptr<Step> make_step(const Resize &p, const Operands &o, const std::vector<Weight> &weights) {
  return std::make_unique<ResizeStep>(p, o, weights);
}
std::unique_ptr<Step> make_step(const ClassMap &p, const Operands &o, const std::vector<Weight> &) {
  return std::make_unique<ClassMapStep>(p, o);
}

}  // namespace rt
