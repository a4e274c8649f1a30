// Source columns of neighbouring pixels of a row that is upsampled on the fly. No include guard: included once in each
// namespace.

/// plane[first + index[i]] for each lane; all indices below kLanes where `is_near`.
CK_INLINE Float pick(const float *plane, Int index, [[maybe_unused]] bool is_near) {
#if defined(CK_AVX512)
  if (is_near) return (Float)_mm512_permutexvar_ps(bit_cast<__m512i>(index), _mm512_loadu_ps(plane));
  return (Float)_mm512_i32gather_ps(bit_cast<__m512i>(index), plane, 4);
#elif defined(CK_AVX2)
  if (is_near) return (Float)_mm256_permutevar8x32_ps(_mm256_loadu_ps(plane), bit_cast<__m256i>(index));
  return (Float)_mm256_i32gather_ps(plane, bit_cast<__m256i>(index), 4);
#else
  Float result;
  for (int i = 0; i < kLanes; ++i) result[i] = plane[index[i]];
  return result;
#endif
}

/// kLanes neighbouring outputs of a row.
struct ColumnGroup {
  Int first, second;  // source columns, counted from `base`
  Float weight;
  int32_t base;
  bool is_near;
};

/// The outputs from column `x` on, of a row of `width` outputs; the last one stands for those beyond.
inline ColumnGroup column_group(const Sample *columns, int x, int width) {
  ColumnGroup group;
  group.base = columns[x].first;
  for (int i = 0; i < kLanes; ++i) {
    Sample s = columns[std::min(x + i, width - 1)];
    group.first[i] = s.first - group.base, group.second[i] = s.second - group.base;
    group.weight[i] = s.weight;
  }
  group.is_near = columns[std::min(x + kLanes, width) - 1].second - group.base < kLanes;
  return group;
}
