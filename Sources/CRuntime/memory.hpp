// The memory of a context's maps.
#pragma once

#include <cstddef>

#include "CRuntime.h"

namespace rt {

/// Memory from the allocator that rtseg_set_allocator has set, or straight from the system in few large pages, which
/// provides a page when it is first used. It is zeroed by `touch`.
class Memory {
 public:
  Memory() = default;
  explicit Memory(size_t bytes);
  ~Memory();
  Memory(Memory &&other) noexcept;
  Memory &operator=(Memory &&other) noexcept;

  char *start() const { return start_; }
  size_t bytes() const { return bytes_; }
  /// Fills it with zeros, on all threads, which makes the system provide all of it.
  void touch(ck_pool *pool) const;

 private:
  char *start_ = nullptr;
  size_t bytes_ = 0;
  void *mapping_ = nullptr;
  size_t mapped_ = 0;
};

/// Tells whether an allocator has been set.
void set_has_allocator(bool has_allocator);

}  // namespace rt
