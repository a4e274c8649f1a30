#include "guard.hpp"

using namespace ct;

namespace {

at::Tensor none_or(const std::optional<at::Tensor> &tensor) { return tensor.value_or(at::Tensor()); }

std::optional<at::ArrayRef<double>> scales(const double *scale) {
  if (!scale) return std::nullopt;
  return at::ArrayRef<double>(scale, 2);
}
at::OptionalIntArrayRef size_or_none(const long *size) {
  if (!size) return std::nullopt;
  return pair(size);
}

}  // namespace

bool ct_conv_transpose2d(ct_tensor x, ct_tensor weight, ct_tensor bias, const long *stride, const long *padding,
                         const long *output_padding, const long *dilation, long groups, ct_tensor *out) {
  return guard([&] {
    *out = wrap(at::conv_transpose2d(get(x), get(weight), get_optional(bias), pair(stride), pair(padding),
                                     pair(output_padding), groups, pair(dilation)));
  });
}
bool ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
  return guard([&] { *out = wrap(at::linear(get(x), get(weight), get_optional(bias))); });
}
bool ct_batch_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor running_mean, ct_tensor running_var,
                   bool training, double momentum, double epsilon, ct_tensor *out) {
  return guard([&] {
    *out = wrap(at::batch_norm(get(x), get_optional(weight), get_optional(bias), get_optional(running_mean),
                               get_optional(running_var), training, momentum, epsilon,
                               at::globalContext().userEnabledCuDNN()));
  });
}
bool ct_layer_norm(ct_tensor x, const long *shape, size_t rank, ct_tensor weight, ct_tensor bias, double epsilon,
                   ct_tensor *out) {
  return guard([&] {
    *out = wrap(at::layer_norm(get(x), ints(shape, rank), get_optional(weight), get_optional(bias), epsilon));
  });
}
bool ct_group_norm(ct_tensor x, long groups, ct_tensor weight, ct_tensor bias, double epsilon, ct_tensor *out) {
  return guard([&] {
    *out = wrap(at::group_norm(get(x), groups, get_optional(weight), get_optional(bias), epsilon));
  });
}
bool ct_dropout(ct_tensor x, double probability, bool channels, bool training, ct_tensor *out) {
  return guard([&] {
    *out = wrap(channels ? at::feature_dropout(get(x), probability, training) : at::dropout(get(x), probability, training));
  });
}

bool ct_max_pool2d(ct_tensor x, const long *kernel, const long *stride, const long *padding, bool ceil_mode,
                   ct_tensor *out) {
  return guard([&] { *out = wrap(at::max_pool2d(get(x), pair(kernel), pair(stride), pair(padding), 1, ceil_mode)); });
}
bool ct_max_pool2d_indices(ct_tensor x, const long *kernel, const long *stride, const long *padding, bool ceil_mode,
                           ct_tensor *values, ct_tensor *indices) {
  return guard([&] {
    auto result = at::max_pool2d_with_indices(get(x), pair(kernel), pair(stride), pair(padding), 1, ceil_mode);
    *values = wrap(std::get<0>(result));
    *indices = wrap(std::get<1>(result));
  });
}
bool ct_max_unpool2d(ct_tensor x, ct_tensor indices, const long *size, ct_tensor *out) {
  return guard([&] { *out = wrap(at::max_unpool2d(get(x), get(indices), pair(size))); });
}
bool ct_avg_pool2d(ct_tensor x, const long *kernel, const long *stride, const long *padding, bool ceil_mode,
                   bool count_padding, ct_tensor *out) {
  return guard([&] {
    *out = wrap(at::avg_pool2d(get(x), pair(kernel), pair(stride), pair(padding), ceil_mode, count_padding));
  });
}
bool ct_adaptive_avg_pool2d(ct_tensor x, const long *size, ct_tensor *out) {
  return guard([&] { *out = wrap(at::adaptive_avg_pool2d(get(x), pair(size))); });
}
bool ct_adaptive_max_pool2d(ct_tensor x, const long *size, ct_tensor *out) {
  return guard([&] { *out = wrap(std::get<0>(at::adaptive_max_pool2d(get(x), pair(size)))); });
}
bool ct_upsample_bilinear2d(ct_tensor x, const long *size, const double *scale, bool align_corners, ct_tensor *out) {
  return guard([&] {
    *out = wrap(at::upsample_bilinear2d(get(x), size_or_none(size), align_corners, scales(scale)));
  });
}
bool ct_upsample_bicubic2d(ct_tensor x, const long *size, bool align_corners, ct_tensor *out) {
  return guard([&] { *out = wrap(at::upsample_bicubic2d(get(x), size_or_none(size), align_corners, scales(nullptr))); });
}
bool ct_upsample_bicubic2d_antialiased(ct_tensor x, const long *size, bool align_corners, ct_tensor *out) {
  return guard([&] {
    // libtorch lacks it for numbers of 16 bits on CPUs.
    auto type = get(x).scalar_type();
    bool is_narrow = type == at::kHalf || type == at::kBFloat16;
    at::Tensor wide = is_narrow ? get(x).to(at::kFloat) : get(x);
    at::Tensor resized = at::_upsample_bicubic2d_aa(wide, size_or_none(size), align_corners, scales(nullptr));
    *out = wrap(is_narrow ? resized.to(type) : resized);
  });
}
bool ct_upsample_nearest2d(ct_tensor x, const long *size, const double *scale, ct_tensor *out) {
  return guard([&] { *out = wrap(at::upsample_nearest2d(get(x), size_or_none(size), scales(scale))); });
}
bool ct_pixel_shuffle(ct_tensor x, long factor, ct_tensor *out) {
  return guard([&] { *out = wrap(at::pixel_shuffle(get(x), factor)); });
}

