// An instruction of a context.
#pragma once

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

  /// Calls body(tensor) for all inputs and outputs.
  template <typename Body>
  void each_tensor(const Body &body) const {
    for (Tensor *tensor : operands.inputs) body(*tensor);
    for (Tensor *tensor : operands.outputs) body(*tensor);
  }
};

/// Operations `begin` ..< `end`.
struct Group {
  int begin, end;
};

}  // namespace rt
