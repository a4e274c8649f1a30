#include "memory_plan.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace rt {

constexpr uint64_t kAlignment = 64;
/// More memory than any machine has; sums of sizes up to this do not overflow.
constexpr uint64_t kMost = uint64_t(1) << 52;

static uint64_t aligned_room(const Tensor &tensor) {
  return (tensor.room() + kAlignment - 1) / kAlignment * kAlignment;
}

/// Gives each tensor the lowest offset that is free while it is in use, beginning with the largest tensor.
static uint64_t place(const std::vector<Tensor *> &roots) {
  // By size, and then by the order of use.
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < roots.size(); ++i) order.push_back({~aligned_room(*roots[i]), i});
  std::sort(order.begin(), order.end());
  // In the order of offsets.
  std::vector<const Tensor *> placed;
  uint64_t end = 0;
  for (const auto &[size, index] : order) {
    Tensor *tensor = roots[index];
    uint64_t bytes = aligned_room(*tensor), offset = 0;
    for (const Tensor *other : placed) {
      if (other->last_use() < tensor->first_use() || other->first_use() > tensor->last_use()) continue;
      if (offset + bytes <= other->offset) break;
      offset = std::max(offset, other->offset + aligned_room(*other));
    }
    tensor->offset = offset;
    auto next = std::find_if(placed.begin(), placed.end(), [&](const Tensor *other) { return other->offset > offset; });
    placed.insert(next, tensor);
    end = std::max(end, offset + bytes);
    if (end > kMost) fail_memory(size_t(end));
  }
  return end;
}

uint64_t place_tensors(const std::vector<Operation> &operations, const BandSchedule &schedule,
                       const std::vector<Tensor *> &persistent) {
  const std::vector<Group> &groups = schedule.groups;
  auto each_tensor = [&](const auto &body) {
    for (size_t group = 0; group < groups.size(); ++group) {
      auto in_group = [&](Tensor &tensor) { body(tensor, int(group)); };
      if (schedule.chains[group]) {
        schedule.chains[group]->each_tensor(in_group);
        continue;
      }
      for (int index = groups[group].begin; index < groups[group].end; ++index) {
        operations[size_t(index)].each_tensor(in_group);
      }
    }
  };
  each_tensor([](Tensor &tensor, int group) { tensor.root()->use(group); });
  std::unordered_set<const Tensor *> kept;
  for (Tensor *tensor : persistent) {
    tensor->root()->use(0);
    tensor->root()->use(std::max(0, int(groups.size()) - 1));
    kept.insert(tensor->root());
  }
  for (size_t group = 0; group < groups.size(); ++group) {
    if (groups[group].end - groups[group].begin != 1) continue;
    const Operation &operation = operations[size_t(groups[group].begin)];
    Tensor &output = operation.operands.out();
    if (kept.count(output.root())) continue;
    for (Tensor *input : operation.replaceable) {
      if (!kept.count(input->root()) && output.take_memory(*input, int(group))) break;
    }
  }
  std::vector<Tensor *> roots;
  std::unordered_set<const Tensor *> seen;
  auto note = [&](Tensor &tensor) {
    if (seen.insert(tensor.root()).second) roots.push_back(tensor.root());
  };
  each_tensor([&](Tensor &tensor, int) { note(tensor); });
  for (Tensor *tensor : persistent) note(*tensor);
  return place(roots);
}

}  // namespace rt
