#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#ifdef __GLIBC__
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif
#include <torch/version.h>

#include <atomic>
#include <cstring>
#include <filesystem>

#include "guard.hpp"

namespace {
thread_local std::string last_error;
}

namespace ct {

void set_last_error(std::string message) { last_error = std::move(message); }

char *copy_string(const std::string &text) { return strdup(text.c_str()); }

}  // namespace ct

using namespace ct;

const char *ct_last_error(void) { return last_error.c_str(); }
void ct_free(ct_tensor tensor) { delete tensor; }
void ct_free_string(char *string) { free(string); }

const char *ct_compiled_version(void) { return TORCH_VERSION; }
bool ct_build_report(char **out) {
  return guard([&] { *out = copy_string(at::show_config()); });
}

namespace {
std::atomic<bool> accelerators_are_loaded = false;

/// libtorch's library for CUDA; empty if this libtorch has none.
std::filesystem::path cuda_library() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&at::show_config), &info) || !info.dli_fname) return {};
  auto library = std::filesystem::path(info.dli_fname).parent_path() / "libtorch_cuda.so";
  return std::filesystem::exists(library) ? library : std::filesystem::path();
}

/// Whether CUDA may still be loaded. libtorch remembers for good that there is none if it is asked before.
bool cuda_may_come() {
  static const bool has_library = !cuda_library().empty();
  return has_library && !accelerators_are_loaded;
}
}  // namespace

bool ct_load_accelerators(void) {
  return guard([&] {
    auto library = cuda_library();
    if (!library.empty()) {
      TORCH_CHECK(dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL), "cannot load CUDA: ", dlerror());
    }
    accelerators_are_loaded = true;
  });
}

bool ct_cuda_device_count(long *out) {
  return guard([&] {
    *out = cuda_may_come() || !at::hasCUDA() ? 0 : static_cast<long>(at::detail::getCUDAHooks().deviceCount());
  });
}
bool ct_mps_available(bool *out) {
  return guard([&] { *out = at::hasMPS(); });
}
bool ct_synchronize(ct_device place) {
  return guard([&] {
    auto where = device(place);
    if (where.is_cpu() || where.is_meta()) return;
    c10::impl::VirtualGuardImpl implementation(where.type());
    if (!where.has_index()) where = implementation.getDevice();
    implementation.synchronizeDevice(where.index());
  });
}

bool ct_set_threads(long count) {
  return guard([&] {
    TORCH_CHECK(count > 0, "the number of threads must be positive, not ", count);
    at::set_num_threads(static_cast<int>(count));
  });
}
bool ct_threads(long *out) {
  return guard([&] { *out = at::get_num_threads(); });
}

void ct_keep_freed_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

void ct_release_unused_memory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
  Dl_info info{};
  if (!dladdr(reinterpret_cast<void *>(&at::show_config), &info)) return;
  auto visit = [](dl_phdr_info *library, size_t, void *base) {
    if (library->dlpi_addr != reinterpret_cast<uintptr_t>(base)) return 0;
    auto page = static_cast<uintptr_t>(getpagesize());
    for (int i = 0; i < library->dlpi_phnum; ++i) {
      auto &segment = library->dlpi_phdr[i];
      // Pages that can be written contain more than the file does.
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W)) continue;
      auto start = (library->dlpi_addr + segment.p_vaddr) & ~(page - 1);
      auto end = library->dlpi_addr + segment.p_vaddr + segment.p_memsz;
      madvise(reinterpret_cast<void *>(start), end - start, MADV_DONTNEED);
    }
    return 1;
  };
  dl_iterate_phdr(visit, info.dli_fbase);
#endif
}

