// Maps with random gaps, drawn numbers and comparisons, for the checks of kernels.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "CKernels.h"

/// Random sizes and values that are the same in each run (SplitMix64).
class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  int number(int least, int most) { return least + int(next() % uint64_t(most - least + 1)); }
  bool flip() { return next() % 2 == 0; }
  /// A value on [-1, 1) of 8 significant bits, which bfloat16 holds as it is.
  float value() {
    float drawn = float(double(next() >> 40) * 0x1p-23 - 1);
    uint32_t bits;
    std::memcpy(&bits, &drawn, 4);
    bits &= 0xffff0000u;
    std::memcpy(&drawn, &bits, 4);
    return drawn;
  }
  std::vector<float> values(size_t count, float scale = 1) {
    std::vector<float> result(count);
    for (float &each : result) each = value() * scale;
    return result;
  }
  template <typename T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[next() % choices.size()];
  }

 private:
  uint64_t state_;
};

/// The values that a map should hold: [height][width][channels] in double precision.
struct Numbers {
  int height, width, channels;
  std::vector<double> values;

  Numbers(int height, int width, int channels)
      : height(height), width(width), channels(channels), values(size_t(height) * width * channels) {}
  double &at(int y, int x, int c) { return values[(size_t(y) * width + x) * channels + c]; }
  double at(int y, int x, int c) const { return values[(size_t(y) * width + x) * channels + c]; }
  template <typename Body>
  void fill(const Body &body) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int c = 0; c < channels; ++c) at(y, x, c) = body(y, x, c);
      }
    }
  }
};

/// A map with gaps between pixels and rows, which are NaN (bytes: 255) before and must be so afterwards.
class KernelMap {
 public:
  ck_map map;

  KernelMap(int height, int width, int channels, ck_type type, int gap);
  /// A map that holds drawn values; bytes are drawn from all bytes.
  static KernelMap drawn(int height, int width, int channels, ck_type type, Draw &draw, float scale = 1);
  static KernelMap of(const Numbers &numbers, ck_type type, int gap);

  double at(int y, int x, int c) const;
  void set(int y, int x, int c, double value);
  /// The numbers that the map holds. Byte b stands for scale * (b - zero).
  Numbers numbers(ck_quantization quantization = {1, 0}) const;
  bool has_gaps_as_before() const;

 private:
  // Sized exactly, so that the address sanitizer finds what lies outside.
  std::vector<uint8_t> memory_;
  size_t size_;
  size_t offset(int y, int x, int c) const { return size_t(y * map.row + x * map.pixel + c) * size_; }
};

/// The state of all checks of one run.
struct Check {
  ck_pool *pool;
  Draw draw;
  /// The name of the check, for messages.
  std::string name;
  int comparisons = 0, failures = 0;

  /// The kernel must have succeeded.
  void succeeds(bool result);
  /// The map must hold the numbers up to `tolerance` times 1 plus the number.
  void expect(const KernelMap &found, const Numbers &expected, double tolerance, const std::string &detail = "");
  /// The map of bytes must hold the nearest bytes up to rounding; maps of other types hold the numbers.
  void expect(const KernelMap &found, ck_quantization quantization, const Numbers &expected, double tolerance,
              const std::string &detail = "");
  void expect(bool condition, const std::string &detail);
  /// Some rows of the output at a time: all of them, or two bands with the lower one first.
  std::vector<ck_rows> bands(int height, int step = 1);
  int gap() { return draw.number(0, 3); }
};

/// Activations in double precision. Kinds that have parameters use a = -0.25 and b = 0.75.
extern const std::vector<ck_activation_kind> kActivations;
ck_activation drawn_activation(Draw &draw, const std::vector<float> &slopes);
double activate(const ck_activation &activation, double x, int channel);

void check_convolutions(Check &check);
void check_quantized(Check &check);
void check_resizing(Check &check);
void check_pooling(Check &check);
void check_values(Check &check);
void check_copies(Check &check);
void check_matrices(Check &check);
