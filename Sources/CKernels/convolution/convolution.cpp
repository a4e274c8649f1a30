// The interface of convolutions: checks of the description, and the choice of an algorithm.
#include <algorithm>

#include "convolution/plan.hpp"
#include "core/shared.hpp"

struct ck_conv {
  ck_conv_desc desc;
  std::unique_ptr<ck::ConvPlan> plan;
};

namespace ck {

static void check(const ck_conv_desc &d, const float *weights) {
  if (!weights) fail("convolution: no weights");
  if (d.in_channels < 1 || d.out_channels < 1 || d.groups < 1 || d.in_channels % d.groups ||
      d.out_channels % d.groups) {
    fail("convolution: %d channels to %d in %d groups", d.in_channels, d.out_channels, d.groups);
  }
  if (d.in_height < 1 || d.in_width < 1 || d.out_height < 1 || d.out_width < 1) {
    fail("convolution: maps of %dx%d and %dx%d", d.in_height, d.in_width, d.out_height, d.out_width);
  }
  if (d.kernel_height < 1 || d.kernel_width < 1 || d.stride_height < 1 || d.stride_width < 1 || d.dilation_height < 1 ||
      d.dilation_width < 1 || d.pad_top < 0 || d.pad_left < 0) {
    fail("convolution: kernel, stride and dilation are at least 1, padding at least 0");
  }
  element_size(d.type);
  if (d.type == CK_UINT8) {
    check_quantization("convolution, input", CK_UINT8, d.in_quantization);
    check_quantization("convolution, output", d.out_type, d.out_quantization);
    if (d.residual != CK_RESIDUAL_NONE) {
      check_quantization("convolution, residual", d.residual_type, d.residual_quantization);
    }
  }
  if (d.activation.kind == CK_PRELU && !d.activation.slopes) fail("convolution: PReLU without slopes");
}

using tuning::kNarrow;

static bool fits_winograd(const ck_conv_desc &d) {
  bool is_kernel = (d.kernel_height == 3 && (d.kernel_width == 3 || d.kernel_width == 1)) ||
                   (d.kernel_height == 1 && d.kernel_width == 3);
  bool is_plain = d.stride_height == 1 && d.stride_width == 1;
  bool is_halving = d.stride_height == 2 && d.stride_width == 2 && d.kernel_height == 3 && d.kernel_width == 3 &&
                    d.dilation_height == 1 && d.dilation_width == 1 && d.algorithm != CK_ALGORITHM_WINOGRAD_2;
  // Narrower groups would use only a small part of each vector.
  bool has_width = d.groups == 1 || std::min(d.in_channels, d.out_channels) >= kNarrow * d.groups;
  return is_kernel && has_width && (is_plain || is_halving);
}

/// The number of tiles of `outputs` outputs that cover a line of `size` outputs, which `dilation` divides into phases.
static int64_t line_tiles(int size, int dilation, int outputs) {
  int64_t tiles = 0;
  for (int phase = 0; phase < std::min(dilation, size); ++phase) {
    tiles += divide_up(divide_up(size - phase, dilation), outputs);
  }
  return tiles;
}

/// The estimated cost in nanoseconds. Only its ratio to that of other algorithms matters.
static double direct_cost(const ck_conv_desc &d) {
  // BF16 instructions multiply pairs of bfloat16 at once, while Winograd always multiplies float32.
  bool has_pairs = d.type == CK_BFLOAT16 && ck_multiplies_bfloat16();
  double outputs = double(d.out_height) * d.out_width * d.out_channels;
  double weights = double(d.kernel_height) * d.kernel_width * d.in_channels / d.groups;
  tuning::ConvolutionCosts costs = tuning::convolution_costs();
  double rate = has_pairs ? costs.pair_rate : costs.direct_rate;
  return weights * (2 * outputs / rate + costs.read_weight * d.out_channels);
}

static double winograd_cost(const ck_conv_desc &d, ck_algorithm algorithm) {
  bool is_flat = d.kernel_height != d.kernel_width, is_small = algorithm == CK_ALGORITHM_WINOGRAD_2;
  int outputs = (is_small ? 2 : 4) + (is_flat ? 2 : 0), points = d.stride_height == 2 ? 9 : outputs + 2;
  int high = d.kernel_height == 3 ? outputs : 1, wide = d.kernel_width == 3 ? outputs : 1;
  double tiles = double(line_tiles(d.out_height, high > 1 ? d.dilation_height : 1, high)) *
                 double(line_tiles(d.out_width, wide > 1 ? d.dilation_width : 1, wide));
  double tile_points = (high > 1 ? points : 1) * (wide > 1 ? points : 1);
  double pairs = double(d.in_channels) * d.out_channels / d.groups;
  tuning::ConvolutionCosts costs = tuning::convolution_costs();
  double products = 2 * pairs / costs.winograd_rate, transforms = costs.transform * (d.in_channels + d.out_channels);
  bool keeps_points = tile_points * pairs * sizeof(float) <= tuning::kWinogradWeights;
  double weights = (keeps_points ? costs.read_weight : costs.made_weight) * pairs;
  // In grouped convolution each product sums over few channels, which is less efficient.
  double groups = d.groups == 1 ? 1 : 1.4;
  return tile_points * (tiles * (products + transforms) + weights) * groups;
}

/// The faster of the two Winograd algorithms, or CK_ALGORITHM_DIRECT if that is faster still.
static ck_algorithm winograd_choice(const ck_conv_desc &d) {
  if (!fits_winograd(d) || std::min(d.in_channels, d.out_channels) < kNarrow) return CK_ALGORITHM_DIRECT;
  // Rounding to bfloat16 is a larger error than any that an algorithm makes.
  bool is_exact = d.is_exact && d.type == CK_FLOAT32;
  if (d.stride_height == 2 && is_exact) return CK_ALGORITHM_DIRECT;
  double small = d.stride_height == 2 ? 1e300 : winograd_cost(d, CK_ALGORITHM_WINOGRAD_2);
  double large = is_exact ? 1e300 : winograd_cost(d, CK_ALGORITHM_WINOGRAD_4);
  if (std::min(small, large) >= 0.9 * direct_cost(d)) return CK_ALGORITHM_DIRECT;
  return small < large ? CK_ALGORITHM_WINOGRAD_2 : CK_ALGORITHM_WINOGRAD_4;
}

std::unique_ptr<ConvPlan> make_plan(const ConvSpec &spec) {
  const ck_conv_desc &d = spec.desc;
  if (d.type == CK_UINT8) return make_quantized_plan(spec);
  switch (d.algorithm) {
    case CK_ALGORITHM_DIRECT: return make_direct_plan(spec);
    case CK_ALGORITHM_WINOGRAD_2:
    case CK_ALGORITHM_WINOGRAD_4:
      if (!fits_winograd(d)) {
        fail("convolution: Winograd takes kernels of 3x3 (stride 1 or 2), 3x1 and 1x3; groups of %d channels or more",
             kNarrow);
      }
      return make_winograd_plan(spec, d.algorithm);
    default: break;
  }
  if (d.groups > 1) {
    if (auto plan = make_depthwise_plan(spec)) return plan;
  }
  if (d.algorithm == CK_ALGORITHM_DEPTHWISE) fail("convolution: no depthwise kernel for %d groups", d.groups);
  ck_algorithm choice = winograd_choice(d);
  if (choice != CK_ALGORITHM_DIRECT) return make_winograd_plan(spec, choice);
  return make_direct_plan(spec);
}

}  // namespace ck

