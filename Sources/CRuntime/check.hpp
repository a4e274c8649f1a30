// The checks of a plan: after them, every instruction can run on the plan's tensors.
#pragma once

#include <utility>

#include "program.hpp"

namespace rt {

class PlanCheck {
 public:
  /// - Parameter channels: The channels of images.
  /// - Parameter hosted: Whether the host runs operators.
  PlanCheck(Plan &plan, const std::vector<Weight> &weights, int32_t channels, bool hosted);
  /// Checks all of the plan and fills in the tensors' roots.
  void run();
  /// The number of classes, or 0 if the plan does not tell.
  int32_t class_count() const { return class_count_; }

 private:
  [[noreturn]] __attribute__((format(printf, 2, 3))) void fail(const char *format, ...) const;
  void expect(bool is_met, const char *what) const {
    if (!is_met) fail("%s", what);
  }

  void check_roots();
  void check_ends();
  void check_constants();
  void check_tensors(size_t index);
  void check_replaceable() const;
  void check_outputs();

  void check(const Convolution &c) const;
  void check(const Affine &a) const;
  void check(const Binary &b) const;
  void check(const Resize &r) const;
  void check(const ClassMap &c);
  void check(const MaxPool &p);
  void check(const AveragePool &p) const;
  void check(const AdaptiveAveragePool &p) const;
  void check(const AdaptiveMaxPool &p) const;
  void check(const MaxUnpool &u) const;
  void check(const Copy &c) const;
  void check(const PermuteChannels &p) const;
  void check(const Interleave &i) const;
  void check(const PixelShuffle &p) const;
  void check(const Softmax &s) const;
  void check(const Reduce &r) const;
  void check(const Join &j) const;
  void check(const MatrixProduct &m) const;
  void check(const Normalize &n) const;
  void check(const Rearrange &r) const;
  void check(const Host &h) const;
  void check(const Fill &f) const;

  const TensorInfo &in(size_t index) const { return plan_.tensors[instruction_->inputs[index]]; }
  const TensorInfo &out(size_t index = 0) const { return plan_.tensors[instruction_->outputs[index]]; }
  /// Refuses other numbers of inputs and outputs.
  void expect_counts(size_t least, size_t most, size_t outputs = 1) const;
  void expect_window(const ck_window &window) const;
  void expect_activation(const Activation &activation, int32_t channels) const;
  /// Refuses a weight that has not this many elements; -1 is none.
  void expect_vector(int32_t weight, int64_t count, const char *what) const;
  bool is_dense(const TensorInfo &tensor) const;
  bool overlaps(const TensorInfo &a, const TensorInfo &b) const;
  bool is_written(const TensorInfo &tensor) const;
  bool is_written_in_part(const TensorInfo &tensor) const;
  void note_written(const TensorInfo &tensor);

  Plan &plan_;
  const std::vector<Weight> &weights_;
  const int32_t channels_;
  const bool hosted_;
  const Instruction *instruction_ = nullptr;
  size_t index_ = 0;
  int32_t class_count_ = 0;
  /// For each root the ranges of channels that have been written, in order and apart.
  std::vector<std::vector<std::pair<int32_t, int32_t>>> written_;
  /// Whether a tensor keeps its elements from run to run.
  std::vector<bool> is_constant_;
  /// For each tensor of positions the instruction that wrote it, plus 1.
  std::vector<size_t> pool_of_;
};

}  // namespace rt
