#include "guard.hpp"

using namespace ct;

#if __has_include(<ATen/core/GraphImplInterface.h>)
#include <ATen/Context.h>
#include <ATen/core/GraphImplInterface.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

struct ct_recording_impl {
  std::unique_ptr<at::GraphImplInterface> graph;
};

namespace {

/// Lets cuDNN measure its algorithms for a while, unless they must be deterministic.
class MeasuredAlgorithms {
 public:
  MeasuredAlgorithms() {
    auto &context = at::globalContext();
    if (!context.deterministicAlgorithms()) context.setBenchmarkCuDNN(true);
  }
  ~MeasuredAlgorithms() { at::globalContext().setBenchmarkCuDNN(before_); }

 private:
  bool before_ = at::globalContext().benchmarkCuDNN();
};

}  // namespace

bool ct_record(ct_device place, void (*body)(void *context), void *context, ct_recording *out) {
  return guard([&] {
    auto where = device(place);
    if (!at::has_graph_impl(where.type())) {
      *out = nullptr;
      return;
    }
    c10::impl::VirtualGuardImpl implementation(where.type());
    if (!where.has_index()) where = implementation.getDevice();
    implementation.synchronizeDevice(where.index());
    // Work of the default stream cannot be recorded.
    c10::StreamGuard stream(implementation.getNewStream(where));
    MeasuredAlgorithms algorithms;
    // The first calls let libraries allocate their workspaces and choose their algorithms.
    for (int i = 0; i < 3; ++i) body(context);
    implementation.synchronizeDevice(where.index());
    auto recording = std::make_unique<ct_recording_impl>();
    recording->graph = at::create_graph_impl(where.type());
    recording->graph->capture_begin();
    body(context);
    recording->graph->capture_end();
    implementation.synchronizeDevice(where.index());
    *out = recording.release();
  });
}
bool ct_replay(ct_recording recording) {
  return guard([&] { recording->graph->replay(); });
}
void ct_free_recording(ct_recording recording) { delete recording; }

#else

bool ct_record(ct_device, void (*)(void *context), void *, ct_recording *out) {
  *out = nullptr;
  return true;
}
bool ct_replay(ct_recording) {
  return guard([] { TORCH_CHECK(false, "this libtorch records nothing"); });
}
void ct_free_recording(ct_recording) {}

#endif
