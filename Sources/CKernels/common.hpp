// What every file of CKernels shares: errors become return values; scratch memory; work for several threads.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "CKernels.h"

namespace ck {

/// `bytes` is how much memory was asked for in vain; 0 for other errors.
void set_last_error(const char *message, size_t bytes = 0);

/// There is less memory than was asked for.
struct OutOfMemory : std::bad_alloc {
  size_t bytes;
  explicit OutOfMemory(size_t bytes) : bytes(bytes) {}
  const char *what() const noexcept override { return "out of memory"; }
};

/// Memory aligned to a power of two, for std::free.
inline void *allocate_aligned(size_t alignment, size_t bytes) {
  size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void *memory = rounded >= bytes ? std::aligned_alloc(alignment, rounded) : nullptr;
  if (!memory) throw OutOfMemory(bytes);
  return memory;
}

/// Runs `body`; an exception becomes `false`, ck_last_error() and ck_last_error_bytes().
template <typename Body>
bool guard(Body &&body) noexcept {
  try {
    body();
    return true;
  } catch (const OutOfMemory &error) {
    set_last_error(error.what(), error.bytes);
  } catch (const std::bad_alloc &) {
    // Smaller pieces of memory, such as a vector's.
    set_last_error("out of memory", 1);
  } catch (const std::exception &error) {
    set_last_error(error.what());
  } catch (...) {
    set_last_error("unknown C++ exception");
  }
  return false;
}

/// Throws an error with a printf-like message.
[[noreturn]] __attribute__((format(printf, 1, 2))) void fail(const char *format, ...);

struct AlignedDelete {
  void operator()(void *memory) const { std::free(memory); }
};

/// `count` uninitialised elements, aligned to 64 bytes.
template <typename T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t count)
      : memory_(static_cast<T *>(allocate_aligned(64, count * sizeof(T) + 64))), count_(count) {}
  T *get() const { return memory_.get(); }
  T &operator[](size_t index) const { return memory_.get()[index]; }
  size_t size() const { return count_; }
  void fill_zero() { std::memset(static_cast<void *>(memory_.get()), 0, count_ * sizeof(T)); }

 private:
  std::unique_ptr<T, AlignedDelete> memory_;
  size_t count_ = 0;
};

template <typename T>
T divide_up(T a, T b) {
  return (a + b - 1) / b;
}

/// Scratch memory of one thread of a pool, at least `bytes` long, aligned to 64 bytes; `thread` as a task gets it.
void *scratch(ck_pool *pool, int32_t thread, size_t bytes);

/// Makes sure that scratch(pool, thread, bytes) does not allocate, and so cannot fail halfway through the work.
void reserve_scratch(ck_pool *pool, size_t bytes);

/// Runs a task as ck_pool_run does. If calls of the task throw, one of their exceptions is thrown once all threads are
/// done.
void run_pieces(ck_pool *pool, int32_t count, ck_task task, void *context);

/// Calls body(index, thread) for each index below `count`.
template <typename Body>
void parallel(ck_pool *pool, int32_t count, const Body &body) {
  run_pieces(
      pool, count,
      [](void *context, int32_t index, int32_t thread) { (*static_cast<const Body *>(context))(index, thread); },
      const_cast<void *>(static_cast<const void *>(&body)));
}

/// How many pieces to cut work of `items` equal items and so many nanoseconds (estimated) into: enough for all threads
/// to end together, none below some 15 µs.
int32_t piece_count(ck_pool *pool, int64_t items, double nanoseconds);

size_t element_size(ck_type type);
void check_map(const ck_map *map, const char *name);
/// Checks what bytes stand for; nothing for other types.
void check_quantization(const char *name, ck_type type, const ck_quantization &quantization);
/// Like check_map, with the size expected.
void check_map(const ck_map *map, const char *name, int32_t height, int32_t width, int32_t channels, ck_type type);

}  // namespace ck
