// A program made ready for images of one size: calls of kernels in order, over one piece of memory. A run allocates
// nothing, except in operators of the host.
#pragma once

#include <memory>
#include <vector>

#include "band_schedule.hpp"
#include "governor.hpp"
#include "memory.hpp"
#include "operation.hpp"
#include "program.hpp"
#include "steps/convolution.hpp"

namespace rt {

class Context {
 public:
  Context(std::shared_ptr<Program> program, const rt_context_options &options);

  const Plan &plan() const { return *plan_; }
  const Program &program() const { return *program_; }
  ck_pool *pool() const { return pool_.get(); }
  uint64_t memory() const { return memory_.bytes(); }
  int64_t runs(int32_t threads) const { return governor_.runs(threads); }

  void run_planes(const float *planes, int32_t height, int32_t width);
  void run_image(const ck_map &rgb);
  /// The result of the last run, of the image's size; NULL if it was not asked for.
  const ck_map *output(int32_t output) const;
  /// Any address of the maps, for calls without effect.
  void *output_data() const { return memory_.start(); }
  /// Gives each thread the scratch memory that the kernels need which `body` calls; it calls them without effect.
  template <typename Body>
  void plan_scratch(const Body &body) const {
    ck_pool_begin_planning(pool_.get());
    try {
      body();
    } catch (...) {
      (void)ck_pool_end_planning(pool_.get());
      throw;
    }
    if (!ck_pool_end_planning(pool_.get())) fail_kernel(nullptr);
  }
  /// Calls entry(state, ...) for each operation.
  void profile(int32_t runs, void (*entry)(void *, const rt_profile_entry *), void *state);

 private:
  void make_operations(uint32_t outputs);
  void make_steps(const rt_context_options &options);
  void pack(const rt_context_options &options, bool frees_weights);
  void choose(const rt_choices &choices);
  void choose(Operation &operation, ConvolutionStep &step, const rt_choices &choices);
  double seconds(const Operation &operation, const ConvolutionStep &step, const ck_conv *other) const;
  void reserve_scratch();

  ck_map input_map(int32_t height, int32_t width) const;
  void run();
  void run(const ScheduledCall &call, bool measures = false);
  Tensor &tensor(uint32_t index) { return *tensors_[index]; }

  std::shared_ptr<Program> program_;
  const Plan *plan_;
  uint32_t plan_index_;
  Pool pool_;
  Governor governor_;
  std::vector<std::unique_ptr<Tensor>> tensors_;
  std::vector<Tensor *> persistent_;
  std::vector<Operation> operations_;
  std::vector<ScheduledCall> calls_;
  std::vector<std::unique_ptr<Chain>> chains_;
  Memory memory_;
  /// The results, of the image's size; without data if they were not asked for.
  ck_map outputs_[2]{};
};

/// The number of threads for an option: 0 stands for one per core that this process may use.
int32_t thread_count(int32_t wanted);

}  // namespace rt
