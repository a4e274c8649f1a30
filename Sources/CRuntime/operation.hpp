// An instruction of a context.
#pragma once

#include <algorithm>

#include "step.hpp"

namespace rt {

struct Operation {
  const Instruction *instruction;
  /// The instruction's number in the plan.
  uint32_t index;
  Operands operands;
  /// Inputs whose memory the output may take if nothing reads them later.
  std::vector<Tensor *> replaceable;
  std::unique_ptr<Step> step;

  /// Whether it writes something of a tensor.
  bool writes_into(const Tensor &tensor) const {
    if (operands.inputs.empty()) return false;
    return std::any_of(operands.outputs.begin(), operands.outputs.end(),
                       [&](const Tensor *output) { return output->overlaps(tensor); });
  }

  /// Throws the failure of its kernel, with the operation's name.
  [[noreturn]] void fail_kernel() const;

  /// Calls body(tensor) for all inputs and outputs.
  template <typename Body>
  void each_tensor(const Body &body) const {
    for (Tensor *tensor : operands.inputs) body(*tensor);
    for (Tensor *tensor : operands.outputs) body(*tensor);
  }

  /// The bytes of all inputs and outputs.
  uint64_t bytes() const {
    uint64_t bytes = 0;
    each_tensor([&](const Tensor &tensor) { bytes += tensor.bytes(); });
    return bytes;
  }
};

/// Operations `begin` ..< `end`.
struct Group {
  int begin, end;
};

}  // namespace rt
