// The parts that all files of CKernels share: errors as return values, scratch memory, and work for several threads.
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

/// Sets the message that ck_last_error returns. `bytes` is the amount of memory that could not be allocated; 0 for
/// other errors.
void set_last_error(const char *message, size_t bytes = 0);

/// Less memory is available than was asked for.
struct OutOfMemory : std::bad_alloc {
  size_t bytes;
  explicit OutOfMemory(size_t bytes) : bytes(bytes) {}
  const char *what() const noexcept override { return "out of memory"; }
};

/// Thrown by a call of a function while its pool plans, once it is known what the function needs. See
/// ck_pool_begin_planning.
struct Planned {};

/// Fails if RTSEG_ISA names no instruction set of this processor: with another one, every measurement and test under that
/// name would be worthless.
void check_isa();

/// Whether vectors of 512 bits are multiplied as fast as those of 256. On other processors, such as AMD's Zen 4 and those
/// of Intel for notebooks, a wide multiplication occupies both units for narrow ones.
bool has_full_wide_units();

/// Allocates memory aligned to a power of two, by the functions that ck_set_allocator has set.
void *allocate_aligned(size_t alignment, size_t bytes);
/// Releases it; `bytes` is what was asked for.
void release_aligned(void *memory, size_t bytes) noexcept;

/// Runs `body`. An exception is turned into `false`, ck_last_error() and ck_last_error_bytes().
template <typename Body>
bool guard(Body &&body) noexcept {
  try {
    body();
    return true;
  } catch (const Planned &) {
    return true;
  } catch (const OutOfMemory &error) {
    set_last_error(error.what(), error.bytes);
  } catch (const std::bad_alloc &) {
    // A small allocation failed, such as that of a vector; its size is not known.
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
  size_t bytes = 0;
  void operator()(void *memory) const { release_aligned(memory, bytes); }
};

/// Memory of allocate_aligned that releases itself.
template <typename T>
using AlignedMemory = std::unique_ptr<T, AlignedDelete>;

template <typename T>
AlignedMemory<T> make_aligned(size_t alignment, size_t bytes) {
  return AlignedMemory<T>(static_cast<T *>(allocate_aligned(alignment, bytes)), AlignedDelete{bytes});
}

/// An array of `count` uninitialized elements, aligned to 64 bytes.
template <typename T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t count)
      : memory_(make_aligned<T>(64, count * sizeof(T) + 64)), count_(count) {}
  T *get() const { return memory_.get(); }
  T &operator[](size_t index) const { return memory_.get()[index]; }
  size_t size() const { return count_; }
  void fill_zero() { std::memset(static_cast<void *>(memory_.get()), 0, count_ * sizeof(T)); }

 private:
  AlignedMemory<T> memory_;
  size_t count_ = 0;
};

template <typename T>
T divide_up(T a, T b) {
  return (a + b - 1) / b;
}

/// Gives each thread of a pool at least `bytes` of scratch memory. Kernels call it before they begin to work, so that
/// nothing can fail in the middle of it. See ck_pool_begin_planning.
void reserve_scratch(ck_pool *pool, size_t bytes);

/// The scratch memory of one thread, which has been reserved, aligned to 64 bytes. `thread` is the number that a task
/// gets.
void *scratch(ck_pool *pool, int32_t thread);

/// Runs a task as ck_pool_run does. If calls of the task throw, one of the exceptions is thrown again after all threads
/// have finished.
void run_pieces(ck_pool *pool, int32_t count, ck_task task, void *context);

/// Calls body(index, thread) for each index below `count`.
template <typename Body>
void parallel(ck_pool *pool, int32_t count, const Body &body) {
  run_pieces(
      pool, count,
      [](void *context, int32_t index, int32_t thread) { (*static_cast<const Body *>(context))(index, thread); },
      const_cast<void *>(static_cast<const void *>(&body)));
}

/// The number of pieces into which to cut work that has `items` equal items and takes an estimated time. There are
/// enough pieces for all threads to finish together, but none takes less than about 15 µs.
int32_t piece_count(ck_pool *pool, int64_t items, double nanoseconds);

/// The size of an element in bytes.
size_t element_size(ck_type type);
/// Checks that a map has data, a size and strides that fit it.
void check_map(const ck_map *map, const char *name);
/// Checks the scale and zero point of a quantized map; does nothing for other types.
void check_quantization(const char *name, ck_type type, const ck_quantization &quantization);
/// Checks a map as above, and its size and type.
void check_map(const ck_map *map, const char *name, int32_t height, int32_t width, int32_t channels, ck_type type);

}  // namespace ck
