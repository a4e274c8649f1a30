// Threads that take the pieces of a call from one counter. Nobody waits for a thread that has not taken a piece, so a
// thread that has lost its core delays a call only by the piece that it holds.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/shared.hpp"
#include "core/tuning.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

using Clock = std::chrono::steady_clock;

struct Scratch {
  ck::AlignedMemory<char> memory;
  size_t bytes = 0;

  void grow(size_t wanted) {
    if (wanted <= bytes) return;
    constexpr size_t huge = ck::tuning::kLargePage;
    // If the memory is that large it gets whole large pages, so that the blocks of a convolution need few address
    // translations.
    size_t alignment = wanted >= huge / 2 ? huge : 64;
    memory.reset();
    bytes = 0;
    memory = ck::make_aligned<char>(alignment, wanted);
    bytes = wanted;
    std::memset(memory.get(), 0, wanted);
  }
};

}  // namespace

struct ck_pool {
  // The number of the call in the upper half and the next piece in the lower half, so that a late thread cannot take a
  // piece of another call. The number is odd while the fields below change.
  alignas(64) std::atomic<uint64_t> ticket{0};
  std::atomic<int32_t> count{0};
  std::atomic<ck_task> task{nullptr};
  std::atomic<void *> context{nullptr};
  alignas(64) std::atomic<int32_t> finished{0};
  alignas(64) std::atomic<int32_t> sleepers{0};
  // The number of threads that take part; the others sleep.
  std::atomic<int32_t> active{1};
  std::atomic<bool> stopping{false};
  // Whether the task of this call has thrown, and the first exception that it threw.
  std::atomic<bool> failed{false};
  std::exception_ptr failure;
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable joins;
  std::vector<Scratch> scratch;
  Scratch shared;
  // While calls only note what they need: the most scratch memory of a thread, and the most that threads share.
  bool is_planning = false;
  size_t planned = 0, planned_shared = 0;
  std::vector<std::thread> threads;

  void take_pieces(uint32_t call, int32_t thread) {
    uint64_t current = ticket.load(std::memory_order_acquire);
    while (static_cast<uint32_t>(current >> 32) == call) {
      auto index = static_cast<int32_t>(current & 0xffffffffu);
      ck_task run = task.load(std::memory_order_acquire);
      void *with = context.load(std::memory_order_acquire);
      if (index >= count.load(std::memory_order_acquire)) return;
      if (!ticket.compare_exchange_weak(current, current + 1, std::memory_order_acq_rel)) continue;
      try {
        run(with, index, thread);
      } catch (...) {
        // On a thread of the pool nobody would catch the exception, and the caller must wait until the others are done.
        if (!failed.exchange(true, std::memory_order_acq_rel)) failure = std::current_exception();
      }
      finished.fetch_add(1, std::memory_order_release);
      current = ticket.load(std::memory_order_acquire);
    }
  }

  uint32_t call() const { return static_cast<uint32_t>(ticket.load(std::memory_order_acquire) >> 32); }
  bool is_new(uint32_t number, uint32_t last) const { return number != last && number % 2 == 0; }

  bool is_out(int32_t thread) const { return thread >= active.load(std::memory_order_acquire); }

  /// Waits for a call after the one with the number `last`.
  void wait(uint32_t last, int32_t thread) {
    constexpr auto limit = std::chrono::microseconds(200);
    Clock::time_point start = Clock::now();
    for (;;) {
      for (int i = 0; i < 32; ++i) {
        if (is_new(call(), last) || is_out(thread) || stopping.load(std::memory_order_relaxed)) return;
        relax();
      }
      if (Clock::now() - start >= limit) break;
    }
    std::unique_lock<std::mutex> lock(mutex);
    sleepers.fetch_add(1, std::memory_order_seq_cst);
    wake.wait(lock, [&] {
      return is_new(static_cast<uint32_t>(ticket.load(std::memory_order_seq_cst) >> 32), last) || is_out(thread) ||
             stopping.load();
    });
    sleepers.fetch_sub(1, std::memory_order_seq_cst);
  }

  void work(int32_t thread) {
    uint32_t last = 0;
    while (!stopping.load(std::memory_order_relaxed)) {
      uint32_t now = call();
      if (is_out(thread)) {
        std::unique_lock<std::mutex> lock(mutex);
        joins.wait(lock, [&] { return !is_out(thread) || stopping.load(); });
        continue;
      }
      if (!is_new(now, last)) {
        wait(last, thread);
        continue;
      }
      last = now;
      take_pieces(now, thread);
    }
  }

