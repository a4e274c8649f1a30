// An instruction with its tensors bound, ready to run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tensor.hpp"

namespace rt {

/// The tensors of an instruction.
struct Operands {
  std::vector<Tensor *> inputs, outputs;

  Tensor &in(size_t index = 0) const { return *inputs[index]; }
  Tensor &out(size_t index = 0) const { return *outputs[index]; }
  /// An input that need not be there, as kernels take it.
  const ck_map *map_in(size_t index) const { return index < inputs.size() ? &inputs[index]->map : nullptr; }
};

class Step {
 public:
  virtual ~Step() = default;
  /// Makes some rows of the output. A step without bands gets all rows. The operands are those of the instruction, or
  /// others of the same shapes; several threads may run a step on different ones.
  virtual bool run(const Operands &operands, ck_pool *pool, ck_rows rows) = 0;
  /// The number of output rows that the kernel makes together; a band begins at a multiple of it. 0: all rows.
  virtual int32_t row_step() const { return 0; }
  /// The rows of an input that rows of the output need. They may reach over the map's edges.
  virtual ck_rows needs(size_t input, ck_rows rows) const {
    (void)input;
    return rows;
  }
  /// The name of the code that computes it, for profiles.
  virtual std::string kernel() const { return "kernel"; }
  /// The bytes of weights that it reads.
  virtual uint64_t weight_bytes() const { return 0; }
};

/// The rows from the 64-bit numbers `begin` to `end`.
inline ck_rows clamped_rows(int64_t begin, int64_t end) {
  auto clamp = [](int64_t row) { return int32_t(row < INT32_MIN ? INT32_MIN : row > INT32_MAX ? INT32_MAX : row); };
  return {clamp(begin), clamp(end)};
}

/// The rows that a window needs.
inline ck_rows window_rows(ck_rows rows, int64_t stride, int64_t pad, int64_t kernel, int64_t dilation) {
  int64_t extent = (kernel - 1) * dilation + 1;
  return clamped_rows(rows.begin * stride - pad, (rows.end - 1) * stride - pad + extent);
}

/// An activation with its slopes.
class BoundActivation {
 public:
  BoundActivation(const Activation &activation, const std::vector<Weight> &weights);
  const ck_activation *get() const { return &value_; }
  /// Keeps the slopes where they are.
  BoundActivation(const BoundActivation &) = delete;
  uint64_t bytes() const { return slopes_.size() * sizeof(float); }

 private:
  std::vector<float> slopes_;
  ck_activation value_{};
};

/// The values of a weight, or none.
struct BoundVector {
  BoundVector(int32_t weight, const std::vector<Weight> &weights);
  const float *get() const { return values.empty() ? nullptr : values.data(); }
  std::vector<float> values;
};

// Each family makes its steps; all but convolutions, which are packed first.

std::unique_ptr<Step> make_step(const Affine &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const Binary &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const Softmax &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const Reduce &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const Normalize &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const Fill &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const Resize &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const ClassMap &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const MaxPool &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const AveragePool &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const AdaptiveAveragePool &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const AdaptiveMaxPool &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const MaxUnpool &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const Copy &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const PermuteChannels &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const Interleave &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const PixelShuffle &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const Join &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const MatrixProduct &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_step(const Rearrange &, const Operands &, const std::vector<Weight> &);
std::unique_ptr<Step> make_host_step(const Host &, const Operands &, const rt_host *host);

}  // namespace rt
