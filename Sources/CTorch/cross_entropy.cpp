// Cross entropy of scores that are upsampled on the fly, with its gradient.
#include <torch/csrc/autograd/custom_function.h>

#include "training/cross_entropy.hpp"
#include "parallel.hpp"

using namespace ct;

namespace {

/// The arguments other than the scores.
struct Target {
  at::Tensor labels, weight;
  int64_t ignored;
  double smoothing;
};

/// The cross entropy of image `index` of a batch.
ck::CrossEntropy image(const at::Tensor &scores, const Target &target, int64_t index) {
  const auto &labels = target.labels;
  return {
      .scores = const_elements<float>(scores) + index * scores.stride(0),
      .channel = scores.stride(1),
      .row = scores.stride(2),
      .pixel = scores.stride(3),
      .classes = int32_t(scores.size(1)),
      .height = int32_t(scores.size(2)),
      .width = int32_t(scores.size(3)),
      .labels = const_elements<int64_t>(labels) + index * labels.stride(0),
      .label_height = int32_t(labels.size(1)),
      .label_width = int32_t(labels.size(2)),
      .ignored = target.ignored,
      .weights = target.weight.defined() ? const_elements<float>(target.weight) : nullptr,
      .smoothing = float(target.smoothing),
  };
}

/// Calls body(index of the image, bands) for all bands between rows of the scores, on all threads.
template <typename Body>
void for_bands(const at::Tensor &scores, const at::Tensor &labels, const Body &body) {
  auto height = scores.size(2), bands = scores.size(0) * height;
  auto work = std::max<int64_t>(1, labels.numel() / std::max<int64_t>(1, bands) * scores.size(1));
  parallel(bands, 32768 / work, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      auto index = begin / height, last = std::min(end, (index + 1) * height);
      body(index, ck::Bands{int32_t(begin - index * height), int32_t(last - index * height)});
      begin = last;
    }
  });
}

void check(const at::Tensor &scores, const Target &target) {
  const auto &labels = target.labels;
  TORCH_CHECK(scores.dim() == 4 && labels.dim() == 3 && scores.size(0) == labels.size(0) && scores.size(1) > 0,
              "cross entropy of scores ", scores.sizes(), " and labels ", labels.sizes(),
              ": expected [N, C, h, w] and [N, H, W]");
  for (auto size : {scores.size(1), scores.size(2), scores.size(3), labels.size(1), labels.size(2)}) {
    TORCH_CHECK(size <= 1 << 24, "cross entropy of scores ", scores.sizes(), " and labels ", labels.sizes(),
                ": no side may exceed 2^24");
  }
  TORCH_CHECK((scores.size(2) > 0 && scores.size(3) > 0) || labels.numel() == 0, "cross entropy of no scores");
  TORCH_CHECK(scores.is_cpu() && labels.is_cpu(), "the fused cross entropy is for the CPU");
  TORCH_CHECK(labels.scalar_type() == at::kLong, "cross entropy of labels of type ", labels.scalar_type(),
              ", expected int64");
  TORCH_CHECK(target.smoothing >= 0 && target.smoothing <= 1, "label smoothing must be between 0 and 1, not ",
              target.smoothing);
  if (!target.weight.defined()) return;
  TORCH_CHECK(target.weight.is_cpu() && target.weight.dim() == 1 && target.weight.size(0) == scores.size(1),
              "class weights ", target.weight.sizes(), " for ", scores.size(1), " classes");
}

/// Computes the gradient of the scores from that of the losses.
at::Tensor gradient_of_scores(const at::Tensor &scores, const Target &target, const at::Tensor &normalizers,
                              const at::Tensor &gradients) {
  auto upper = at::empty_like(scores);
  bool has_same_height = scores.size(2) == target.labels.size(1);
  auto lower = has_same_height ? at::Tensor() : at::empty_strided(upper.sizes(), upper.strides(), upper.options());
  auto size = target.labels.stride(0);
  for_bands(scores, target.labels, [&](int64_t index, ck::Bands bands) {
    auto offset = index * upper.stride(0);
    ck::ScoreGradient to{upper.mutable_data_ptr<float>() + offset,
                         has_same_height ? nullptr : lower.mutable_data_ptr<float>() + offset, upper.stride(1),
                         upper.stride(2), upper.stride(3)};
    ck::cross_entropy_backward(image(scores, target, index), bands, const_elements<float>(gradients) + index * size,
                               const_elements<float>(normalizers) + index * size, to);
  });
  auto height = scores.size(2);
  if (!has_same_height && height > 1) upper.slice(2, 1).add_(lower.slice(2, 0, height - 1));
  return upper;
}

struct UpsampledCrossEntropy : torch::autograd::Function<UpsampledCrossEntropy> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &scores,
                            const at::Tensor &labels, const std::optional<at::Tensor> &weight, int64_t ignored,
                            double smoothing) {
    Target target{labels, weight.value_or(at::Tensor()), ignored, smoothing};
    auto losses = at::empty(labels.sizes(), scores.options());
    auto normalizers = at::empty_like(losses);
    for_bands(scores, labels, [&](int64_t index, ck::Bands bands) {
      auto offset = index * labels.stride(0);
      ck::cross_entropy_forward(image(scores, target, index), bands, losses.mutable_data_ptr<float>() + offset,
                                normalizers.mutable_data_ptr<float>() + offset);
    });
    context->save_for_backward({scores, labels, target.weight, normalizers});
    context->saved_data["ignored"] = ignored;
    context->saved_data["smoothing"] = smoothing;
    return losses;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "the fused cross entropy cannot be differentiated twice");
    auto saved = context->get_saved_variables();
    Target target{saved[1], saved[2], context->saved_data["ignored"].toInt(),
                  context->saved_data["smoothing"].toDouble()};
    auto gradient = gradients[0].to(at::kFloat).contiguous();
    return {gradient_of_scores(saved[0], target, saved[3], gradient), {}, {}, {}, {}};
  }
};

}  // namespace

bool ct_upsampled_cross_entropy(ct_tensor scores, ct_tensor labels, ct_tensor weight, long ignore_index,
                                double label_smoothing, ct_tensor *out) {
  return guard([&] {
    auto weights = get_optional(weight);
    if (weights) weights = weights->detach().to(at::kFloat).contiguous();
    Target target{get(labels).contiguous(), weights.value_or(at::Tensor()), ignore_index, label_smoothing};
    auto single = get(scores).to(at::kFloat);
    check(single, target);
    *out = wrap(UpsampledCrossEntropy::apply(single, target.labels, weights, int64_t(ignore_index), label_smoothing));
  });
}
