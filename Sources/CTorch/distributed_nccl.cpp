// Collectives between GPUs.
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include "cuda_library.hpp"
#include "distributed.hpp"

using ct::cuda::allocate, ct::cuda::find;

namespace {

constexpr auto group_constructor =
    "_ZN4c10d16ProcessGroupNCCLC1EN3c1013intrusive_ptrINS_5StoreENS1_6detail34intrusive_target_default_null_typeIS3_EEEE"
    "iiNS2_INS0_7OptionsENS5_IS8_EEEE";
constexpr auto options_constructor = "_ZN4c10d16ProcessGroupNCCL7OptionsC1Eb";

using Options = c10::intrusive_ptr<c10d::Backend::Options>;
using StorePointer = c10::intrusive_ptr<c10d::Store>;
using MakeOptions = void(void *, bool);
// Pointers of both kinds are passed by address, whatever they point to.
using MakeGroup = void(void *, StorePointer, int, int, Options);

}  // namespace

bool ct::has_nccl() { return find<MakeGroup>(group_constructor) && find<MakeOptions>(options_constructor); }

c10::intrusive_ptr<c10d::Backend> ct::connect_nccl(const Membership &membership, const StorePointer &store) {
  auto *make_group = find<MakeGroup>(group_constructor);
  auto *make_options = find<MakeOptions>(options_constructor);
  if (!make_group || !make_options) {
    throw std::runtime_error(
        "this libtorch has no NCCL, which several processes on GPUs need: run 'make setup' on a machine with an NVIDIA "
        "GPU, or name a libtorch for CUDA with LIBTORCH=/path");
  }
  auto *memory = allocate();
  make_options(memory, false);
  auto options = Options::unsafe_steal_from_new(static_cast<c10d::Backend::Options *>(memory));
  options->timeout = membership.timeout;
  auto part = c10::make_intrusive<c10d::PrefixStore>("nccl", store);
  memory = allocate();
  try {
    make_group(memory, part, membership.rank, membership.size, options);
  } catch (...) {
    ::operator delete(memory);
    throw;
  }
  return c10::intrusive_ptr<c10d::Backend>::unsafe_steal_from_new(static_cast<c10d::Backend *>(memory));
}
