#include "convolution.hpp"

#include <algorithm>

namespace rt {

ConvolutionStep::ConvolutionStep(const Convolution &c, const Operands &operands, const std::vector<Weight> &weights)
    : c_(c), operands_(operands), weights_(weights) {
  const Tensor &x = operands.in(), &y = operands.out();
  const std::vector<int32_t> &kernel = weights[size_t(c.weight)].sizes;
  ck_conv_desc &d = desc_;
  d.in_height = x.height(), d.in_width = x.width(), d.in_channels = x.channels();
  d.out_height = y.height(), d.out_width = y.width(), d.out_channels = y.channels();
  d.kernel_height = kernel[2], d.kernel_width = kernel[3];
  d.stride_height = c.stride_height, d.stride_width = c.stride_width;
  d.pad_top = c.pad_top, d.pad_left = c.pad_left;
  d.dilation_height = c.dilation_height, d.dilation_width = c.dilation_width;
  d.groups = c.groups;
  d.residual = c.residual;
  d.type = x.type();
  d.is_exact = c.is_exact;
  d.activation = {c.activation.kind, c.activation.a, c.activation.b, nullptr};
  d.out_type = y.type();
  d.in_quantization = x.info().quantization;
  d.out_quantization = y.info().quantization;
  if (operands.inputs.size() > 1) {
    d.residual_type = operands.in(1).type();
    d.residual_quantization = operands.in(1).info().quantization;
  }
}

PackedConvolution ConvolutionStep::pack(ck_algorithm algorithm, std::vector<float> &scratch) const {
  ck_conv_desc desc = desc_;
  desc.algorithm = algorithm;
  BoundActivation activation(c_.activation, weights_);
  desc.activation = *activation.get();
  BoundVector bias(c_.bias, weights_);
  const float *weights = weights_[size_t(c_.weight)].floats(scratch);
  ck_conv *packed = c_.is_transposed ? ck_conv_create_transposed(&desc, weights, bias.get())
                                     : ck_conv_create(&desc, weights, bias.get());
  if (!packed) fail_kernel("convolution");
  return PackedConvolution(packed, FreeConvolution());
}

bool ConvolutionStep::run_with(const ck_conv *packed, const Operands &operands, ck_pool *pool, ck_rows rows) const {
  return ck_conv_run_rows(packed, pool, &operands.in().map, &operands.out().map, operands.map_in(1), rows);
}

ck_rows ConvolutionStep::needs(size_t input, ck_rows rows) const {
  if (input > 0) return rows;
  if (!c_.is_transposed) {
    return window_rows(rows, desc_.stride_height, desc_.pad_top, desc_.kernel_height, desc_.dilation_height);
  }
  // Row y sums the input rows i that have a kernel tap y + pad - i * stride. The last band may be shorter than a step,
  // but it reads as much as a whole one.
  int64_t stride = desc_.stride_height, pad = desc_.pad_top, step = row_step();
  int64_t extent = int64_t(desc_.kernel_height - 1) * desc_.dilation_height + 1;
  int64_t last = (rows.end + step - 1) / step * step - 1;
  return clamped_rows((rows.begin + pad - extent + 1) / stride, (last + pad) / stride + 1);
}

bool ConvolutionStep::allows(ck_algorithm algorithm) const {
  return algorithm != CK_ALGORITHM_WINOGRAD_4 || !desc_.is_exact;
}

std::string ConvolutionStep::key() const {
  const ck_conv_desc &d = desc_;
  const int32_t parts[] = {d.in_height, d.in_width, d.in_channels, d.out_height, d.out_width, d.out_channels,
                           d.kernel_height, d.kernel_width, d.stride_height, d.stride_width, d.pad_top, d.pad_left,
                           d.dilation_height, d.dilation_width, d.groups, d.residual, int32_t(d.activation.kind),
                           d.type, d.is_exact, c_.is_transposed};
  std::string key;
  for (int32_t part : parts) key += (key.empty() ? "" : " ") + std::to_string(part);
  return key;
}

std::string ConvolutionStep::kernel() const {
  const ck_conv_desc &d = desc_;
  std::string text = std::to_string(d.kernel_height) + "x" + std::to_string(d.kernel_width);
  if (d.stride_height > 1) text += " /" + std::to_string(d.stride_height);
  int32_t dilation = std::max(d.dilation_height, d.dilation_width);
  if (dilation > 1) text += " d" + std::to_string(dilation);
  if (d.groups > 1) text += " g" + std::to_string(d.groups);
  switch (ck_conv_algorithm(packed_.get())) {
    case CK_ALGORITHM_AUTO: break;
    case CK_ALGORITHM_DIRECT: text += " direct"; break;
    case CK_ALGORITHM_WINOGRAD_4: text += " winograd-4"; break;
    case CK_ALGORITHM_WINOGRAD_2: text += " winograd-2"; break;
    case CK_ALGORITHM_DEPTHWISE: text += " depthwise"; break;
  }
  return text;
}

uint64_t ConvolutionStep::weight_bytes() const {
  auto count = uint64_t(weights_[size_t(c_.weight)].count);
  uint64_t bytes = count * operands_.in().element_size();
  if (c_.bias >= 0) bytes += uint64_t(desc_.out_channels) * 4;
  return bytes;
}

}  // namespace rt
