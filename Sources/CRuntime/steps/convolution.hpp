// Convolutions: the packing of weights, and steps.
#pragma once

#include "../step.hpp"

namespace rt {

/// A convolution of a context. Several may be packed at the same time, each on its own thread.
class ConvolutionStep final : public Step {
 public:
  ConvolutionStep(const Convolution &c, const Operands &operands, const std::vector<Weight> &weights);

  /// Packs the weights for an algorithm. `scratch` is for weights that are converted or read from a file.
  PackedConvolution pack(ck_algorithm algorithm, std::vector<float> &scratch) const;
  /// Takes packed weights; a step has some before it is asked for anything else.
  void use(PackedConvolution packed) { packed_ = std::move(packed); }
  const ck_conv *packed() const { return packed_.get(); }

  /// A text with everything that decides how fast each algorithm is.
  std::string key() const;
  /// Whether algorithms may be chosen.
  bool has_choice() const { return !c_.is_transposed && desc_.type != CK_UINT8; }
  /// Whether an algorithm is as exact as the one that is estimated to be the fastest.
  bool allows(ck_algorithm algorithm) const;
  const Convolution &parameters() const { return c_; }
  int32_t height() const { return desc_.out_height; }

  bool run(const Operands &operands, ck_pool *pool, ck_rows rows) override {
    return run_with(packed_.get(), operands, pool, rows);
  }
  bool run_with(const ck_conv *packed, const Operands &operands, ck_pool *pool, ck_rows rows) const;
  int32_t row_step() const override { return ck_conv_row_step(packed_.get()); }
  ck_rows needs(size_t input, ck_rows rows) const override;
  std::string kernel() const override;
  uint64_t weight_bytes() const override;

 private:
  const Convolution &c_;
  const Operands &operands_;
  const std::vector<Weight> &weights_;
  ck_conv_desc desc_{};
  PackedConvolution packed_;
};

}  // namespace rt
