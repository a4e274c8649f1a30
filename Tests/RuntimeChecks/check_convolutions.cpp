// Convolutions of floats and bytes against plain sums in double precision.
#include <cstdio>

#include "kernel_map.hpp"

namespace {

struct Shape {
  int kernel_height = 3, kernel_width = 3, stride_height = 1, stride_width = 1;
  int dilation_height = 1, dilation_width = 1, groups = 1;
  int inputs = 1, outputs = 1;
  ck_algorithm algorithm = CK_ALGORITHM_AUTO;
  bool is_transposed = false;

  std::string text() const {
    char text[200];
    std::snprintf(text, sizeof text, "%d to %d channels, kernel %dx%d, stride %dx%d, dilation %dx%d, %d groups%s",
                  inputs, outputs, kernel_height, kernel_width, stride_height, stride_width, dilation_height,
                  dilation_width, groups, is_transposed ? ", transposed" : "");
    return text;
  }
};

/// Output number (y, x, o) before everything that follows the sum. Weights are as in ck_conv.h.
double sum(const Shape &shape, const ck_conv_desc &d, const Numbers &in, const std::vector<float> &weights, int y, int x,
           int o) {
  int group_inputs = d.in_channels / d.groups, group_outputs = d.out_channels / d.groups;
  int first = o / group_outputs * group_inputs;
  double total = 0;
  for (int i = 0; i < d.kernel_height; ++i) {
    for (int j = 0; j < d.kernel_width; ++j) {
      int from_y, from_x;
      if (shape.is_transposed) {
        // Output (y, x) takes input (from_y, from_x) by tap (y + pad - from_y * stride, ...).
        from_y = y + d.pad_top - i;
        from_x = x + d.pad_left - j;
        if (from_y % d.stride_height || from_x % d.stride_width) continue;
        from_y /= d.stride_height;
        from_x /= d.stride_width;
      } else {
        from_y = y * d.stride_height - d.pad_top + i * d.dilation_height;
        from_x = x * d.stride_width - d.pad_left + j * d.dilation_width;
      }
      if (from_y < 0 || from_y >= d.in_height || from_x < 0 || from_x >= d.in_width) continue;
      for (int c = 0; c < group_inputs; ++c) {
        size_t row = shape.is_transposed ? size_t(first + c) * group_outputs + o % group_outputs
                                         : size_t(o) * group_inputs + c;
        total += in.at(from_y, from_x, first + c) *
                 double(weights[(row * d.kernel_height + i) * d.kernel_width + j]);
      }
    }
  }
  return total;
}

/// Weights of whole steps, the largest 127 of them in each output, so that rounding them to bytes changes nothing.
/// With `only_largest`, for kernels whose parts are scaled by themselves, all have that size.
std::vector<float> whole_steps(const Shape &shape, bool only_largest, Draw &draw) {
  int taps = shape.kernel_height * shape.kernel_width;
  int group_inputs = shape.inputs / shape.groups, group_outputs = shape.outputs / shape.groups;
  std::vector<float> result(size_t(shape.inputs) * group_outputs * taps);
  for (int o = 0; o < shape.outputs; ++o) {
    float step = float(draw.number(1, 9)) / 2048;
    for (int c = 0; c < group_inputs; ++c) {
      for (int tap = 0; tap < taps; ++tap) {
        bool is_largest = only_largest || (c == 0 && tap == 0);
        size_t row = shape.is_transposed
                         ? size_t(o / group_outputs * group_inputs + c) * group_outputs + o % group_outputs
                         : size_t(o) * group_inputs + c;
        result[row * taps + tap] = step * float(is_largest ? draw.one_of({-127, 127}) : draw.number(-127, 127));
      }
    }
  }
  return result;
}

ck_quantization drawn_quantization(Draw &draw) {
  return {float(draw.number(5, 20)) / 1000, draw.flip() ? 0 : draw.number(1, 255)};
}

void convolve(Check &check, const Shape &shape, ck_type type, double tolerance) {
  Draw &draw = check.draw;
  bool is_quantized = type == CK_UINT8;
  ck_conv_desc d = {};
  d.kernel_height = shape.kernel_height, d.kernel_width = shape.kernel_width;
  d.stride_height = shape.stride_height, d.stride_width = shape.stride_width;
  d.dilation_height = shape.dilation_height, d.dilation_width = shape.dilation_width;
  d.groups = shape.groups, d.in_channels = shape.inputs, d.out_channels = shape.outputs;
  d.algorithm = shape.algorithm, d.type = type;
  int extent_height = (d.kernel_height - 1) * d.dilation_height + 1;
  int extent_width = (d.kernel_width - 1) * d.dilation_width + 1;
  d.pad_top = draw.number(0, d.kernel_height / 2 * d.dilation_height);
  d.pad_left = d.kernel_width / 2 * d.dilation_width;
  d.in_height = draw.number(extent_height, extent_height + 6);
  d.in_width = draw.number(extent_width, extent_width + 20);
  if (shape.is_transposed) {
    d.out_height = (d.in_height - 1) * d.stride_height - 2 * d.pad_top + d.kernel_height + d.stride_height - 1;
    d.out_width = (d.in_width - 1) * d.stride_width - 2 * d.pad_left + d.kernel_width;
  } else {
    d.out_height = (d.in_height + 2 * d.pad_top - extent_height) / d.stride_height + 1;
    d.out_width = (d.in_width + 2 * d.pad_left - extent_width) / d.stride_width + 1;
  }
  d.in_quantization = drawn_quantization(draw);
  d.residual_quantization = drawn_quantization(draw);
  d.out_quantization = {0.013f, draw.flip() ? 0 : 128};
  d.out_type = is_quantized ? draw.one_of({CK_UINT8, CK_UINT8, CK_FLOAT32, CK_BFLOAT16}) : type;
  d.residual_type = is_quantized ? draw.one_of({CK_UINT8, CK_FLOAT32, CK_BFLOAT16}) : type;
  d.residual = draw.one_of({CK_RESIDUAL_NONE, CK_RESIDUAL_BEFORE, CK_RESIDUAL_AFTER});
  std::vector<float> slopes = draw.values(size_t(shape.outputs));
  d.activation = drawn_activation(draw, slopes);

  int fan = shape.inputs / shape.groups * shape.kernel_height * shape.kernel_width;
  size_t weight_count = size_t(fan) * shape.outputs;
  std::vector<float> weights = is_quantized ? whole_steps(shape, shape.is_transposed, draw)
                                            : draw.values(weight_count, std::exp2(-std::floor(std::log2(fan) / 2)));
  std::vector<float> bias = draw.values(size_t(shape.outputs));
  bool has_bias = draw.flip();
  KernelMap in = KernelMap::drawn(d.in_height, d.in_width, shape.inputs, type, draw);
  KernelMap residual = KernelMap::drawn(d.out_height, d.out_width, shape.outputs, d.residual_type, draw);
  Numbers numbers = in.numbers(d.in_quantization), addend = residual.numbers(d.residual_quantization);
  Numbers expected(d.out_height, d.out_width, shape.outputs);
  expected.fill([&](int y, int x, int o) {
    double total = sum(shape, d, numbers, weights, y, x, o) + (has_bias ? double(bias[size_t(o)]) : 0);
    if (d.residual == CK_RESIDUAL_BEFORE) total += addend.at(y, x, o);
    total = activate(d.activation, total, o);
    return d.residual == CK_RESIDUAL_AFTER ? total + addend.at(y, x, o) : total;
  });

  auto create = shape.is_transposed ? ck_conv_create_transposed : ck_conv_create;
  ck_conv *conv = create(&d, weights.data(), has_bias ? bias.data() : nullptr);
  check.expect(conv != nullptr, conv ? "" : shape.text() + ": " + ck_last_error());
  if (!conv) return;
  KernelMap apart(d.out_height, d.out_width, shape.outputs, d.out_type, check.gap());
  // The output may be the residual.
  bool is_over = d.residual != CK_RESIDUAL_NONE && d.residual_type == d.out_type && !is_quantized && draw.flip();
  KernelMap &out = is_over ? residual : apart;
  for (ck_rows rows : check.bands(d.out_height, ck_conv_row_step(conv))) {
    check.succeeds(ck_conv_run_rows(conv, check.pool, &in.map, &out.map,
                                    d.residual == CK_RESIDUAL_NONE ? nullptr : &residual.map, rows));
  }
  ck_conv_free(conv);
  check.expect(out, d.out_quantization, expected, d.out_type == CK_BFLOAT16 ? 2e-2 : tolerance,
               shape.text() + ", activation " + std::to_string(d.activation.kind) + ", residual " +
                   std::to_string(d.residual));
}

Shape dense(Draw &draw) {
  return {draw.number(1, 4),
          draw.number(1, 5),
          draw.number(1, 3),
          draw.number(1, 3),
          draw.number(1, 2),
          draw.number(1, 3),
          1,
          draw.one_of({3, 7, 16, 20, 33}),
          draw.one_of({1, 12, 19, 20, 32, 48, 67})};
}

Shape grouped(Draw &draw) {
  int groups = draw.number(2, 9), inputs = 1, outputs = 1;
  if (draw.flip()) {
    static const int widths[][2] = {{2, 2}, {4, 4}, {8, 8}, {16, 16}, {3, 5}, {1, 2}, {1, 6}};
    const int *width = widths[draw.number(0, 6)];
    inputs = width[0], outputs = width[1];
  } else {
    groups = draw.number(2, 70);
  }
  int stride = draw.number(1, 2), dilation = draw.number(1, 4);
  return {draw.number(1, 5), 3, stride, stride, dilation, dilation, groups, groups * inputs, groups * outputs};
}

Shape transposed(Draw &draw) {
  int groups = draw.one_of({1, 1, 3});
  return {draw.number(2, 5),
          draw.number(2, 5),
          draw.number(1, 3),
          draw.number(1, 3),
          1,
          1,
          groups,
          groups * draw.number(1, 20),
          groups * draw.number(1, 20),
          CK_ALGORITHM_AUTO,
          true};
}

}  // namespace

