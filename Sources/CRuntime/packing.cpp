// Packs the weights of a context's convolutions, which contexts of one program share.
#include <array>
#include <mutex>

#include "context.hpp"

namespace rt {
namespace {

/// The state that the packing threads share.
struct Packing {
  struct Item {
    const Operation *operation;
    ck_algorithm algorithm;
    PackedConvolution packed;
    std::exception_ptr failure;
  };
  Program &program;
  ck_isa isa;
  std::vector<Item> items{};
  /// The number of convolutions and constants that still need each weight; empty if weights are kept. Other operations
  /// have copied theirs.
  std::vector<int32_t> uses{};
  /// For each thread. Memory that is freed between packed weights could not be used for maps.
  std::vector<std::vector<float>> scratch{};
  std::mutex lock{};

  static ConvolutionStep &step(const Item &item) { return static_cast<ConvolutionStep &>(*item.operation->step); }

  /// Releases the weights that nothing else needs.
  void release(const Convolution &convolution) {
    if (uses.empty()) return;
    std::lock_guard<std::mutex> guard(lock);
    for (int32_t weight : weights_of(convolution)) {
      if (weight >= 0 && --uses[size_t(weight)] == 0) program.release(weight);
    }
  }
  static std::array<int32_t, 3> weights_of(const Convolution &c) { return {c.weight, c.bias, c.activation.slopes}; }

  static void run(void *context, int32_t index, int32_t thread) {
    auto &packing = *static_cast<Packing *>(context);
    Item &item = packing.items[size_t(index)];
    try {
      // The caller's instruction set, which may not be the processor's best.
      if (ck_current_isa() != packing.isa && !ck_set_isa(packing.isa)) fail_kernel(nullptr);
      item.packed = step(item).pack(item.algorithm, packing.scratch[size_t(thread)]);
      packing.release(step(item).parameters());
    } catch (...) {
      item.failure = std::current_exception();
    }
  }
};

}  // namespace

/// Packs what no other context has packed. With `frees_weights` each weight is released as soon as it is packed, so that
/// a network's weights are hardly in memory twice.
void Context::pack(const rt_context_options &options, bool frees_weights) {
  std::lock_guard<std::mutex> guard(program_->lock);
  Packing packing{*program_, ck_current_isa()};
  if (frees_weights) {
    packing.uses.resize(program_->weights().size());
    for (const Operation &operation : operations_) {
      auto *convolution = std::get_if<Convolution>(&operation.instruction->parameters);
      if (!convolution) continue;
      for (int32_t weight : Packing::weights_of(*convolution)) {
        if (weight >= 0) ++packing.uses[size_t(weight)];
      }
    }
    for (const Constant &constant : plan_->constants) ++packing.uses[constant.weight];
  }
  packing.scratch.resize(size_t(ck_pool_threads(pool_.get())));
  std::vector<Program::PackedKey> keys;
  for (Operation &operation : operations_) {
    auto *step = dynamic_cast<ConvolutionStep *>(operation.step.get());
    if (!step) continue;
    ck_algorithm algorithm = CK_ALGORITHM_AUTO;
    if (options.choices && step->has_choice()) {
      int32_t known = options.choices->find(options.choices->state, step->key().c_str());
      if (known > CK_ALGORITHM_AUTO && known <= CK_ALGORITHM_DEPTHWISE) algorithm = static_cast<ck_algorithm>(known);
    }
    Program::PackedKey key{packing.isa, plan_index_, operation.index, algorithm};
    auto known = program_->packed.find(key);
    PackedConvolution shared = known == program_->packed.end() ? nullptr : known->second.lock();
    if (shared) {
      step->use(std::move(shared));
      continue;
    }
    packing.items.push_back({&operation, algorithm, nullptr, nullptr});
    keys.push_back(key);
  }
  if (!ck_pool_run(pool_.get(), int32_t(packing.items.size()), Packing::run, &packing)) fail_kernel("weights");
  for (size_t i = 0; i < keys.size(); ++i) {
    Packing::Item &item = packing.items[i];
    if (item.failure) std::rethrow_exception(item.failure);
    program_->packed[keys[i]] = item.packed;
    Packing::step(item).use(std::move(item.packed));
  }
}

}  // namespace rt
