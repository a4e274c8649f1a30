#include "kernel_map.hpp"

#include <algorithm>
#include <cstdio>

namespace {

size_t element_size(ck_type type) { return type == CK_FLOAT32 ? 4 : type == CK_BFLOAT16 ? 2 : 1; }

}  // namespace

KernelMap::KernelMap(int height, int width, int channels, ck_type type, int gap) : size_(element_size(type)) {
  int64_t pixel = channels + gap, row = pixel * width + gap;
  memory_.assign(size_t(row * (height - 1) + pixel * (width - 1) + channels) * size_, 0xff);
  map = {memory_.data(), height, width, channels, type, row, pixel};
}

KernelMap KernelMap::drawn(int height, int width, int channels, ck_type type, Draw &draw, float scale) {
  KernelMap result(height, width, channels, type, draw.number(0, 3));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        result.set(y, x, c, type == CK_UINT8 ? draw.number(0, 255) : double(draw.value()) * scale);
      }
    }
  }
  return result;
}

KernelMap KernelMap::of(const Numbers &numbers, ck_type type, int gap) {
  KernelMap result(numbers.height, numbers.width, numbers.channels, type, gap);
  for (int y = 0; y < numbers.height; ++y) {
    for (int x = 0; x < numbers.width; ++x) {
      for (int c = 0; c < numbers.channels; ++c) result.set(y, x, c, numbers.at(y, x, c));
    }
  }
  return result;
}

double KernelMap::at(int y, int x, int c) const {
  const uint8_t *from = memory_.data() + offset(y, x, c);
  float value;
  if (map.type == CK_UINT8) return *from;
  uint32_t bits = 0;
  if (map.type == CK_BFLOAT16) {
    uint16_t half;
    std::memcpy(&half, from, 2);
    bits = uint32_t(half) << 16;
  } else {
    std::memcpy(&bits, from, 4);
  }
  std::memcpy(&value, &bits, 4);
  return value;
}

void KernelMap::set(int y, int x, int c, double value) {
  uint8_t *to = memory_.data() + offset(y, x, c);
  if (map.type == CK_UINT8) {
    *to = uint8_t(value);
    return;
  }
  float single = float(value);
  uint32_t bits;
  std::memcpy(&bits, &single, 4);
  if (map.type == CK_BFLOAT16) {
    uint16_t half = uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    std::memcpy(to, &half, 2);
  } else {
    std::memcpy(to, &bits, 4);
  }
}

Numbers KernelMap::numbers(ck_quantization quantization) const {
  Numbers result(map.height, map.width, map.channels);
  result.fill([&](int y, int x, int c) {
    return map.type == CK_UINT8 ? double(quantization.scale) * (at(y, x, c) - quantization.zero) : at(y, x, c);
  });
  return result;
}

bool KernelMap::has_gaps_as_before() const {
  std::vector<uint8_t> used(memory_.size());
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      std::memset(used.data() + offset(y, x, 0), 1, size_t(map.channels) * size_);
    }
  }
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i] && memory_[i] != 0xff) return false;
  }
  return true;
}

void Check::expect(bool condition, const std::string &detail) {
  ++comparisons;
  if (condition) return;
  // The first ones tell enough.
  if (++failures <= 5) {
    std::printf("  failed: %s with %s: %s\n", name.c_str(), ck_isa_name(ck_current_isa()), detail.c_str());
  }
}

void Check::succeeds(bool result) { expect(result, result ? "" : ck_last_error()); }

void Check::expect(const KernelMap &found, const Numbers &expected, double tolerance, const std::string &detail) {
  double worst = 0;
  std::string place = "all";
  for (int y = 0; y < expected.height; ++y) {
    for (int x = 0; x < expected.width; ++x) {
      for (int c = 0; c < expected.channels; ++c) {
        double error = std::fabs(found.at(y, x, c) - expected.at(y, x, c)) / (1 + std::fabs(expected.at(y, x, c)));
        if (error <= worst) continue;  // not a number is no such number
        worst = std::isnan(error) ? HUGE_VAL : error;
        char text[200];
        std::snprintf(text, sizeof text, "row %d, column %d, channel %d: expected %g, found %g", y, x, c,
                      expected.at(y, x, c), found.at(y, x, c));
        place = text;
      }
    }
  }
  expect(worst <= tolerance, detail + ": " + place);
  expect(found.has_gaps_as_before(), detail + ": something was written between the map's elements");
}

void Check::expect(const KernelMap &found, ck_quantization quantization, const Numbers &expected, double tolerance,
                   const std::string &detail) {
  if (found.map.type != CK_UINT8) return expect(found, expected, tolerance, detail);
  double worst = 0;
  for (int y = 0; y < expected.height; ++y) {
    for (int x = 0; x < expected.width; ++x) {
      for (int c = 0; c < expected.channels; ++c) {
        double exact = expected.at(y, x, c) / double(quantization.scale) + quantization.zero;
        worst = std::max(worst, std::fabs(found.at(y, x, c) - std::clamp(exact, 0.0, 255.0)));
      }
    }
  }
  expect(worst <= 0.5 + 4e-3, detail + ": a byte is " + std::to_string(worst) + " from what it should be");
  expect(found.has_gaps_as_before(), detail + ": something was written between the map's elements");
}

std::vector<ck_rows> Check::bands(int height, int step) {
  if (step < 1 || draw.flip()) return {{0, height}};
  int cut = draw.number(0, height) / step * step;
  std::vector<ck_rows> result;
  // Pooling takes the end 0 for all rows.
  if (cut < height) result.push_back({cut, height});
  if (cut > 0) result.push_back({0, cut});
  return result;
}

const std::vector<ck_activation_kind> kActivations = {
    CK_IDENTITY, CK_RELU, CK_CLIP,         CK_LEAKY_RELU, CK_PRELU, CK_SIGMOID, CK_TANH,
    CK_SILU,     CK_ELU,  CK_HARD_SIGMOID, CK_HARD_SWISH, CK_SELU,  CK_GELU, CK_GELU_TANH};

ck_activation drawn_activation(Draw &draw, const std::vector<float> &slopes) {
  return {kActivations[size_t(draw.number(0, int(kActivations.size()) - 1))], -0.25f, 0.75f, slopes.data()};
}

double activate(const ck_activation &activation, double x, int channel) {
  double a = double(activation.a), b = double(activation.b);
  switch (activation.kind) {
    case CK_IDENTITY: return x;
    case CK_RELU: return std::max(x, 0.0);
    case CK_CLIP: return std::min(std::max(x, a), b);
    case CK_LEAKY_RELU: return x > 0 ? x : a * x;
    case CK_PRELU: return x > 0 ? x : double(activation.slopes[channel]) * x;
    case CK_SIGMOID: return 1 / (1 + std::exp(-x));
    case CK_TANH: return std::tanh(x);
    case CK_SILU: return x / (1 + std::exp(-x));
    case CK_HARD_SIGMOID: return std::min(std::max(x + 3, 0.0), 6.0) / 6;
    case CK_HARD_SWISH: return x * std::min(std::max(x + 3, 0.0), 6.0) / 6;
    case CK_ELU: return x > 0 ? x : a * std::expm1(x);
    case CK_SELU: return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
    case CK_GELU: return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case CK_GELU_TANH: return x / 2 * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
    default: return NAN;
  }
}
