// Where the tensors of a context lie in its memory. Tensors that are in use at the same time do not overlap.
#pragma once

#include <vector>

#include "band_schedule.hpp"

namespace rt {

/// Gives each tensor its place.
/// - Parameters:
///   - schedule: The groups of operations whose tensors are all in use at the same time, and chains.
///   - persistent: Tensors that keep their memory from run to run: the input, the outputs, constants.
/// - Returns: The number of bytes needed in all.
uint64_t place_tensors(const std::vector<Operation> &operations, const BandSchedule &schedule,
                       const std::vector<Tensor *> &persistent);

}  // namespace rt
