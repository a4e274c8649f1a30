// The transposition of a matrix by square blocks that fit registers. It is limited by memory, so one version serves all
// instruction sets.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

namespace ck {

/// Takes elements of two vectors alternately, from the lower halves of both or from the upper ones.
template <typename Vector, int N, int... Lane>
inline Vector zip_halves(Vector a, Vector b, bool upper, std::integer_sequence<int, Lane...>) {
  if (upper) return __builtin_shufflevector(a, b, (N / 2 + Lane / 2 + Lane % 2 * N)...);
  return __builtin_shufflevector(a, b, (Lane / 2 + Lane % 2 * N)...);
}

/// Transposes N rows of N elements.
template <typename T, int N>
inline void transpose_block(const T *from, int64_t from_row, T *to, int64_t to_row) {
  typedef T Vector __attribute__((ext_vector_type(N)));
  constexpr auto lanes = std::make_integer_sequence<int, N>();
  Vector rows[N], zipped[N];
#pragma clang loop unroll(full)
  for (int i = 0; i < N; ++i) std::memcpy(&rows[i], from + i * from_row, sizeof(Vector));
#pragma clang loop unroll(full)
  for (int step = 1; step < N; step *= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < N / 2; ++i) {
      zipped[2 * i] = zip_halves<Vector, N>(rows[i], rows[i + N / 2], false, lanes);
      zipped[2 * i + 1] = zip_halves<Vector, N>(rows[i], rows[i + N / 2], true, lanes);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < N; ++i) rows[i] = zipped[i];
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < N; ++i) std::memcpy(to + i * to_row, &rows[i], sizeof(Vector));
}

/// Writes element (r, c) of a matrix to to[c * to_row + r]. T is a number of four bytes or an unsigned integer.
template <typename T>
void transpose(const T *from, int64_t from_row, T *to, int64_t to_row, int64_t rows, int64_t columns) {
  // A tile reads and writes whole lines of the cache.
  constexpr int64_t kTile = 64 / sizeof(T);
  constexpr int kBlock = sizeof(T) == 4 ? 4 : 8;
  for (int64_t r = 0; r < rows; r += kTile) {
    int64_t last_row = r + kTile < rows ? r + kTile : rows;
    for (int64_t c = 0; c < columns; c += kTile) {
      int64_t last_column = c + kTile < columns ? c + kTile : columns;
      int64_t i = r;
      for (; i + kBlock <= last_row; i += kBlock) {
        int64_t j = c;
        for (; j + kBlock <= last_column; j += kBlock) {
          transpose_block<T, kBlock>(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
        }
        for (; j < last_column; ++j) {
          for (int k = 0; k < kBlock; ++k) to[j * to_row + i + k] = from[(i + k) * from_row + j];
        }
      }
      for (; i < last_row; ++i) {
        for (int64_t j = c; j < last_column; ++j) to[j * to_row + i] = from[i * from_row + j];
      }
    }
  }
}

}  // namespace ck