  void run(int32_t pieces, ck_task function, void *with) {
    uint32_t number = call() + 2;
    ticket.store(static_cast<uint64_t>(number - 1) << 32, std::memory_order_release);
    count.store(pieces, std::memory_order_release);
    task.store(function, std::memory_order_release);
    context.store(with, std::memory_order_release);
    finished.store(0, std::memory_order_release);
    ticket.store(static_cast<uint64_t>(number) << 32, std::memory_order_seq_cst);
    if (sleepers.load(std::memory_order_seq_cst) > 0) {
      {
        std::lock_guard<std::mutex> lock(mutex);
      }
      wake.notify_all();
    }
    take_pieces(number, 0);
    for (int round = 0; finished.load(std::memory_order_acquire) != pieces; ++round) {
      // The thread that holds the last piece may have lost its core, perhaps to this thread.
      round < 4096 ? relax() : std::this_thread::yield();
    }
    if (failed.load(std::memory_order_acquire)) {
      failed.store(false, std::memory_order_relaxed);
      std::rethrow_exception(std::exchange(failure, nullptr));
    }
  }

  void set_active(int32_t count) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      active.store(count, std::memory_order_release);
    }
    wake.notify_all();
    joins.notify_all();
  }

  void stop() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      stopping.store(true);
    }
    wake.notify_all();
    joins.notify_all();
    for (std::thread &thread : threads) thread.join();
  }
};

namespace ck {

void *scratch(ck_pool *pool, int32_t thread) { return pool->scratch[static_cast<size_t>(thread)].memory.get(); }

void reserve_scratch(ck_pool *pool, size_t bytes) {
  if (pool->is_planning) {
    pool->planned = std::max(pool->planned, bytes);
    return;
  }
  for (Scratch &scratch : pool->scratch) scratch.grow(bytes);
}

void run_pieces(ck_pool *pool, int32_t count, ck_task task, void *context) {
  if (pool->is_planning) throw Planned();
  if (count <= 0) return;
  if (count == 1 || ck_pool_threads(pool) == 1) {
    for (int32_t index = 0; index < count; ++index) task(context, index, 0);
    return;
  }
  pool->run(count, task, context);
}

void *shared_scratch(ck_pool *pool, size_t bytes) {
  if (pool->is_planning) {
    pool->planned_shared = std::max(pool->planned_shared, bytes);
    throw Planned();
  }
  pool->shared.grow(bytes);
  return pool->shared.memory.get();
}

}  // namespace ck

extern "C" ck_pool *ck_pool_create(int32_t threads) {
  ck_pool *pool = nullptr;
  bool made = ck::guard([&] {
    ck::check_isa();
    if (threads < 1 || threads > 256) ck::fail("a pool of %d threads: expected 1 to 256", threads);
    auto owned = std::make_unique<ck_pool>();
    owned->scratch.resize(static_cast<size_t>(threads));
    owned->active.store(threads);
    owned->threads.reserve(static_cast<size_t>(threads));
    try {
      for (int32_t i = 1; i < threads; ++i) owned->threads.emplace_back([p = owned.get(), i] { p->work(i); });
    } catch (...) {
      owned->stop();
      throw;
    }
    pool = owned.release();
  });
  return made ? pool : nullptr;
}

extern "C" void ck_pool_free(ck_pool *pool) {
  if (!pool) return;
  pool->stop();
  delete pool;
}

extern "C" int32_t ck_pool_threads(const ck_pool *pool) {
  // The planned scratch memory must be enough for all threads.
  if (pool->is_planning) return static_cast<int32_t>(pool->scratch.size());
  return pool->active.load(std::memory_order_relaxed);
}

extern "C" bool ck_pool_set_threads(ck_pool *pool, int32_t threads) {
  return ck::guard([&] {
    auto most = static_cast<int32_t>(pool->scratch.size());
    if (threads < 1 || threads > most) ck::fail("%d threads of a pool: expected 1 to %d", threads, most);
    if (threads != ck_pool_threads(pool)) pool->set_active(threads);
  });
}

extern "C" bool ck_pool_reserve(ck_pool *pool, size_t bytes) {
  return ck::guard([&] { ck::reserve_scratch(pool, bytes); });
}

extern "C" void ck_pool_begin_planning(ck_pool *pool) {
  pool->planned = pool->planned_shared = 0;
  pool->is_planning = true;
}

extern "C" bool ck_pool_end_planning(ck_pool *pool) {
  pool->is_planning = false;
  return ck::guard([&] {
    ck::reserve_scratch(pool, pool->planned);
    if (pool->planned_shared > 0) ck::shared_scratch(pool, pool->planned_shared);
  });
}

extern "C" bool ck_pool_run(ck_pool *pool, int32_t count, ck_task task, void *context) {
  return ck::guard([&] { ck::run_pieces(pool, count, task, context); });
}
