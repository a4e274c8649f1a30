// Reads the streams of a file: little-endian values in order, never beyond the end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "error.hpp"

namespace rt {

class Reader {
 public:
  /// - Parameter name: What the stream is, for messages.
  Reader(const uint8_t *bytes, size_t size, const char *name) : bytes_(bytes), size_(size), name_(name) {}

  uint8_t u8() { return value<uint8_t>(); }
  uint16_t u16() { return value<uint16_t>(); }
  uint32_t u32() { return value<uint32_t>(); }
  uint64_t u64() { return value<uint64_t>(); }
  int32_t i32() { return value<int32_t>(); }
  int64_t i64() { return value<int64_t>(); }
  float f32() { return value<float>(); }
  double f64() { return value<double>(); }
  /// A byte that is 0 or 1.
  bool flag(const char *what);
  /// A byte below `count`.
  uint8_t choice(const char *what, uint8_t count);
  std::string string(const char *what);
  /// The number of elements of a list whose elements take at least `least` bytes each.
  uint32_t count(const char *what, size_t least);
  /// Refuses bytes after the stream's last value.
  void finish();
  /// Throws an error that tells where in the stream it is.
  [[noreturn]] __attribute__((format(printf, 2, 3))) void fail(const char *format, ...);

 private:
  template <typename T>
  T value() {
    T result;
    take(&result, sizeof result);
    return result;
  }
  void take(void *to, size_t count);

  const uint8_t *bytes_;
  size_t size_, position_ = 0;
  const char *name_;
};

}  // namespace rt