static ck_conv *create(const ck_conv_desc *desc, const float *weights, const float *bias, bool is_transposed) {
  ck_conv *conv = nullptr;
  ck::guard([&] {
    ck::check(*desc, weights);
    if (is_transposed && (desc->dilation_height != 1 || desc->dilation_width != 1)) {
      ck::fail("transposed convolution: dilation is not supported");
    }
    auto made = std::make_unique<ck_conv>();
    made->desc = *desc;
    made->desc.activation.slopes = nullptr;
    ck::ConvSpec spec{*desc, weights, bias};
    made->plan = is_transposed ? ck::make_transposed_plan(spec) : ck::make_plan(spec);
    conv = made.release();
  });
  return conv;
}

extern "C" ck_conv *ck_conv_create(const ck_conv_desc *desc, const float *weights, const float *bias) {
  return create(desc, weights, bias, false);
}

extern "C" ck_conv *ck_conv_create_transposed(const ck_conv_desc *desc, const float *weights, const float *bias) {
  return create(desc, weights, bias, true);
}

extern "C" void ck_conv_free(ck_conv *conv) { delete conv; }

extern "C" bool ck_conv_run(const ck_conv *conv, ck_pool *pool, const ck_map *in, const ck_map *out,
                            const ck_map *residual) {
  return ck_conv_run_rows(conv, pool, in, out, residual, {0, conv->desc.out_height});
}

extern "C" bool ck_conv_run_rows(const ck_conv *conv, ck_pool *pool, const ck_map *in, const ck_map *out,
                                 const ck_map *residual, ck_rows rows) {
  return ck::guard([&] {
    const ck_conv_desc &d = conv->desc;
    ck::check_map(in, "convolution, input", d.in_height, d.in_width, d.in_channels, d.type);
    bool is_quantized = d.type == CK_UINT8;
    ck_type out_type = is_quantized ? d.out_type : d.type, residual_type = is_quantized ? d.residual_type : d.type;
    ck::check_map(out, "convolution, output", d.out_height, d.out_width, d.out_channels, out_type);
    if ((d.residual != CK_RESIDUAL_NONE) != (residual != nullptr)) {
      ck::fail("convolution: a residual %s", residual ? "that was not announced" : "is missing");
    }
    if (residual) {
      ck::check_map(residual, "convolution, residual", d.out_height, d.out_width, d.out_channels, residual_type);
    }
    int step = conv->plan->row_step ? conv->plan->row_step : d.out_height;
    if (rows.begin < 0 || rows.begin > rows.end || rows.end > d.out_height || rows.begin % step ||
        (rows.end % step && rows.end != d.out_height)) {
      ck::fail("convolution: rows %d ..< %d of %d in steps of %d", rows.begin, rows.end, d.out_height, step);
    }
    ck::reserve_scratch(pool, conv->plan->scratch_bytes);
    if (conv->plan->shared_bytes > 0) ck::shared_scratch(pool, conv->plan->shared_bytes);
    if (rows.begin < rows.end) conv->plan->run(pool, *in, *out, residual, rows);
  });
}

extern "C" ck_algorithm ck_conv_algorithm(const ck_conv *conv) { return conv->plan->algorithm; }
extern "C" int32_t ck_conv_row_step(const ck_conv *conv) { return conv->plan->row_step; }
extern "C" size_t ck_conv_scratch(const ck_conv *conv) { return conv->plan->scratch_bytes; }