void check_convolutions(Check &check) {
  Draw &draw = check.draw;
  for (ck_type type : {CK_FLOAT32, CK_BFLOAT16}) {
    double tolerance = type == CK_FLOAT32 ? 1e-5 : 2e-2;
    check.name = type == CK_FLOAT32 ? "convolution" : "convolution of bfloat16";
    for (int round = 0; round < 3; ++round) {
      Shape shape = dense(draw);
      shape.algorithm = CK_ALGORITHM_DIRECT;
      convolve(check, shape, type, tolerance);
      convolve(check, {1, 1, 1, 1, 1, 1, 1, draw.number(1, 70), draw.number(1, 70)}, type, tolerance);
      shape = grouped(draw);
      if (shape.inputs / shape.groups >= 12) shape.algorithm = CK_ALGORITHM_DIRECT;
      convolve(check, shape, type, tolerance);
      convolve(check, transposed(draw), type, tolerance);
    }
    check.name = type == CK_FLOAT32 ? "Winograd convolution" : "Winograd convolution of bfloat16";
    for (int round = 0; round < 4; ++round) {
      bool is_large = round % 2 == 0;
      Shape shape;
      int form = draw.number(0, 2);
      if (form == 1) shape.kernel_width = 1;
      if (form == 2) shape.kernel_height = 1;
      bool halves = is_large && form == 0 && draw.flip();
      if (halves) shape.stride_height = shape.stride_width = 2;
      if (!halves) shape.dilation_height = shape.dilation_width = draw.number(1, 3);
      shape.inputs = draw.number(1, 40);
      shape.outputs = draw.number(1, 70);
      shape.algorithm = is_large ? CK_ALGORITHM_WINOGRAD_4 : CK_ALGORITHM_WINOGRAD_2;
      convolve(check, shape, type, is_large && type == CK_FLOAT32 ? 5e-5 : tolerance);
    }
  }
}

void check_quantized(Check &check) {
  Draw &draw = check.draw;
  check.name = "convolution of bytes";
  for (int round = 0; round < 4; ++round) {
    convolve(check, dense(draw), CK_UINT8, 1e-5);
    int stride = draw.number(1, 2);
    convolve(check, {1, 1, stride, stride, 1, 1, 1, draw.number(1, 70), draw.number(1, 70)}, CK_UINT8, 1e-5);
    convolve(check, grouped(draw), CK_UINT8, 1e-5);
    Shape shape = transposed(draw);
    shape.groups = 1;
    convolve(check, shape, CK_UINT8, 1e-5);
  }
}
