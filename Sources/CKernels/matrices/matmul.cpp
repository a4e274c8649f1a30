#include "core/shared.hpp"
#include "simd/transpose.hpp"

#define CK_WITH_PAIRS
#define CK_KERNELS "matrices/matmul_kernels.hpp"
#include "simd/foreach_isa.hpp"

static void check_matrices(const char *name, const ck_matrices *m, int32_t rows, int32_t columns, ck_type type) {
  if (!m->data) ck::fail("%s: no matrices", name);
  if (m->batch < 1 || m->rows < 1 || m->columns < 1) {
    ck::fail("%s: %d matrices of %dx%d", name, m->batch, m->rows, m->columns);
  }
  if (m->rows != rows || m->columns != columns) {
    ck::fail("%s: expected matrices of %dx%d, found %dx%d", name, rows, columns, m->rows, m->columns);
  }
  if (m->type != type) ck::fail("%s: expected element type %d, found %d", name, int(type), int(m->type));
  if (m->row < m->columns || (m->batch > 1 && m->batch_stride < 1)) {
    ck::fail("%s: strides of %lld and %lld for matrices of %dx%d", name, static_cast<long long>(m->batch_stride),
             static_cast<long long>(m->row), m->rows, m->columns);
  }
}

extern "C" bool ck_matmul(ck_pool *pool, const ck_matrices *a, bool a_is_transposed, const ck_matrices *b,
                          bool b_is_transposed, const ck_matrices *out) {
  return ck::guard([&] {
    if (!a || !b || !out) ck::fail("matrix product: no matrices");
    if (out->type != CK_FLOAT32 && out->type != CK_BFLOAT16) {
      ck::fail("matrix product: matrices of element type %d", int(out->type));
    }
    int32_t inner = a_is_transposed ? a->rows : a->columns;
    check_matrices("matrix product, output", out, out->rows, out->columns, out->type);
    check_matrices("matrix product, first factor", a, a_is_transposed ? inner : out->rows,
                   a_is_transposed ? out->rows : inner, out->type);
    check_matrices("matrix product, second factor", b, b_is_transposed ? out->columns : inner,
                   b_is_transposed ? inner : out->columns, out->type);
    for (const ck_matrices *m : {a, b}) {
      if (m->batch != 1 && m->batch != out->batch) {
        ck::fail("matrix product: a batch of %d for one of %d", m->batch, out->batch);
      }
    }
    CK_BY_TYPE(*out, matmul, pool, *a, a_is_transposed, *b, b_is_transposed, *out);
  });
}
