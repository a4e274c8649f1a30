// Operations that each thread runs by itself.
//
// A strip is a thread's share of the rows of a chain's last output. The thread makes it band by band, and also the rows of
// the maps between that it needs, some of which its neighbours make, too. Those maps are never whole: each thread has
// memory of its own for the few rows in use, which stay in the cache of its core, and no thread waits for another one
// before the strip is done.
#pragma once

#include <memory>
#include <vector>

#include "turns.hpp"

namespace rt {

struct FreePool {
  void operator()(ck_pool *pool) const { ck_pool_free(pool); }
};
using Pool = std::unique_ptr<ck_pool, FreePool>;

/// One thread's share of a chain.
struct Strip {
  /// Its own maps between operations.
  std::vector<std::unique_ptr<Tensor>> tensors;
  /// For each operation of the chain its tensors, which are the strip's own or those that all strips share.
  std::vector<Operands> operands;
  std::vector<Call> calls;
  /// A pool of the calling thread alone.
  Pool pool;
  /// For each operation the seconds that it took in the last profile.
  std::vector<double> seconds;
};

/// How much memory of a core's own cache a chain may count on, and how many strips it has.
struct ChainLimits {
  uint64_t cache_bytes;
  int32_t strips;
};

class Chain {
 public:
  Group group;
  std::vector<Strip> strips;

  /// Makes a chain, or returns none if the group cannot be one or would not be faster.
  /// - Parameter maps: The roots of the maps that nothing outside of the group uses.
  static std::unique_ptr<Chain> make(const std::vector<Operation> &operations, Group group,
                                     const std::vector<Tensor *> &maps, const ChainLimits &limits);

  /// Runs all strips on the pool's threads.
  bool run(const std::vector<Operation> &operations, ck_pool *pool, bool measures);
  /// Checks the kernels' arguments and reserves their scratch memory.
  bool reserve_scratch(const std::vector<Operation> &operations);

  /// Calls body(tensor) for all inputs and outputs of all strips.
  template <typename Body>
  void each_tensor(const Body &body) const {
    for (const Strip &strip : strips) {
      for (const Operands &operands : strip.operands) {
        for (Tensor *tensor : operands.inputs) body(*tensor);
        for (Tensor *tensor : operands.outputs) body(*tensor);
      }
    }
  }
};

}  // namespace rt
