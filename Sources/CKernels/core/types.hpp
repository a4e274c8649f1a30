// Element types and views of maps. They do not depend on the instruction set.
#pragma once

#include "core/common.hpp"

namespace ck {

/// A bfloat16: the upper half of a float32.
struct bf16 {
  uint16_t bits;
};

template <int N>
struct VectorOf {
  typedef float Float __attribute__((ext_vector_type(N)));
  typedef int32_t Int __attribute__((ext_vector_type(N)));
  typedef uint32_t UInt __attribute__((ext_vector_type(N)));
  typedef uint16_t Half __attribute__((ext_vector_type(N)));
  typedef uint8_t Byte __attribute__((ext_vector_type(N)));
};

inline float to_float(float value) { return value; }
inline float to_float(uint8_t value) { return value; }
inline float to_float(bf16 value) {
  uint32_t bits = uint32_t(value.bits) << 16;
  float result;
  std::memcpy(&result, &bits, 4);
  return result;
}

template <typename T>
T from_float(float value);
template <>
inline float from_float<float>(float value) {
  return value;
}
/// Rounds to the nearest value, and to the even one of two equally near.
template <>
inline bf16 from_float<bf16>(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  if (value != value) return bf16{uint16_t(bits >> 16 | 64)};
  return bf16{uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

/// A map whose element type is known.
template <typename T>
struct View {
  T *data;
  int32_t height, width, channels;
  int64_t row, pixel;

  explicit View(const ck_map &map)
      : data(static_cast<T *>(map.data)),
        height(map.height),
        width(map.width),
        channels(map.channels),
        row(map.row),
        pixel(map.pixel) {}
  T *at(int64_t y, int64_t x) const { return data + y * row + x * pixel; }
  /// Whether all pixels of the map, row after row, follow each other at the same distance.
  bool is_flat() const { return row == width * pixel || height == 1; }
};

}  // namespace ck
