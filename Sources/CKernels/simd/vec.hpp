// Vectors of floats of the instruction set for which this is compiled. There is no include guard: the file is included
// once in each namespace.

constexpr int kLanes = CK_LANES;

template <int N>
using FloatN = typename VectorOf<N>::Float;
template <int N>
using IntN = typename VectorOf<N>::Int;
template <int N>
using UIntN = typename VectorOf<N>::UInt;
using Float = FloatN<kLanes>;
using Int = IntN<kLanes>;

template <int N>
CK_INLINE FloatN<N> splat(float value) {
  return (FloatN<N>)(value);
}

template <typename V>
CK_INLINE V fma(V a, V b, V c) {
#if CK_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}
template <typename V>
CK_INLINE V vmax(V a, V b) {
  return a > b ? a : b;
}
template <typename V>
CK_INLINE V vmin(V a, V b) {
  return a < b ? a : b;
}

template <typename To, typename From>
CK_INLINE To bit_cast(From value) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, value);
}

/// Computes 1 / x with a relative error of about 1e-7. x is at least 1. A division of 16 lanes takes sixteen cycles.
template <typename V>
CK_INLINE V reciprocal(V x) {
#if defined(CK_AVX512)
  if constexpr (sizeof(V) == 64) {
    V estimate = (V)_mm512_rcp14_ps((__m512)x);
    return estimate * fma(-x, estimate, splat<16>(2.0f));
  }
#endif
  return 1.0f / x;
}

template <int N>
CK_INLINE FloatN<N> load(const float *from) {
  FloatN<N> value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
template <int N>
CK_INLINE FloatN<N> widen(typename VectorOf<N>::Half half) {
  return bit_cast<FloatN<N>>(__builtin_convertvector(half, UIntN<N>) << 16);
}
template <int N>
CK_INLINE FloatN<N> load(const bf16 *from) {
  typename VectorOf<N>::Half half;
  __builtin_memcpy(&half, from, sizeof half);
  return widen<N>(half);
}
template <int N>
CK_INLINE FloatN<N> load(const uint8_t *from) {
  typename VectorOf<N>::Byte bytes;
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return __builtin_convertvector(__builtin_convertvector(bytes, IntN<N>), FloatN<N>);
}

template <int N>
CK_INLINE void store(float *to, FloatN<N> value) {
  __builtin_memcpy(to, &value, sizeof value);
}
template <int N>
CK_INLINE typename VectorOf<N>::Half narrow(FloatN<N> value) {
#if defined(CK_PAIRS)
  if constexpr (N == 16) return bit_cast<VectorOf<16>::Half>(_mm512_cvtneps_pbh((__m512)value));
  if constexpr (N == 8) return bit_cast<VectorOf<8>::Half>(_mm256_cvtneps_pbh((__m256)value));
#endif
  UIntN<N> bits = bit_cast<UIntN<N>>(value);
  UIntN<N> rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  UIntN<N> nan = (bits >> 16) | 64u;
  return __builtin_convertvector(value == value ? rounded : nan, typename VectorOf<N>::Half);
}
template <int N>
CK_INLINE void store(bf16 *to, FloatN<N> value) {
  auto half = narrow<N>(value);
  __builtin_memcpy(to, &half, sizeof half);
}
/// Rounds each value to the nearest integer and clamps it to 0 to 255.
template <int N>
CK_INLINE typename VectorOf<N>::Byte to_bytes(FloatN<N> value) {
#if defined(CK_AVX512)
  if constexpr (N == 16) {
    __m512i rounded = _mm512_max_epi32(_mm512_cvtps_epi32((__m512)value), _mm512_setzero_si512());
    return bit_cast<VectorOf<16>::Byte>(_mm512_cvtusepi32_epi8(rounded));
  }
  if constexpr (N == 8) {
    __m256i rounded = _mm256_max_epi32(_mm256_cvtps_epi32((__m256)value), _mm256_setzero_si256());
    return bit_cast<VectorOf<8>::Byte>((long long)_mm_cvtsi128_si64(_mm256_cvtusepi32_epi8(rounded)));
  }
#endif
  // Adding 1.5 * 2^23 rounds to an integer in the low bits.
  FloatN<N> shifted = vmin(vmax(value, splat<N>(0)), splat<N>(255)) + 12582912.0f;
  return __builtin_convertvector(bit_cast<IntN<N>>(shifted) & 255, typename VectorOf<N>::Byte);
}
template <int N>
CK_INLINE void store(uint8_t *to, FloatN<N> value) {
  auto bytes = to_bytes<N>(value);
  __builtin_memcpy(to, &bytes, sizeof bytes);
}

#if defined(CK_AVX512)
/// A mask of the first `count` lanes, 0 to 16. It takes one instruction, which needs BMI2.
CK_INLINE __mmask16 first_lanes(int count) { return (__mmask16)_bzhi_u32(~0u, unsigned(count)); }
#endif

#if defined(CK_AVX2)
/// A mask of the first `count` lanes for masked loads, 0 to 8.
CK_INLINE __m256i first_lanes(int count) {
  alignas(64) static constexpr int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i_u *>(ones + 8 - count));
}
#endif

