// Matrix products.
#include "../step.hpp"

namespace rt {
namespace {

class MatrixProductStep final : public Step {
 public:
  explicit MatrixProductStep(const MatrixProduct &m) : m_(m) {}

  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    ck_matrices a = matrices(operands.in(0), m_.a_batch, m_.a_is_transposed ? m_.inner : m_.rows,
                             m_.a_is_transposed ? m_.rows : m_.inner);
    ck_matrices b = matrices(operands.in(1), m_.b_batch, m_.b_is_transposed ? m_.columns : m_.inner,
                             m_.b_is_transposed ? m_.inner : m_.columns);
    ck_matrices out = matrices(operands.out(), m_.batch, m_.rows, m_.columns);
    return ck_matmul(pool, &a, m_.a_is_transposed, &b, m_.b_is_transposed, &out);
  }

 private:
  static ck_matrices matrices(const Tensor &tensor, int32_t batch, int32_t rows, int32_t columns) {
    return {tensor.map.data, batch, rows, columns, tensor.type(), int64_t(rows) * columns, columns};
  }

  const MatrixProduct &m_;
};

}  // namespace

std::unique_ptr<Step> make_step(const MatrixProduct &p, const Operands &, const std::vector<Weight> &) {
  return std::make_unique<MatrixProductStep>(p);
}

}  // namespace rt
