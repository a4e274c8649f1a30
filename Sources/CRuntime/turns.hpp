// Operations that take turns.
//
// A band is a few neighbouring rows of a map. Operations that take turns make one band each, so that what one operation
// writes is still in the processor's cache when the next one reads it. If nothing else reads a map, memory holds only the
// rows that are in use at the same time.
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

/// The rows that each operation of a group makes.
struct Share {
  Group group;
  std::vector<ck_rows> rows;

  const ck_rows &of(int operation) const { return rows[size_t(operation - group.begin)]; }
};

/// The rows of a map that are in use, at each call that writes some, and the most of them.
struct Band {
  Tensor *map;
  int32_t room;
  std::vector<std::pair<size_t, ck_rows>> live;

  uint64_t bytes() const { return uint64_t(room) * uint64_t(map->bytes() / uint64_t(map->height())); }
};

/// The calls that make a share of a group's rows in some turns.
std::vector<Call> take_turns(const std::vector<Operation> &operations, const Share &share, int64_t turns);
/// Finds the rows of maps, which nothing outside of the group uses, that are in use at the same time.
std::vector<Band> rows_in_use(const std::vector<Operation> &operations, const Share &share,
                              const std::vector<Tensor *> &maps, const std::vector<Call> &calls);
/// Gives maps memory for the rows that are in use at the same time, and adds the calls that move these rows when it is
/// full.
std::vector<Call> keep_rows(const std::vector<Band> &bands, const std::vector<Call> &calls);

}  // namespace rt
