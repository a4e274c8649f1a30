// Operators that the host runs, on dense float32.
#include "../step.hpp"

namespace rt {
namespace {

class HostStep final : public Step {
 public:
  HostStep(const Host &h, const Operands &operands, const rt_host &host)
      : host_(host), index_(h.index) {
    for (const auto *list : {&operands.inputs, &operands.outputs}) {
      for (const Tensor *tensor : *list) {
        const TensorInfo &info = tensor->info();
        tensors_.push_back({nullptr, int32_t(info.sizes.size()), info.sizes.data()});
        bool is_dense = tensor->root()->channels() == tensor->channels() && tensor->type() == CK_FLOAT32;
        copies_.emplace_back(is_dense ? 0 : size_t(info.count));
      }
    }
  }

  bool run(const Operands &operands, ck_pool *pool, ck_rows) override {
    size_t inputs = operands.inputs.size();
    for (size_t i = 0; i < tensors_.size(); ++i) {
      const Tensor &tensor = i < inputs ? operands.in(i) : operands.out(i - inputs);
      tensors_[i].data = copies_[i].empty() ? static_cast<float *>(tensor.map.data) : copies_[i].data();
      if (i >= inputs || copies_[i].empty()) continue;
      ck_map copy = copy_of(tensor, i);
      if (!ck_copy(pool, &tensor.map, &copy)) return false;
    }
    if (!host_.call(host_.state, index_, tensors_.data(), inputs, tensors_.data() + inputs, tensors_.size() - inputs)) {
      throw_host_failure();
    }
    for (size_t i = inputs; i < tensors_.size(); ++i) {
      if (copies_[i].empty()) continue;
      ck_map copy = copy_of(operands.out(i - inputs), i);
      if (!ck_copy(pool, &copy, &operands.out(i - inputs).map)) return false;
    }
    return true;
  }
  std::string kernel() const override { return "host"; }

 private:
  [[noreturn]] static void throw_host_failure() { fail(RTSEG_KERNEL_ERROR, "%s", rt_last_error()); }

  ck_map copy_of(const Tensor &tensor, size_t i) {
    return {copies_[i].data(), tensor.height(), tensor.width(), tensor.channels(), CK_FLOAT32,
            int64_t(tensor.width()) * tensor.channels(), tensor.channels()};
  }

  rt_host host_;
  uint32_t index_;
  std::vector<rt_tensor> tensors_;
  /// For each tensor that is not dense float32, a copy that is.
  std::vector<std::vector<float>> copies_;
};

}  // namespace

std::unique_ptr<Step> make_host_step(const Host &h, const Operands &operands, const rt_host *host) {
  if (!host || !host->call) fail(RTSEG_INVALID_ARGUMENT, "the program needs the host's operator %u", h.index);
  return std::make_unique<HostStep>(h, operands, *host);
}

}  // namespace rt
