// Batch normalization in training with an activation that clamps (ReLU, ReLU6 or none), as one operator on the CPU. It
// keeps its input for the backward pass, but nothing else of that size: which values were clamped is computed again.
#include "training/batch_norm.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "parallel.hpp"

using namespace ct;

namespace {

/// The parts into which threads divide a batch, for sums over parts. They do not depend on the number of threads, so
/// the sums do not either.
class Parts {
 public:
  explicit Parts(const ck::NormalizedBatch &batch) : batch_(batch) {
    constexpr int64_t smallest = 32768, most = 32;
    count_ = std::clamp<int64_t>(batch.pixels * batch.channels / smallest, 1, most);
    count_ = std::min(count_, batch.pixels);
  }

  int64_t count() const { return count_; }
  int64_t begin(int64_t index) const { return batch_.pixels * index / count_; }

  template <typename Body>
  void for_each(const Body &body) const {
    parallel(count_, 1, [&](int64_t first, int64_t last) {
      for (auto index = first; index < last; ++index) body(index, ck::Pixels{begin(index), begin(index + 1)});
    });
  }

 private:
  ck::NormalizedBatch batch_;
  int64_t count_;
};

ck::NormalizedBatch batch_of(const at::Tensor &x) {
  return {x.numel() / x.size(1), x.size(1), x.scalar_type() == at::kBFloat16};
}

/// The rows of the saved numbers of each channel.
enum Row { kMean, kInverseDeviation, kScale, kShift, kRowCount };

/// Computes the numbers of each channel and updates the running ones.
void compute_statistics(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias,
                        const at::Tensor &running_mean, const at::Tensor &running_var, double momentum, double epsilon,
                        float *rows) {
  auto batch = batch_of(x);
  Parts parts(batch);
  auto channels = batch.channels;
  std::vector<double> means(parts.count() * channels), squares(parts.count() * channels);
  parts.for_each([&](int64_t index, ck::Pixels part) {
    ck::channel_statistics(batch, part, x.const_data_ptr(), &means[index * channels], &squares[index * channels]);
  });
  auto running_means = running_mean.mutable_data_ptr<float>(), running_vars = running_var.mutable_data_ptr<float>();
  auto weights = const_elements<float>(weight), biases = const_elements<float>(bias);
  auto pixels = double(batch.pixels);
  for (int64_t c = 0; c < channels; ++c) {
    double mean = 0, square = 0;
    for (int64_t index = 0; index < parts.count(); ++index) {
      auto before = double(parts.begin(index)), after = double(parts.begin(index + 1));
      auto difference = means[index * channels + c] - mean, share = (after - before) / after;
      mean += difference * share;
      square += squares[index * channels + c] + difference * difference * before * share;
    }
    auto inverse = 1 / std::sqrt(square / pixels + epsilon);
    auto scale = float(inverse) * weights[c];
    rows[kMean * channels + c] = float(mean);
    rows[kInverseDeviation * channels + c] = float(inverse);
    rows[kScale * channels + c] = scale;
    rows[kShift * channels + c] = float(biases[c] - mean * scale);
    running_means[c] = float(momentum * mean + (1 - momentum) * running_means[c]);
    running_vars[c] = float(momentum * square / (pixels - 1) + (1 - momentum) * running_vars[c]);
  }
}

struct ClampedBatchNorm : torch::autograd::Function<ClampedBatchNorm> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                            const at::Tensor &bias, const at::Tensor &running_mean, const at::Tensor &running_var,
                            double momentum, double epsilon, double low, double high) {
    auto batch = batch_of(x);
    auto channels = batch.channels;
    auto saved = at::empty({kRowCount, channels}, weight.options().requires_grad(false));
    auto *rows = saved.mutable_data_ptr<float>();
    compute_statistics(x, weight, bias, running_mean, running_var, momentum, epsilon, rows);
    auto y = at::empty_like(x);
    Parts(batch).for_each([&](int64_t, ck::Pixels part) {
      ck::scale_and_clamp(batch, part, x.const_data_ptr(), rows + kScale * channels, rows + kShift * channels,
                          float(low), float(high), y.mutable_data_ptr());
    });
    context->save_for_backward({x, weight, saved});
    context->saved_data["low"] = low;
    context->saved_data["high"] = high;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "the fused batch normalization cannot be differentiated twice");
    auto variables = context->get_saved_variables();
    const auto &x = variables[0], &weight = variables[1], &saved = variables[2];
    auto low = float(context->saved_data["low"].toDouble()), high = float(context->saved_data["high"].toDouble());
    auto gradient = gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    auto batch = batch_of(x);
    auto channels = batch.channels;
    Parts parts(batch);
    const auto *rows = const_elements<float>(saved);
    const auto *means = rows + kMean * channels, *scales = rows + kScale * channels, *shifts = rows + kShift * channels;

    std::vector<double> sums(parts.count() * channels), products(parts.count() * channels);
    parts.for_each([&](int64_t index, ck::Pixels part) {
      ck::gradient_sums(batch, part, x.const_data_ptr(), gradient.const_data_ptr(), scales, shifts, means, low, high,
                        &sums[index * channels], &products[index * channels]);
    });
    auto weight_gradient = at::empty_like(weight), bias_gradient = at::empty_like(weight);
    auto *weight_gradients = weight_gradient.mutable_data_ptr<float>();
    auto *bias_gradients = bias_gradient.mutable_data_ptr<float>();
    std::vector<float> slopes(channels), offsets(channels);
    for (int64_t c = 0; c < channels; ++c) {
      double sum = 0, product = 0;
      for (int64_t index = 0; index < parts.count(); ++index) {
        sum += sums[index * channels + c], product += products[index * channels + c];
      }
      auto inverse = double(rows[kInverseDeviation * channels + c]), scale = double(scales[c]);
      weight_gradients[c] = float(product * inverse);
      bias_gradients[c] = float(sum);
      slopes[c] = float(-scale * inverse * inverse * product / double(batch.pixels));
      offsets[c] = float(-scale * sum / double(batch.pixels));
    }
    at::Tensor input_gradient;
    if (context->needs_input_grad(0)) {
      input_gradient = at::empty_like(x);
      parts.for_each([&](int64_t, ck::Pixels part) {
        ck::gradient_of_input(batch, part, x.const_data_ptr(), gradient.const_data_ptr(), scales, shifts, means, scales,
                              slopes.data(), offsets.data(), low, high, input_gradient.mutable_data_ptr());
      });
    }
    return {input_gradient, weight_gradient, bias_gradient, {}, {}, {}, {}, {}, {}};
  }
};

