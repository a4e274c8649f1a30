// The order in which a context calls its kernels.
//
// A band is a few neighbouring rows of a map. Neighbouring operations on large maps take turns, one band each, so that
// what one operation writes is still in the processor's cache when the next one reads it. If nothing outside the group
// reads a map, memory holds only the rows that are in use at the same time.
#pragma once

#include <vector>

#include "operation.hpp"

namespace rt {

/// Makes some rows of an operation's output or, if `moved` is set, moves the rows of a map that are still in use to the
/// start of its memory.
struct Call {
  int operation;
  ck_rows rows;
  Tensor *moved = nullptr;
};

class BandSchedule {
 public:
  /// - Parameters:
  ///   - persistent: Tensors that keep their memory from run to run.
  ///   - cache_bytes: The size of the processor's caches.
  ///   - takes_turns: Whether operations take turns; otherwise each runs as a whole.
  BandSchedule(const std::vector<Operation> &operations, const std::vector<Tensor *> &persistent, uint64_t cache_bytes,
               bool takes_turns);

  std::vector<Call> calls;
  /// Operations whose maps live at the same time, in order.
  std::vector<Group> groups;

 private:
  /// The rows of a map that are in use, at each turn that writes some, and the most of them.
  struct Band {
    Tensor *map;
    int32_t room;
    std::vector<std::pair<size_t, ck_rows>> live;
  };

  bool is_large(const Operation &operation, uint64_t divisor) const;
  void add_group(Group group);
  void add_turns(Group group);
  uint64_t whole_maps_in_use(Group group) const;
  std::vector<Band> rows_in_use(Group group, size_t first_call) const;
  void keep_rows(const std::vector<Band> &bands, size_t first_call);

  const std::vector<Operation> &operations_;
  const uint64_t cache_bytes_;
  /// The number of bytes that the operations of a group should write in one turn.
  const uint64_t turn_;
  /// For each root, the first and the last operation that uses it; persistent ones are not in it.
  std::vector<std::pair<Tensor *, Group>> users_;
};

}  // namespace rt
