// The choice of convolutions' algorithms by measurement.
#include <chrono>
#include <limits>

#include "context.hpp"

namespace rt {

void Context::choose(const rt_choices &choices) {
  for (Operation &operation : operations_) {
    auto *step = dynamic_cast<ConvolutionStep *>(operation.step.get());
    if (step && step->has_choice()) choose(operation, *step, choices);
  }
}

/// Runs each algorithm a few times on the context's own maps and takes the fastest. The one that is estimated to be the
/// fastest wins unless another is more than 5 % faster, which is about how far measurements scatter.
void Context::choose(Operation &operation, ConvolutionStep &step, const rt_choices &choices) {
  std::string key = step.key();
  int32_t known = choices.find(choices.state, key.c_str());
  PackedConvolution best;
  std::vector<float> scratch;
  ck_algorithm chosen = CK_ALGORITHM_AUTO;
  if (known < 0) {
    double shortest = seconds(operation, step, step.packed()) * 0.95;
    for (ck_algorithm algorithm : {CK_ALGORITHM_DIRECT, CK_ALGORITHM_WINOGRAD_4, CK_ALGORITHM_WINOGRAD_2,
                                   CK_ALGORITHM_DEPTHWISE}) {
      if (algorithm == ck_conv_algorithm(step.packed()) || !step.allows(algorithm)) continue;
      PackedConvolution other;
      try {
        other = step.pack(algorithm, scratch);
      } catch (const Failure &failure) {
        // An algorithm that cannot compute this convolution has no plan.
        if (failure.status == RTSEG_KERNEL_ERROR) continue;
        throw;
      }
      if (!ck_pool_reserve(pool_.get(), ck_conv_scratch(other.get()))) fail_kernel("convolution");
      double time = seconds(operation, step, other.get());
      if (time < shortest) shortest = time, best = std::move(other), chosen = algorithm;
    }
    if (choices.found) choices.found(choices.state, key.c_str(), chosen);
  } else if (known > CK_ALGORITHM_AUTO && known <= CK_ALGORITHM_DEPTHWISE &&
             known != ck_conv_algorithm(step.packed())) {
    // Another convolution of the same kind has been measured meanwhile.
    chosen = static_cast<ck_algorithm>(known);
    best = step.pack(chosen, scratch);
    if (!ck_pool_reserve(pool_.get(), ck_conv_scratch(best.get()))) fail_kernel("convolution");
  }
  if (!best) return;
  std::lock_guard<std::mutex> guard(program_->lock);
  program_->packed[{ck_current_isa(), plan_index_, operation.index, chosen}] = best;
  step.use(std::move(best));
}

/// The shortest time of a few pairs of runs in seconds. Each pair runs the step's own algorithm and then another one,
/// because each run finds the caches as the other leaves them. Slow pairs run once.
double Context::seconds(const Operation &operation, const ConvolutionStep &step, const ck_conv *other) const {
  using Clock = std::chrono::steady_clock;
  ck_rows rows{0, step.height()};
  double shortest = std::numeric_limits<double>::infinity();
  auto start = Clock::now();
  do {
    auto begin = Clock::now();
    if (!step.run_with(step.packed(), operation.operands, pool_.get(), rows) ||
        !step.run_with(other, operation.operands, pool_.get(), rows)) {
      return std::numeric_limits<double>::infinity();
    }
    shortest = std::min(shortest, std::chrono::duration<double>(Clock::now() - begin).count());
  } while (Clock::now() - start < std::chrono::milliseconds(10));
  return shortest;
}

}  // namespace rt