#define ACTIVATION(name, function) \
  bool name(ct_tensor x, ct_tensor *out) { \
    return guard([&] { *out = wrap(function(get(x))); }); \
  }
ACTIVATION(ct_relu, at::relu)
ACTIVATION(ct_sigmoid, at::sigmoid)
ACTIVATION(ct_tanh, at::tanh)
ACTIVATION(ct_silu, at::silu)
ACTIVATION(ct_hardswish, at::hardswish)
ACTIVATION(ct_hardsigmoid, at::hardsigmoid)
ACTIVATION(ct_selu, at::selu)
bool ct_relu_(ct_tensor x) {
  return guard([&] { at::relu_(get(x)); });
}
bool ct_hardtanh(ct_tensor x, double lower, double upper, ct_tensor *out) {
  return guard([&] { *out = wrap(at::hardtanh(get(x), lower, upper)); });
}
bool ct_hardtanh_(ct_tensor x, double lower, double upper) {
  return guard([&] { at::hardtanh_(get(x), lower, upper); });
}
bool ct_leaky_relu(ct_tensor x, double slope, ct_tensor *out) {
  return guard([&] { *out = wrap(at::leaky_relu(get(x), slope)); });
}
bool ct_elu(ct_tensor x, double alpha, ct_tensor *out) {
  return guard([&] { *out = wrap(at::elu(get(x), alpha)); });
}
bool ct_gelu(ct_tensor x, bool tanh_approximation, ct_tensor *out) {
  return guard([&] { *out = wrap(at::gelu(get(x), tanh_approximation ? "tanh" : "none")); });
}
bool ct_prelu(ct_tensor x, ct_tensor weight, ct_tensor *out) {
  return guard([&] { *out = wrap(at::prelu(get(x), get(weight))); });
}
bool ct_softmax(ct_tensor x, long dim, ct_tensor *out) {
  return guard([&] { *out = wrap(at::softmax(get(x), dim)); });
}
bool ct_log_softmax(ct_tensor x, long dim, ct_tensor *out) {
  return guard([&] { *out = wrap(at::log_softmax(get(x), dim)); });
}

bool ct_cross_entropy(ct_tensor logits, ct_tensor labels, ct_tensor weight, int reduction, long ignore_index,
                      double label_smoothing, ct_tensor *out) {
  return guard([&] {
    *out = wrap(at::cross_entropy_loss(get(logits), get(labels), none_or(get_optional(weight)), reduction, ignore_index,
                                       label_smoothing));
  });
}
bool ct_bce_with_logits(ct_tensor logits, ct_tensor target, int reduction, ct_tensor *out) {
  return guard([&] {
    *out = wrap(at::binary_cross_entropy_with_logits(get(logits), get(target), {}, {}, reduction));
  });
}
bool ct_kl_div(ct_tensor log_input, ct_tensor target, bool log_target, int reduction, ct_tensor *out) {
  return guard([&] { *out = wrap(at::kl_div(get(log_input), get(target), reduction, log_target)); });
}
bool ct_mse_loss(ct_tensor x, ct_tensor target, int reduction, ct_tensor *out) {
  return guard([&] { *out = wrap(at::mse_loss(get(x), get(target), reduction)); });
}