/// Loads the first `count` of N elements, and zeros for the rest. `count` is in 0...N.
template <int N, typename T>
CK_INLINE FloatN<N> load(const T *from, int count) {
#if defined(CK_AVX512)
  if constexpr (std::is_same_v<T, float> && N == 16) {
    return (FloatN<N>)_mm512_maskz_loadu_ps(first_lanes(count), from);
  } else if constexpr (std::is_same_v<T, float> && N == 8) {
    return (FloatN<N>)_mm256_maskz_loadu_ps((__mmask8)first_lanes(count), from);
  } else if constexpr (std::is_same_v<T, bf16> && N == 16) {
    return widen<16>(bit_cast<VectorOf<16>::Half>(_mm256_maskz_loadu_epi16(first_lanes(count), from)));
  } else if constexpr (std::is_same_v<T, bf16> && N == 8) {
    return widen<8>(bit_cast<VectorOf<8>::Half>(_mm_maskz_loadu_epi16((__mmask8)first_lanes(count), from)));
  } else if constexpr (std::is_same_v<T, uint8_t> && N == 16) {
    return (FloatN<N>)_mm512_cvtepi32_ps(
        _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(first_lanes(count), from)));
  } else if constexpr (std::is_same_v<T, uint8_t> && N == 8) {
    return (FloatN<N>)_mm256_cvtepi32_ps(
        _mm256_cvtepu8_epi32(_mm_maskz_loadu_epi8(first_lanes(count), from)));
  }
#elif defined(CK_AVX2)
  // A masked load reads nothing beyond. There is no masked store here, which is slow on AMD's processors.
  if constexpr (std::is_same_v<T, float> && N == 8) return (FloatN<N>)_mm256_maskload_ps(from, first_lanes(count));
#endif
  T copy[N] = {};
  for (int i = 0; i < count; ++i) copy[i] = from[i];
  return load<N>(copy);
}

template <int N, typename T>
CK_INLINE void store(T *to, FloatN<N> value, int count) {
#if defined(CK_AVX512)
  if constexpr (std::is_same_v<T, float> && N == 16) {
    return _mm512_mask_storeu_ps(to, first_lanes(count), (__m512)value);
  } else if constexpr (std::is_same_v<T, float> && N == 8) {
    return _mm256_mask_storeu_ps(to, (__mmask8)first_lanes(count), (__m256)value);
  } else if constexpr (std::is_same_v<T, bf16> && N == 16) {
    return _mm256_mask_storeu_epi16(to, first_lanes(count), bit_cast<__m256i>(narrow<16>(value)));
  } else if constexpr (std::is_same_v<T, bf16> && N == 8) {
    return _mm_mask_storeu_epi16(to, (__mmask8)first_lanes(count), bit_cast<__m128i>(narrow<8>(value)));
  } else if constexpr (std::is_same_v<T, uint8_t> && N == 16) {
    return _mm_mask_storeu_epi8(to, first_lanes(count), bit_cast<__m128i>(to_bytes<16>(value)));
  } else if constexpr (std::is_same_v<T, uint8_t> && N == 8) {
    auto bytes = bit_cast<long long>(to_bytes<8>(value));
    return _mm_mask_storeu_epi8(to, first_lanes(count), _mm_cvtsi64_si128(bytes));
  }
#endif
  T copy[N];
  store<N>(copy, value);
  // A half, a quarter and so on, as the bits of the count say: a store for each.
  int done = 0;
  CK_UNROLL for (int part = N; part > 0; part /= 2) {
    if (!(count & part)) continue;
    __builtin_memcpy(static_cast<void *>(to + done), copy + done, part * sizeof(T));
    done += part;
  }
}

/// Selects x[index[i]] for each lane i; indices are below kLanes.
CK_INLINE Float permute(Float x, Int index) {
#if defined(CK_AVX512)
  return (Float)_mm512_permutexvar_ps(bit_cast<__m512i>(index), (__m512)x);
#elif defined(CK_AVX2)
  return (Float)_mm256_permutevar8x32_ps((__m256)x, bit_cast<__m256i>(index));
#else
  Float result;
  for (int i = 0; i < kLanes; ++i) result[i] = x[index[i]];
  return result;
#endif
}

// The following functions combine the lanes of a vector.
template <int N>
CK_INLINE float largest(FloatN<N> v) {
  if constexpr (N == 2) {
    return v[0] > v[1] ? v[0] : v[1];
  } else {
    return largest<N / 2>(vmax<FloatN<N / 2>>(v.lo, v.hi));
  }
}
template <int N>
CK_INLINE int smallest(IntN<N> v) {
  if constexpr (N == 2) {
    return v[0] < v[1] ? v[0] : v[1];
  } else {
    return smallest<N / 2>(vmin<IntN<N / 2>>(v.lo, v.hi));
  }
}

template <int N>
CK_INLINE float total(FloatN<N> v) {
  if constexpr (N == 2) {
    return v[0] + v[1];
  } else {
    return total<N / 2>(v.lo + v.hi);
  }
}
