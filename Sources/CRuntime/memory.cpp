#include "memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <utility>

#include "error.hpp"

namespace rt {

constexpr size_t kLargePage = size_t(2) << 20;

static std::atomic<bool> has_allocator{false};

void set_has_allocator(bool has) { has_allocator.store(has); }

Memory::Memory(size_t bytes) : bytes_(bytes) {
  if (has_allocator.load()) {
    start_ = static_cast<char *>(ck_allocate(64, std::max<size_t>(bytes, 1)));
    if (!start_) fail_memory(bytes);
    return;
  }
  mapped_ = bytes + kLargePage;
  if (mapped_ < bytes) fail_memory(bytes);
  mapping_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (mapping_ == MAP_FAILED) {
    mapping_ = nullptr;
    fail_memory(bytes);
  }
  start_ = reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(mapping_) + kLargePage - 1) / kLargePage * kLargePage);
#if defined(__linux__)
  ::madvise(start_, bytes, MADV_HUGEPAGE);
#endif
}

Memory::~Memory() {
  if (mapping_) {
    ::munmap(mapping_, mapped_);
  } else if (start_) {
    ck_release(start_, std::max<size_t>(bytes_, 1));
  }
}

Memory::Memory(Memory &&other) noexcept { *this = std::move(other); }

Memory &Memory::operator=(Memory &&other) noexcept {
  std::swap(start_, other.start_);
  std::swap(bytes_, other.bytes_);
  std::swap(mapping_, other.mapping_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

void Memory::touch(ck_pool *pool) const {
  auto zero = [](void *context, int32_t index, int32_t) {
    auto *memory = static_cast<const Memory *>(context);
    size_t begin = size_t(index) * kLargePage, end = std::min(memory->bytes_, begin + kLargePage);
    std::memset(memory->start_ + begin, 0, end - begin);
  };
  size_t pages = (bytes_ + kLargePage - 1) / kLargePage;
  if (pages > INT32_MAX) fail_memory(bytes_);
  if (!ck_pool_run(pool, int32_t(pages), zero, const_cast<Memory *>(this))) fail_kernel("memory");
}

}  // namespace rt