bool ct_seed(uint64_t seed) {
  return guard([&] {
    if (!cuda_may_come()) return at::manual_seed(seed);
    auto generator = at::globalContext().defaultGenerator(at::kCPU);
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_current_seed(seed);
  });
}
bool ct_random_state(ct_device place, ct_tensor *out) {
  return guard([&] {
    auto generator = at::globalContext().defaultGenerator(device(place));
    std::lock_guard<std::mutex> lock(generator.mutex());
    *out = wrap(generator.get_state());
  });
}

namespace {
/// Refuses a state whose positions within the generator's 624 numbers would make it read beyond them; libtorch checks
/// each position only by itself. The layout is that of ATen's CPUGeneratorImplState, which PyTorch's files have had
/// since its first version.
void require_sound_mersenne_twister(const uint8_t *bytes, int64_t count) {
  constexpr int64_t size = 5056, numbers = 624, left_at = 8, next_at = 16, has_sample_at = 5052;
  TORCH_CHECK(count == size, "libtorch's random generator has a state of ", count, " bytes, not ", size);
  int32_t left;
  uint64_t next;
  std::memcpy(&left, bytes + left_at, sizeof left);
  std::memcpy(&next, bytes + next_at, sizeof next);
  TORCH_CHECK(left >= 1 && left <= numbers && next <= numbers && (left == 1 || left + next <= numbers + 1) &&
                  bytes[has_sample_at] <= 1,
              "the random state is damaged");
}

void require_random_state(const at::Generator &generator, const at::Tensor &state) {
  auto expected = generator.get_state().numel();
  TORCH_CHECK(state.device().is_cpu() && state.scalar_type() == at::kByte && state.dim() == 1 &&
                  state.numel() == expected && state.is_contiguous(),
              "the random state is ", state.scalar_type(), " ", state.sizes(), " on ", state.device(), ", expected ",
              expected, " bytes in a row on the CPU");
  if (generator.device().is_cpu()) require_sound_mersenne_twister(state.data_ptr<uint8_t>(), expected);
  // A copy takes the state first, so that a state that is refused never reaches the generator in use.
  generator.clone().set_state(state);
}
}  // namespace

bool ct_check_random_state(ct_device place, ct_tensor state) {
  return guard([&] {
    auto generator = at::globalContext().defaultGenerator(device(place));
    std::lock_guard<std::mutex> lock(generator.mutex());
    require_random_state(generator, get(state));
  });
}
bool ct_set_random_state(ct_device place, ct_tensor state) {
  return guard([&] {
    auto generator = at::globalContext().defaultGenerator(device(place));
    std::lock_guard<std::mutex> lock(generator.mutex());
    require_random_state(generator, get(state));
    generator.set_state(get(state));
  });
}
bool ct_set_measuring_convolutions(bool enabled) {
  return guard([&] { at::globalContext().setBenchmarkCuDNN(enabled); });
}
bool ct_set_deterministic(bool enabled) {
  return guard([&] {
    at::globalContext().setDeterministicAlgorithms(enabled, /*warn_only=*/true);
    at::globalContext().setBenchmarkCuDNN(!enabled);
  });
}

namespace {
c10::DeviceAllocator *allocator(const at::Device &where) { return c10::getDeviceAllocator(where.type()); }
constexpr auto aggregate = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
c10::DeviceIndex index_of(const at::Device &where) {
  return where.has_index() ? where.index() : c10::impl::VirtualGuardImpl(where.type()).getDevice().index();
}
}  // namespace

bool ct_memory_statistics(ct_device place, long *allocated, long *peak) {
  return guard([&] {
    auto where = device(place);
    auto statistics = allocator(where)->getDeviceStats(index_of(where));
    *allocated = statistics.allocated_bytes[aggregate].current;
    *peak = statistics.allocated_bytes[aggregate].peak;
  });
}
bool ct_reset_peak_memory(ct_device place) {
  return guard([&] {
    auto where = device(place);
    allocator(where)->resetPeakStats(index_of(where));
  });
}
bool ct_empty_cache(ct_device place) {
  return guard([&] { allocator(device(place))->emptyCache(); });
}
