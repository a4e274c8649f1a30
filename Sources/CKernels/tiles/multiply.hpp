// The multiplications of one step of a sum of products, by element type. A step is `kStep` channels, whose products one
// instruction adds. There is no include guard: the file is included once in each namespace.

/// Multiplies float32 by float32.
struct MulFloat {
  using Element = float;
  using Weight = float;
  static constexpr int kStep = 1;
  static constexpr bool kTakesHalfSteps = false;
  template <int N>
  using Sum = FloatN<N>;
  template <int N>
  static CK_INLINE FloatN<N> broadcast(const float *from) {
    return splat<N>(*from);
  }
  template <int N>
  static CK_INLINE FloatN<N> weights(const float *from) {
    return load<N>(from);
  }
  template <int N>
  static CK_INLINE FloatN<N> add(FloatN<N> sum, FloatN<N> a, FloatN<N> b) {
    return fma(a, b, sum);
  }
};

/// Multiplies bfloat16, widened to float32, by float32.
struct MulWidened : MulFloat {
  using Element = bf16;
  template <int N>
  static CK_INLINE FloatN<N> broadcast(const bf16 *from) {
    return bit_cast<FloatN<N>>((UIntN<N>)(uint32_t(from->bits) << 16));
  }
};

#if defined(CK_PAIRS)
/// Multiplies pairs of bfloat16 by pairs of bfloat16 and adds the products.
struct MulPairs {
  using Element = bf16;
  using Weight = bf16;
  static constexpr int kStep = 2;
  static constexpr bool kTakesHalfSteps = true;
  template <int N>
  using Sum = FloatN<N>;
  template <int N>
  static CK_INLINE FloatN<N> broadcast(const bf16 *from) {
    uint32_t pair;
    __builtin_memcpy(&pair, from, 4);
    return bit_cast<FloatN<N>>((UIntN<N>)(pair));
  }
  /// The last channel of an odd number, paired with a zero, because its neighbour in memory belongs to another pixel or
  /// map.
  template <int N>
  static CK_INLINE FloatN<N> broadcast_half(const bf16 *from) {
    return bit_cast<FloatN<N>>((UIntN<N>)(uint32_t(from->bits)));
  }
  template <int N>
  static CK_INLINE FloatN<N> weights(const bf16 *from) {
    FloatN<N> value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
  }
  template <int N>
  static CK_INLINE FloatN<N> add(FloatN<N> sum, FloatN<N> a, FloatN<N> b) {
    if constexpr (N == 16) {
      return (FloatN<N>)_mm512_dpbf16_ps((__m512)sum, bit_cast<__m512bh>(a), bit_cast<__m512bh>(b));
    } else {
      return (FloatN<N>)_mm256_dpbf16_ps((__m256)sum, bit_cast<__m256bh>(a), bit_cast<__m256bh>(b));
    }
  }
};
#endif

// Products of whole numbers are summed exactly, in 32 bits.

template <int N>
CK_INLINE IntN<N> load_ints(const void *from) {
  IntN<N> value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

/// The base of the multiplications of whole numbers, which differ in the instruction alone.
template <typename Number, typename Factor, int Step>
struct MulInts {
  using Element = Number;
  using Weight = Factor;
  static constexpr int kStep = Step;
  static constexpr bool kTakesHalfSteps = false;
  static constexpr int kOffset = 0;
  template <int N>
  using Sum = IntN<N>;
  template <int N>
  static CK_INLINE IntN<N> broadcast(const Element *from) {
    int32_t word;
    __builtin_memcpy(&word, from, 4);
    return (IntN<N>)(word);
  }
  template <int N>
  static CK_INLINE IntN<N> weights(const Weight *from) {
    return load_ints<N>(from);
  }
};

#if defined(CK_BYTES)
/// Multiplies four unsigned bytes by four signed bytes and adds the products.
struct MulBytes : MulInts<uint8_t, int8_t, 4> {
#if defined(__aarch64__) && !defined(CK_I8MM)
  // The instruction takes signed bytes only, so each input is made smaller by this number, which flips its highest bit.
  static constexpr int kOffset = 128;
  template <int N>
  static CK_INLINE IntN<N> broadcast(const uint8_t *from) {
    return MulInts::broadcast<N>(from) ^ (IntN<N>)(int32_t(0x80808080u));
  }
#endif
  template <int N>
  static CK_INLINE IntN<N> add(IntN<N> sum, IntN<N> a, IntN<N> b) {
#if defined(CK_I8MM)
    return bit_cast<IntN<N>>(
        vusdotq_s32(bit_cast<int32x4_t>(sum), bit_cast<uint8x16_t>(a), bit_cast<int8x16_t>(b)));
#elif defined(__aarch64__)
    return bit_cast<IntN<N>>(vdotq_s32(bit_cast<int32x4_t>(sum), bit_cast<int8x16_t>(a), bit_cast<int8x16_t>(b)));
#elif defined(CK_VNNI)
    if constexpr (N == 16) {
      return (IntN<N>)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
    } else if constexpr (N == 8) {
      return (IntN<N>)_mm256_dpbusd_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
    } else {
      return (IntN<N>)_mm_dpbusd_epi32((__m128i)sum, (__m128i)a, (__m128i)b);
    }
#else
    return (IntN<N>)CK_ADD_BYTE_PRODUCTS((__m256i)sum, (__m256i)a, (__m256i)b);
#endif
  }
};
using QuantizedProduct = MulBytes;
#else
/// Multiplies two 16-bit numbers by two others and adds the products.
struct MulWords : MulInts<int16_t, int16_t, 2> {
  template <int N>
  static CK_INLINE IntN<N> add(IntN<N> sum, IntN<N> a, IntN<N> b) {
#if defined(CK_AVX512)
    if constexpr (N == 16) return sum + (IntN<N>)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#endif
#if defined(__x86_64__) && CK_LANES >= 8
    if constexpr (N == 8) return sum + (IntN<N>)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#endif
    return sum + (a & 0xffff) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
  }
};
using QuantizedProduct = MulWords;
#endif
