// Where the tensors of a context lie in its memory. Tensors that are in use at the same time do not overlap.
#pragma once

#include <vector>

#include "operation.hpp"

namespace rt {

/// Gives each tensor its place.
/// - Parameters:
///   - groups: Operations whose tensors are all in use at the same time, in order.
///   - persistent: Tensors that keep their memory from run to run: the input, the outputs, constants.
/// - Returns: The number of bytes needed in all.
uint64_t place_tensors(const std::vector<Operation> &operations, const std::vector<Group> &groups,
                       const std::vector<Tensor *> &persistent);

}  // namespace rt
