// Products of matrices.
#ifndef CK_MATRICES_H
#define CK_MATRICES_H

#include "ck_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Some matrices of one size. Element (b, i, j) is at data[b * batch_stride + i * row + j]; strides are counted in
/// elements. `row` is at least `columns`; batches may lie between each other's rows, as the heads of attention do.
typedef struct {
  void *data;
  int32_t batch, rows, columns;
  ck_type type;
  int64_t batch_stride, row;
} ck_matrices;

/// Computes out = a b for each index of the batch, after transposing the matrices of `a` or `b` if that is asked for.
/// All have the same type, float32 or bfloat16; sums are float32. A batch of 1 of `a` or `b` serves all of `out`, whose
/// memory must not overlap theirs.
bool ck_matmul(ck_pool *pool, const ck_matrices *a, bool a_is_transposed, const ck_matrices *b, bool b_is_transposed,
               const ck_matrices *out);

#ifdef __cplusplus
}
#endif
#endif
