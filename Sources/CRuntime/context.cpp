#include "context.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>
#include <thread>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "memory_plan.hpp"

namespace rt {

int32_t thread_count(int32_t wanted) {
  if (wanted < 0 || wanted > 256) fail(RTSEG_INVALID_ARGUMENT, "%d threads: expected 1 to 256, or 0 for all", wanted);
  if (wanted > 0) return wanted;
  int32_t count = 0;
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) count = CPU_COUNT(&set);
#endif
  if (count < 1) count = int32_t(std::thread::hardware_concurrency());
  return std::clamp(count, 1, 256);
}

/// The size of the machine's memory in bytes.
static uint64_t machine_memory() {
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? uint64_t(pages) * uint64_t(page) : UINT64_MAX;
}

/// The sizes of the caches. Of the largest one it is not more than one process can expect beside others, nor so little
/// that turns cost more than they bring.
/// - Parameter shared: The size of the largest one; 0 for the processor's.
static CacheSizes cache_sizes(uint64_t shared) {
  constexpr uint64_t KiB = 1 << 10, MiB = 1 << 20;
  uint64_t own = ck_cache_bytes(2), largest = std::max(own, uint64_t(ck_cache_bytes(3)));
  if (own == 0) own = 512 * KiB;
  if (shared > 0) return {shared, std::min(own, shared / 8)};
  return {largest == 0 ? 16 * MiB : std::clamp(largest, 4 * MiB, 32 * MiB), own};
}

Context::Context(std::shared_ptr<Program> program, const rt_context_options &options)
    : program_(std::move(program)), governor_(thread_count(options.threads)) {
  const std::vector<Plan> &plans = program_->plans();
  if (options.plan < 0 || size_t(options.plan) >= plans.size()) {
    fail(RTSEG_INVALID_ARGUMENT, "size %d: the program has the sizes 0 to %zu", options.plan, plans.size() - 1);
  }
  plan_index_ = uint32_t(options.plan);
  plan_ = &plans[plan_index_];
  pool_.reset(ck_pool_create(governor_.threads()));
  if (!pool_) fail_kernel(nullptr);
  make_operations(options.outputs);
  make_steps(options);

  // A measurement packs weights more than once, and runs an operation on whole maps, so no bands are made.
  bool measures = false;
  if (options.choices) {
    for (const Operation &operation : operations_) {
      auto *step = dynamic_cast<ConvolutionStep *>(operation.step.get());
      measures |= step && step->has_choice() && options.choices->find(options.choices->state, step->key().c_str()) < 0;
    }
  }
  pack(options, options.frees_weights && !measures);
#if defined(__GLIBC__)
  // The freed weights lie between packed ones, and the maps come from elsewhere.
  if (options.frees_weights) malloc_trim(0);
#endif
  BandSchedule schedule(operations_, persistent_, cache_sizes(options.cache_bytes), governor_.threads(), !measures);
  uint64_t bytes = place_tensors(operations_, schedule, persistent_);
  calls_ = std::move(schedule.calls);
  for (std::unique_ptr<Chain> &chain : schedule.chains) {
    if (chain) chains_.push_back(std::move(chain));
  }
  uint64_t limit = options.memory_limit ? options.memory_limit : machine_memory();
  if (bytes > limit) {
    fail(RTSEG_OUT_OF_MEMORY, "the network's maps need %llu bytes for images of %dx%d, more than the %s of %llu",
         static_cast<unsigned long long>(bytes), plan_->size.height, plan_->size.width,
         options.memory_limit ? "limit" : "machine's memory", static_cast<unsigned long long>(limit));
  }
  memory_ = Memory(size_t(bytes));
  auto resolve = [&](const std::unique_ptr<Tensor> &tensor) {
    if (tensor && tensor->root()->is_used()) tensor->resolve(memory_.start());
  };
  for (const auto &tensor : tensors_) resolve(tensor);
  for (const auto &chain : chains_) {
    for (const Strip &strip : chain->strips) {
      for (const auto &tensor : strip.tensors) resolve(tensor);
    }
  }
  memory_.touch(pool_.get());
  for (const Constant &constant : plan_->constants) {
    const std::unique_ptr<Tensor> &target = tensors_[constant.tensor];
    if (!target) continue;
    std::vector<float> values = program_->weights()[constant.weight].floats();
    const ck_map &map = target->map;
    ck_map source = {values.data(), map.height, map.width, map.channels, CK_FLOAT32,
                     int64_t(map.width) * map.channels, map.channels};
    if (!ck_copy(pool_.get(), &source, &map)) fail_kernel("constant");
  }
  for (int32_t output : {RT_CLASSES, RT_SCORES}) {
    if (!(options.outputs >> output & 1)) continue;
    ck_map &map = outputs_[output];
    map = tensor(uint32_t(output == RT_CLASSES ? plan_->classes : plan_->scores)).map;
    map.height = plan_->size.height;
    map.width = plan_->size.width;
  }
  reserve_scratch();
  if (measures) choose(*options.choices);
  if (options.frees_weights) {
    for (size_t i = 0; i < program_->weights().size(); ++i) program_->release(int32_t(i));
  }
}

