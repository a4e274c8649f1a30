#include "crc32.hpp"

#include <array>
#include <cstring>

#if defined(__aarch64__)
#include <arm_acle.h>
#elif defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rt {
namespace {

using Tables = std::array<std::array<uint32_t, 256>, 16>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
    tables[0][byte] = value;
  }
  for (size_t table = 1; table < 16; ++table) {
    for (size_t byte = 0; byte < 256; ++byte) {
      uint32_t before = tables[table - 1][byte];
      tables[table][byte] = before >> 8 ^ tables[0][before & 255];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

/// Takes sixteen bytes at a time.
uint32_t portable(const uint8_t *bytes, size_t count, uint32_t value) {
  for (; count >= 16; bytes += 16, count -= 16) {
    uint32_t next = 0;
    for (size_t i = 0; i < 16; ++i) next ^= tables[15 - i][bytes[i] ^ (i < 4 ? value >> 8 * i & 255 : 0)];
    value = next;
  }
  for (; count > 0; ++bytes, --count) value = value >> 8 ^ tables[0][(value ^ *bytes) & 255];
  return value;
}

#if defined(__x86_64__)

/// Folds 64 bytes at a time by carry-less products (Gopal et al., "Fast CRC Computation for Generic Polynomials Using
/// PCLMULQDQ Instruction"). The constants are powers of x modulo the polynomial. `count` is at least 64.
__attribute__((target("pclmul,sse4.1"))) uint32_t folded(const uint8_t *bytes, size_t count, uint32_t value) {
  auto load = [](const uint8_t *from) __attribute__((target("sse4.1"))) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i *>(from));
  };
  auto fold = [](__m128i sum, __m128i factors, __m128i next) __attribute__((target("pclmul,sse4.1"))) {
    __m128i low = _mm_clmulepi64_si128(sum, factors, 0x00), high = _mm_clmulepi64_si128(sum, factors, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
  };
  const __m128i by_64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4), by_16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
  __m128i sums[4];
  for (int i = 0; i < 4; ++i) sums[i] = load(bytes + 16 * i);
  sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128(int32_t(value)));
  bytes += 64, count -= 64;
  for (; count >= 64; bytes += 64, count -= 64) {
    for (int i = 0; i < 4; ++i) sums[i] = fold(sums[i], by_64, load(bytes + 16 * i));
  }
  __m128i sum = sums[0];
  for (int i = 1; i < 4; ++i) sum = fold(sum, by_16, sums[i]);
  for (; count >= 16; bytes += 16, count -= 16) sum = fold(sum, by_16, load(bytes));
  // The sum's own sixteen bytes are what is left to divide.
  alignas(16) uint8_t left[16];
  _mm_store_si128(reinterpret_cast<__m128i *>(left), sum);
  return portable(bytes, count, portable(left, 16, 0));
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

uint32_t folded(const uint8_t *bytes, size_t count, uint32_t value) {
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    std::memcpy(&word, bytes, 8);
    value = __crc32d(value, word);
  }
  return portable(bytes, count, value);
}

#endif

}  // namespace

uint32_t crc32(const void *memory, size_t count, uint32_t before) {
  auto bytes = static_cast<const uint8_t *>(memory);
#if defined(__x86_64__)
  if (count >= 64 && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
    return ~folded(bytes, count, ~before);
  }
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
  return ~folded(bytes, count, ~before);
#endif
  return ~portable(bytes, count, ~before);
}

}  // namespace rt