/// Whether the fused operator can take these tensors.
bool fits(const at::Tensor &x, std::initializer_list<at::Tensor> of_channels) {
  auto type = x.scalar_type();
  if (!x.is_cpu() || x.dim() != 4 || x.numel() == 0 || (type != at::kFloat && type != at::kBFloat16)) return false;
  if (!x.is_contiguous(at::MemoryFormat::ChannelsLast) || x.numel() / x.size(1) < 2) return false;
  for (const auto &tensor : of_channels) {
    if (!tensor.is_cpu() || tensor.scalar_type() != at::kFloat || !tensor.is_contiguous() || tensor.dim() != 1 ||
        tensor.size(0) != x.size(1)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool ct_batch_norm_clamped(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor running_mean, ct_tensor running_var,
                           double momentum, double epsilon, double low, double high, ct_tensor *out) {
  return guard([&] {
    const auto &input = get(x);
    const auto &mean = get(running_mean), &variance = get(running_var);
    if (fits(input, {get(weight), get(bias), mean, variance})) {
      *out = wrap(ClampedBatchNorm::apply(input, get(weight), get(bias), mean, variance, momentum, epsilon, low, high));
      return;
    }
    auto y = at::batch_norm(input, get(weight), get(bias), mean, variance, true, momentum, epsilon,
                            at::globalContext().userEnabledCuDNN());
    constexpr auto infinity = std::numeric_limits<double>::infinity();
    if (low == 0 && high == infinity) {
      at::relu_(y);
    } else if (low != -infinity || high != infinity) {
      at::hardtanh_(y, low, high);
    }
    *out = wrap(std::move(y));
  });
}
