// Arithmetic on floats and bytes against double precision.
#include <algorithm>

#include "kernel_map.hpp"

namespace {

double apply(ck_operator op, double a, double b) {
  switch (op) {
    case CK_ADD: return a + b;
    case CK_SUBTRACT: return a - b;
    case CK_MULTIPLY: return a * b;
    case CK_DIVIDE: return a / b;
    case CK_MAXIMUM: return std::max(a, b);
    case CK_MINIMUM: return std::min(a, b);
  }
  return NAN;
}

struct Size {
  int height, width, channels;
};

Size drawn_size(Draw &draw) { return {draw.number(1, 9), draw.number(1, 20), draw.number(1, 70)}; }

/// An operand, each of whose sizes may be 1.
KernelMap drawn_operand(Check &check, Size size, ck_type type) {
  auto part = [&](int whole) { return check.draw.number(0, 3) == 0 ? 1 : whole; };
  return KernelMap::drawn(part(size.height), part(size.width), part(size.channels), type, check.draw);
}

double broadcast(const Numbers &numbers, int y, int x, int c) {
  return numbers.at(numbers.height == 1 ? 0 : y, numbers.width == 1 ? 0 : x, numbers.channels == 1 ? 0 : c);
}

void check_binary(Check &check, ck_type type) {
  Draw &draw = check.draw;
  Size size = drawn_size(draw);
  bool is_quantized = type == CK_UINT8;
  ck_quantization qa = {0.011f, draw.flip() ? 0 : 77}, qb = {0.017f, draw.number(0, 255)}, qo = {0.019f, 90};
  KernelMap a = drawn_operand(check, size, type), b = drawn_operand(check, size, type);
  Numbers first = a.numbers(qa), second = b.numbers(qb), expected(size.height, size.width, size.channels);
  ck_operator op = is_quantized ? draw.one_of({CK_ADD, CK_SUBTRACT, CK_MULTIPLY})
                                : draw.one_of({CK_ADD, CK_SUBTRACT, CK_MULTIPLY, CK_MAXIMUM, CK_MINIMUM});
  std::vector<float> slopes = draw.values(size_t(size.channels));
  ck_activation activation = drawn_activation(draw, slopes);
  expected.fill([&](int y, int x, int c) {
    return activate(activation, apply(op, broadcast(first, y, x, c), broadcast(second, y, x, c)), c);
  });
  KernelMap out(size.height, size.width, size.channels, type, check.gap());
  check.succeeds(is_quantized
                     ? ck_binary_quantized(check.pool, op, &a.map, &qa, &b.map, &qb, &out.map, &qo, &activation)
                     : ck_binary(check.pool, op, &a.map, &b.map, &out.map, &activation));
  check.expect(out, qo, expected, type == CK_FLOAT32 ? 2e-6 : 1e-2,
               "operator " + std::to_string(op) + ", activation " + std::to_string(activation.kind));
}

void check_affine(Check &check, ck_type in_type, ck_type out_type) {
  Draw &draw = check.draw;
  Size size = drawn_size(draw);
  bool is_quantized = in_type == CK_UINT8 || out_type == CK_UINT8 || in_type != out_type;
  ck_quantization from = {0.011f, draw.flip() ? 0 : 77}, to = {0.013f, draw.number(0, 255)};
  KernelMap in = KernelMap::drawn(size.height, size.width, size.channels, in_type, draw);
  Numbers numbers = in.numbers(from), expected = numbers;
  std::vector<float> scale = draw.values(size_t(size.channels)), shift = draw.values(size_t(size.channels)),
                     slopes = draw.values(size_t(size.channels));
  bool has_scale = draw.flip(), has_shift = draw.flip();
  ck_activation activation = drawn_activation(draw, slopes);
  expected.fill([&](int y, int x, int c) {
    double value = numbers.at(y, x, c) * (has_scale ? double(scale[size_t(c)]) : 1);
    return activate(activation, value + (has_shift ? double(shift[size_t(c)]) : 0), c);
  });
  KernelMap out(size.height, size.width, size.channels, out_type, check.gap());
  const float *s = has_scale ? scale.data() : nullptr, *t = has_shift ? shift.data() : nullptr;
  check.succeeds(is_quantized ? ck_affine_quantized(check.pool, &in.map, &from, &out.map, &to, s, t, &activation)
                              : ck_affine(check.pool, &in.map, &out.map, s, t, &activation));
  check.expect(out, to, expected, out_type == CK_BFLOAT16 ? 1e-2 : 4e-6,
               "activation " + std::to_string(activation.kind));
}

void check_softmax(Check &check, ck_type type) {
  Draw &draw = check.draw;
  Size size = drawn_size(draw);
  KernelMap in = KernelMap::drawn(size.height, size.width, size.channels, type, draw, 4);
  Numbers expected(size.height, size.width, size.channels);
  expected.fill([&](int y, int x, int c) {
    double total = 0;
    for (int k = 0; k < size.channels; ++k) total += std::exp(in.at(y, x, k));
    return std::exp(in.at(y, x, c)) / total;
  });
  KernelMap out(size.height, size.width, size.channels, type, check.gap());
  check.succeeds(ck_softmax(check.pool, &in.map, &out.map));
  check.expect(out, expected, type == CK_FLOAT32 ? 1e-6 : 5e-3, "softmax");
}

void check_reductions(Check &check, ck_type type) {
  Draw &draw = check.draw;
  Size size = drawn_size(draw);
  KernelMap in = KernelMap::drawn(size.height, size.width, size.channels, type, draw, 4);
  for (ck_reduction reduction : {CK_MEAN, CK_LARGEST, CK_SUM, CK_NORM}) {
    Numbers expected(size.height, size.width, 1);
    expected.fill([&](int y, int x, int) {
      double sum = 0, squares = 0, best = in.at(y, x, 0);
      for (int c = 0; c < size.channels; ++c) {
        double value = in.at(y, x, c);
        sum += value, squares += value * value, best = std::max(best, value);
      }
      return reduction == CK_MEAN      ? sum / size.channels
             : reduction == CK_LARGEST ? best
             : reduction == CK_SUM     ? sum
                                       : std::sqrt(squares);
    });
    KernelMap out(size.height, size.width, 1, type, check.gap());
    check.succeeds(ck_reduce_channels(check.pool, &in.map, &out.map, reduction));
    check.expect(out, expected, type == CK_FLOAT32 ? 1e-5 : 1e-2, "reduction " + std::to_string(reduction));
  }
}

}  // namespace

void check_values(Check &check) {
  check.name = "arithmetic";
  for (int round = 0; round < 5; ++round) {
    for (ck_type type : {CK_FLOAT32, CK_BFLOAT16, CK_UINT8}) check_binary(check, type);
    for (ck_type from : {CK_FLOAT32, CK_BFLOAT16, CK_UINT8}) {
      check_affine(check, from, from);
      if (from != CK_UINT8) check_affine(check, from, CK_UINT8);
      if (from != CK_UINT8) check_affine(check, CK_UINT8, from);
    }
    for (ck_type type : {CK_FLOAT32, CK_BFLOAT16}) {
      check_softmax(check, type);
      check_reductions(check, type);
    }
  }
}
