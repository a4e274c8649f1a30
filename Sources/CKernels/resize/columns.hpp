// The source columns of neighbouring pixels of a row that is upsampled on the fly. There is no include guard: the file
// is included once in each namespace.

/// Loads plane[index[i]] for each lane i. With `is_near` all indices are below kLanes.
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

/// A group of kLanes neighbouring outputs of a row.
struct ColumnGroup {
  Int first, second;  // source columns, relative to `base`
  Float weight;
  int32_t base;
  bool is_near;
};

/// The group of outputs from column `x` on, in a row of `width` outputs. The last output stands for those beyond it.
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