/// Makes the operations that the wanted outputs need, and their tensors.
void Context::make_operations(uint32_t outputs) {
  if (outputs == 0 || outputs > 3) fail(RTSEG_INVALID_ARGUMENT, "no output, or an unknown one, is wanted");
  const std::vector<TensorInfo> &infos = plan_->tensors;
  std::vector<std::vector<uint32_t>> needed(infos.size());
  auto need = [&](uint32_t index) {
    std::vector<uint32_t> &parts = needed[infos[index].root];
    if (std::find(parts.begin(), parts.end(), index) == parts.end()) parts.push_back(index);
  };
  auto is_needed = [&](uint32_t index) {
    const TensorInfo &info = infos[index];
    const std::vector<uint32_t> &parts = needed[info.root];
    return std::any_of(parts.begin(), parts.end(), [&](uint32_t other) {
      int64_t first = info.channel_in_root, others = infos[other].channel_in_root;
      return first < others + infos[other].channels && others < first + info.channels;
    });
  };
  for (int32_t output : {RT_CLASSES, RT_SCORES}) {
    if (!(outputs >> output & 1)) continue;
    int32_t index = output == RT_CLASSES ? plan_->classes : plan_->scores;
    if (index < 0) {
      fail(RTSEG_INVALID_ARGUMENT, "the program was compiled without %s", output == RT_CLASSES ? "classes" : "scores");
    }
    need(uint32_t(index));
  }
  const std::vector<Instruction> &all = plan_->instructions;
  std::vector<uint32_t> live;
  for (size_t i = all.size(); i-- > 0;) {
    if (std::none_of(all[i].outputs.begin(), all[i].outputs.end(), is_needed)) continue;
    live.push_back(uint32_t(i));
    for (uint32_t input : all[i].inputs) need(input);
  }
  std::reverse(live.begin(), live.end());

  tensors_.resize(infos.size());
  ck_type number_type = program_->number_type();
  auto make = [&](auto &self, uint32_t index) -> Tensor * {
    std::unique_ptr<Tensor> &tensor = tensors_[index];
    if (!tensor) {
      Tensor *base = infos[index].base < 0 ? nullptr : self(self, uint32_t(infos[index].base));
      tensors_[index] = std::make_unique<Tensor>(infos[index], number_type, base);
    }
    return tensors_[index].get();
  };
  operations_.reserve(live.size());
  for (uint32_t index : live) {
    Operation &operation = operations_.emplace_back();
    operation.instruction = &all[index];
    operation.index = index;
    for (uint32_t input : all[index].inputs) operation.operands.inputs.push_back(make(make, input));
    for (uint32_t output : all[index].outputs) operation.operands.outputs.push_back(make(make, output));
    for (uint8_t input : all[index].replaceable) operation.replaceable.push_back(operation.operands.inputs[input]);
  }
  persistent_.push_back(make(make, plan_->input));
  for (const Constant &constant : plan_->constants) {
    if (tensors_[constant.tensor]) persistent_.push_back(tensors_[constant.tensor].get());
  }
  if (outputs >> RT_CLASSES & 1) persistent_.push_back(make(make, uint32_t(plan_->classes)));
  if (outputs >> RT_SCORES & 1) persistent_.push_back(make(make, uint32_t(plan_->scores)));
}

void Context::make_steps(const rt_context_options &options) {
  const std::vector<Weight> &weights = program_->weights();
  for (Operation &operation : operations_) {
    const Operands &operands = operation.operands;
    operation.step = std::visit(
        Visitor{[&](const Convolution &c) -> std::unique_ptr<Step> {
                  return std::make_unique<ConvolutionStep>(c, operands, weights);
                },
                [&](const Host &host) { return make_host_step(host, operands, options.host); },
                [&](const auto &parameters) { return make_step(parameters, operands, weights); }},
        operation.instruction->parameters);
  }
}

/// Gives each thread the scratch memory that the kernels need, and has them check their arguments.
void Context::reserve_scratch() {
  std::vector<bool> is_in_chain(operations_.size());
  for (const auto &chain : chains_) {
    if (!chain->reserve_scratch(operations_)) fail_kernel("chain");
    std::fill(is_in_chain.begin() + chain->group.begin, is_in_chain.begin() + chain->group.end, true);
  }
  plan_scratch([&] {
    for (size_t index = 0; index < operations_.size(); ++index) {
      const Operation &operation = operations_[index];
      if (is_in_chain[index] || std::holds_alternative<Host>(operation.instruction->parameters)) continue;
      if (!operation.step->run(operation.operands, pool_.get(), {0, operation.operands.out().height()})) {
        operation.fail_kernel();
      }
    }
    // Only the address of the input is known; the image's own is not.
    ck_map target = input_map(plan_->size.height, plan_->size.width), image = target;
    image.type = CK_UINT8, image.pixel = 3, image.row = int64_t(image.width) * 3;
    const Description &description = program_->description();
    bool is_refused =
        description.is_rgb() &&
        !ck_normalize_image(pool_.get(), &image, &target, description.scale, description.shift);
    if (is_refused || !ck_from_planes(pool_.get(), static_cast<const float *>(target.data), &target)) {
      fail_kernel("image");
    }
  });
}

