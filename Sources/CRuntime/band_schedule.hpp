// The order in which a context calls its kernels: which operations run one after the other, which take turns on bands of
// rows together, and which each thread runs by itself.
#pragma once

#include "chain.hpp"

namespace rt {

/// The memory that operations can count on to be near.
struct CacheSizes {
  /// The cache that all threads share.
  uint64_t shared;
  /// The cache of each core.
  uint64_t own;
};

/// A call of an operation, a move, or a run of a chain.
struct ScheduledCall : Call {
  Chain *chain = nullptr;
};

class BandSchedule {
 public:
  /// - Parameters:
  ///   - persistent: Tensors that keep their memory from run to run.
  ///   - takes_turns: Whether operations take turns; otherwise each runs as a whole.
  BandSchedule(const std::vector<Operation> &operations, const std::vector<Tensor *> &persistent, CacheSizes caches,
               int32_t threads, bool takes_turns);

  std::vector<ScheduledCall> calls;
  /// Operations whose maps live at the same time, in order.
  std::vector<Group> groups;
  /// For each group its chain, if it is one.
  std::vector<std::unique_ptr<Chain>> chains;

 private:
  bool is_large(const Operation &operation, uint64_t divisor) const;
  Group large_group(int index) const;
  std::unique_ptr<Chain> find_chain(int index) const;
  void add_chains(Group &group);
  void add_group(Group group);
  void add(Group group, const std::vector<Call> &group_calls);
  int64_t turn_count(Group group) const;
  std::vector<Tensor *> maps_within(Group group) const;
  uint64_t whole_maps_in_use(Group group) const;

  const std::vector<Operation> &operations_;
  const CacheSizes caches_;
  const int32_t threads_;
  /// For each root, the first and the last operation that uses it; persistent ones are not in it.
  std::vector<std::pair<Tensor *, Group>> users_;
};

}  // namespace rt
