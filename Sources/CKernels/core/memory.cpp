// Large memory, from the system or from the caller's functions.
#include <algorithm>

#include "core/common.hpp"

static ck_allocator allocator;

namespace ck {

void *allocate_aligned(size_t alignment, size_t bytes) {
  size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  if (rounded < bytes) throw OutOfMemory(bytes);
  void *memory = allocator.allocate ? allocator.allocate(allocator.state, alignment, bytes)
                                    : std::aligned_alloc(alignment, rounded);
  if (!memory) throw OutOfMemory(bytes);
  return memory;
}

void release_aligned(void *memory, size_t bytes) noexcept {
  if (!memory) return;
  allocator.release ? allocator.release(allocator.state, memory, bytes) : std::free(memory);
}

}  // namespace ck

extern "C" bool ck_set_allocator(const ck_allocator *functions) {
  return ck::guard([&] {
    if (functions && (!functions->allocate || !functions->release)) {
      ck::fail("an allocator needs both of its functions, allocate and release");
    }
    allocator = functions ? *functions : ck_allocator{};
  });
}

extern "C" void *ck_allocate(size_t alignment, size_t bytes) {
  void *memory = nullptr;
  ck::guard([&] {
    if (alignment == 0 || (alignment & (alignment - 1))) ck::fail("an alignment of %zu, not a power of two", alignment);
    memory = ck::allocate_aligned(std::max(alignment, sizeof(void *)), bytes);
  });
  return memory;
}

extern "C" void ck_release(void *memory, size_t bytes) { ck::release_aligned(memory, bytes); }