// MARK: - Running

ck_map Context::input_map(int32_t height, int32_t width) const {
  if (height != plan_->size.height || width != plan_->size.width) {
    fail(RTSEG_INVALID_ARGUMENT, "the context was made for images of %dx%d, found %dx%d", plan_->size.height,
         plan_->size.width, height, width);
  }
  ck_map map = tensors_[plan_->input]->map;
  map.height = height;
  map.width = width;
  return map;
}

void Context::run_planes(const float *planes, int32_t height, int32_t width) {
  ck_map target = input_map(height, width);
  if (!ck_from_planes(pool_.get(), planes, &target)) fail_kernel("image");
  run();
}

void Context::run_image(const ck_map &rgb) {
  ck_map target = input_map(rgb.height, rgb.width);
  const Description &description = program_->description();
  if (!description.is_rgb()) {
    fail(RTSEG_INVALID_ARGUMENT, "the network takes images of %d channels of its own, found RGB", target.channels);
  }
  if (!ck_normalize_image(pool_.get(), &rgb, &target, description.scale, description.shift)) fail_kernel("image");
  run();
}

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Context::run() {
  double start = now();
  int64_t interruptions = Governor::interruptions();
  for (const ScheduledCall &call : calls_) run(call);
  governor_.record(now() - start, Governor::interruptions() - interruptions);
  if (!ck_pool_set_threads(pool_.get(), governor_.threads())) fail_kernel(nullptr);
}

void Context::run(const ScheduledCall &call, bool measures) {
  if (call.moved) return call.moved->move(call.rows);
  if (call.chain) {
    if (!call.chain->run(operations_, pool_.get(), measures)) rt::fail_kernel(nullptr);
    return;
  }
  const Operation &operation = operations_[size_t(call.operation)];
  if (!operation.step->run(operation.operands, pool_.get(), call.rows)) operation.fail_kernel();
}

void Operation::fail_kernel() const {
  char name[256];
  std::snprintf(name, sizeof name, "%.80s (%.120s)", instruction->name.c_str(), instruction->module.c_str());
  rt::fail_kernel(name);
}

const ck_map *Context::output(int32_t output) const {
  return output >= 0 && output < 2 && outputs_[output].data ? &outputs_[output] : nullptr;
}

/// Divides a chain's time among its operations, as they have taken time in its strips.
static void add_times(const Chain &chain, double elapsed, std::vector<std::vector<double>> &times) {
  double all = 0;
  for (const Strip &strip : chain.strips) all = std::accumulate(strip.seconds.begin(), strip.seconds.end(), all);
  if (all <= 0) return;
  for (const Strip &strip : chain.strips) {
    for (size_t i = 0; i < strip.seconds.size(); ++i) {
      times[size_t(chain.group.begin) + i].back() += elapsed * strip.seconds[i] / all;
    }
  }
}

void Context::profile(int32_t runs, void (*entry)(void *, const rt_profile_entry *), void *state) {
  if (runs < 1) fail(RTSEG_INVALID_ARGUMENT, "%d runs for a profile: expected 1 or more", runs);
  std::vector<std::vector<double>> times(operations_.size());
  for (int32_t i = 0; i < runs; ++i) {
    for (auto &seconds : times) seconds.push_back(0);
    size_t operation = 0;
    for (const ScheduledCall &call : calls_) {
      double start = now();
      run(call, true);
      double elapsed = now() - start;
      if (call.chain) {
        add_times(*call.chain, elapsed, times);
        continue;
      }
      if (!call.moved) operation = size_t(call.operation);
      times[operation].back() += elapsed;
    }
  }
  for (size_t i = 0; i < operations_.size(); ++i) {
    const Operation &operation = operations_[i];
    std::vector<double> &seconds = times[i];
    std::sort(seconds.begin(), seconds.end());
    size_t middle = seconds.size() / 2;
    std::string kernel = operation.step->kernel();
    const std::vector<int32_t> &sizes = operation.operands.out().info().sizes;
    rt_profile_entry row{};
    row.index = int32_t(operation.index);
    row.name = operation.instruction->name.c_str();
    row.module = operation.instruction->module.c_str();
    row.kernel = kernel.c_str();
    row.rank = int32_t(sizes.size());
    row.sizes = sizes.data();
    row.seconds = seconds.size() % 2 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
    row.multiply_accumulates = operation.instruction->multiply_accumulates;
    if (!std::holds_alternative<Join>(operation.instruction->parameters)) {
      row.bytes = operation.step->weight_bytes();
      operation.each_tensor([&](const Tensor &tensor) { row.bytes += tensor.bytes(); });
    }
    auto is_its = [&](const auto &chain) { return chain->group.begin <= int(i) && int(i) < chain->group.end; };
    auto chain = std::find_if(chains_.begin(), chains_.end(), is_its);
    row.chain = chain == chains_.end() ? -1 : int32_t(chain - chains_.begin());
    entry(state, &row);
  }
}

}  // namespace rt
