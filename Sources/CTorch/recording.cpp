#include <ATen/Context.h>
#include <c10/core/Allocator.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <memory>

#include "cuda_library.hpp"
#include "guard.hpp"

using namespace ct;

namespace {

/// The functions of libtorch's class at::cuda::CUDAGraph, which libtorch 2.11 and 2.13 have.
struct GraphFunctions {
  void (*make)(void *graph, bool keeps_graph) =
      cuda::find<void(void *, bool)>("_ZN2at4cuda9CUDAGraphC1Eb");
  void (*destroy)(void *graph) = cuda::find<void(void *)>("_ZN2at4cuda9CUDAGraphD1Ev");
  void (*capture_begin)(void *graph, c10::MempoolId_t pool, unsigned mode) =
      cuda::find<void(void *, c10::MempoolId_t, unsigned)>(
          "_ZN2at4cuda9CUDAGraph13capture_beginESt4pairIyyE21cudaStreamCaptureMode");
  void (*capture_end)(void *graph) = cuda::find<void(void *)>("_ZN2at4cuda9CUDAGraph11capture_endEv");
  void (*replay)(void *graph) = cuda::find<void(void *)>("_ZN2at4cuda9CUDAGraph6replayEv");

  bool are_complete() const { return make && destroy && capture_begin && capture_end && replay; }

  /// The functions of the library, which must be loaded by now.
  static const GraphFunctions &library() {
    static const GraphFunctions functions;
    return functions;
  }
};

/// A CUDA graph.
class Graph {
 public:
  Graph() : memory_(cuda::allocate()) {
    try {
      functions_.make(memory_, false);
    } catch (...) {
      ::operator delete(memory_);
      throw;
    }
  }
  Graph(const Graph &) = delete;
  Graph &operator=(const Graph &) = delete;
  ~Graph() {
    functions_.destroy(memory_);
    ::operator delete(memory_);
  }

  /// Records what this thread gives to its current stream from now on. Other threads may use the device meanwhile.
  void capture_begin() {
    constexpr unsigned thread_local_mode = 1;  // cudaStreamCaptureModeThreadLocal
    functions_.capture_begin(memory_, {0, 0}, thread_local_mode);
  }
  void capture_end() { functions_.capture_end(memory_); }
  void replay() { functions_.replay(memory_); }

 private:
  const GraphFunctions &functions_ = GraphFunctions::library();
  void *memory_;
};

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

struct ct_recording_impl {
  Graph graph;
};

bool ct_record(ct_device place, bool (*body)(void *context), void *context, ct_recording *out) {
  return guard([&] {
    auto where = device(place);
    if (!where.is_cuda() || !GraphFunctions::library().are_complete()) {
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
    bool succeeds = true;
    for (int i = 0; i < 3 && succeeds; ++i) succeeds = body(context);
    implementation.synchronizeDevice(where.index());
    *out = nullptr;
    if (!succeeds) return;
    auto recording = std::make_unique<ct_recording_impl>();
    recording->graph.capture_begin();
    succeeds = body(context);
    recording->graph.capture_end();
    implementation.synchronizeDevice(where.index());
    if (succeeds) *out = recording.release();
  });
}
bool ct_replay(ct_recording recording) {
  return guard([&] { recording->graph.replay(); });
}
void ct_free_recording(ct_recording recording) { delete recording; }
