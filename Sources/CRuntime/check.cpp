#include "check.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace rt {

PlanCheck::PlanCheck(Plan &plan, const std::vector<Weight> &weights, int32_t channels, bool hosted)
    : plan_(plan),
      weights_(weights),
      channels_(channels),
      hosted_(hosted),
      written_(plan.tensors.size()),
      is_constant_(plan.tensors.size()),
      pool_of_(plan.tensors.size()) {}

void PlanCheck::fail(const char *format, ...) const {
  char message[400];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  if (!instruction_) {
    rt::fail(RTSEG_FORMAT_ERROR, "the program for images of %dx%d cannot run: %s; compile the network again",
             plan_.size.height, plan_.size.width, message);
  }
  rt::fail(RTSEG_FORMAT_ERROR,
           "the program for images of %dx%d cannot run: instruction %zu, %.60s %.80s: %s; compile the network again",
           plan_.size.height, plan_.size.width, index_, instruction_->name.c_str(), instruction_->module.c_str(),
           message);
}

void PlanCheck::run() {
  check_roots();
  check_ends();
  check_constants();
  for (index_ = 0; index_ < plan_.instructions.size(); ++index_) {
    instruction_ = &plan_.instructions[index_];
    check_tensors(index_);
    std::visit([this](const auto &parameters) { check(parameters); }, instruction_->parameters);
    check_replaceable();
    for (uint32_t output : instruction_->outputs) {
      if (!std::holds_alternative<Join>(instruction_->parameters)) note_written(plan_.tensors[output]);
    }
  }
  instruction_ = nullptr;
  check_outputs();
}

void PlanCheck::check_roots() {
  constexpr int kDeepest = 64;
  for (size_t i = 0; i < plan_.tensors.size(); ++i) {
    TensorInfo &tensor = plan_.tensors[i];
    if (tensor.content == Content::quantized) {
      const ck_quantization &q = tensor.quantization;
      if (!(q.scale > 0) || !(q.scale < 3e38f) || q.zero < 0 || q.zero > 255) {
        fail("tensor %zu is quantized with a scale of %g and a zero of %d", i, double(q.scale), q.zero);
      }
    }
    if (tensor.base == -1 && tensor.first_channel != 0) fail("tensor %zu has a first channel, but no base", i);
    if (tensor.base != -1) {
      if (tensor.base < 0 || size_t(tensor.base) >= plan_.tensors.size()) {
        fail("tensor %zu is a part of the unknown tensor %d", i, tensor.base);
      }
      const TensorInfo &base = plan_.tensors[size_t(tensor.base)];
      bool fits = tensor.is_map() && base.is_map() && tensor.content == base.content && tensor.height == base.height &&
                  tensor.width == base.width && tensor.first_channel >= 0 &&
                  tensor.first_channel <= base.channels - tensor.channels;
      if (fits && tensor.content == Content::quantized) {
        const ck_quantization &own = tensor.quantization, &whole = base.quantization;
        fits = own.scale == whole.scale && own.zero == whole.zero;
      }
      if (!fits) fail("tensor %zu is no range of channels of tensor %d", i, tensor.base);
    }
    auto root = uint32_t(i);
    int64_t channel = 0;
    for (int depth = 0; plan_.tensors[root].base != -1; ++depth) {
      if (depth == kDeepest) fail("tensor %zu is a part of a part of a part without end", i);
      const TensorInfo &part = plan_.tensors[root];
      channel += part.first_channel;
      if (part.base < 0 || size_t(part.base) >= plan_.tensors.size() || channel > INT32_MAX) {
        fail("tensor %zu is a part of the unknown tensor %d", i, part.base);
      }
      root = uint32_t(part.base);
    }
    tensor.root = root;
    tensor.channel_in_root = int32_t(channel);
  }
}

void PlanCheck::check_ends() {
  const TensorInfo &input = plan_.tensors[plan_.input];
  constexpr int kLargest = 1 << 20;
  bool is_size = plan_.size.height >= 1 && plan_.size.width >= 1 && plan_.size.height <= kLargest &&
                 plan_.size.width <= kLargest;
  expect(is_size, "images have a size from 1x1 to 1048576x1048576");
  bool is_input = input.is_map() && input.is_number() && input.base == -1 && input.channels == channels_ &&
                  input.height >= plan_.size.height && input.width >= plan_.size.width;
  expect(is_input, "its input is no map of the image's channels that has room for it");
  note_written(input);
  is_constant_[plan_.input] = true;
  if (plan_.scores == -1 && plan_.classes == -1) fail("it has neither scores nor classes");
}

void PlanCheck::check_constants() {
  for (const Constant &constant : plan_.constants) {
    if (constant.tensor >= plan_.tensors.size() || constant.weight >= weights_.size()) {
      fail("a constant names tensor %u and weight %u, which are not there", constant.tensor, constant.weight);
    }
    const TensorInfo &tensor = plan_.tensors[constant.tensor];
    if (!tensor.is_number() || tensor.base != -1 || is_constant_[constant.tensor] ||
        tensor.count != weights_[constant.weight].count) {
      fail("weight %u cannot be the constant of tensor %u", constant.weight, constant.tensor);
    }
    note_written(tensor);
    is_constant_[constant.tensor] = true;
  }
}

void PlanCheck::check_tensors(size_t index) {
  for (const auto *list : {&instruction_->inputs, &instruction_->outputs}) {
    for (uint32_t tensor : *list) {
      if (tensor >= plan_.tensors.size()) fail("there is no tensor %u", tensor);
    }
  }
  for (uint32_t id : instruction_->inputs) {
    if (!is_written(plan_.tensors[id])) fail("it reads tensor %u, which no earlier instruction has written whole", id);
  }
  expect(!instruction_->outputs.empty(), "it has no output");
  bool is_pool = std::holds_alternative<MaxPool>(instruction_->parameters);
  bool writes_parts = std::holds_alternative<Rearrange>(instruction_->parameters) ||
                      std::holds_alternative<Join>(instruction_->parameters);
  for (size_t i = 0; i < instruction_->outputs.size(); ++i) {
    const TensorInfo &output = out(i);
    if (is_constant_[output.root]) fail("it writes the image or a constant");
    for (size_t k = 0; k < instruction_->inputs.size(); ++k) {
      if (overlaps(output, in(k))) fail("its output overlaps its input %zu", k);
    }
    for (size_t k = 0; k < i; ++k) {
      if (overlaps(output, out(k))) fail("its outputs overlap");
    }
    // Instructions that take turns must not overwrite what another one may still read.
    if (!writes_parts && is_written_in_part(output)) fail("an earlier instruction has written its output");
    if (output.content == Content::positions) {
      expect(is_pool && i == 1 && pool_of_[instruction_->outputs[1]] == 0 && output.base == -1,
             "only one maximum pooling may write positions");
      pool_of_[instruction_->outputs[1]] = index + 1;
    }
  }
}

void PlanCheck::check_replaceable() const {
  for (uint8_t input : instruction_->replaceable) {
    if (input >= instruction_->inputs.size()) fail("there is no input %d to replace", input);
    const TensorInfo &tensor = in(input);
    bool is_alone = true;
    for (size_t other = 0; other < instruction_->inputs.size(); ++other) {
      bool is_same = instruction_->inputs[other] == instruction_->inputs[input];
      if (other != input && !is_same && in(other).root == tensor.root) is_alone = false;
    }
    bool is_allowed = std::visit(
        Visitor{[&](const Convolution &) { return input == 1 && instruction_->inputs[0] != instruction_->inputs[1]; },
                [&](const Affine &) { return in(0).is_number() && in(0).content == out().content; },
                [&](const Binary &) { return out().is_number(); },
                [&](const Resize &) { return input == 1 && instruction_->inputs[0] != instruction_->inputs[1]; },
                [&](const auto &) { return false; }},
        instruction_->parameters);
    if (!is_alone || !is_allowed) fail("its output cannot take the memory of its input %d", input);
  }
}

void PlanCheck::check_outputs() {
  auto expect_output = [&](int32_t id, bool is_scores) {
    if (id == -1) return;
    const char *name = is_scores ? "scores" : "classes";
    if (id < 0 || size_t(id) >= plan_.tensors.size()) fail("its %s are tensor %d, which is not there", name, id);
    const TensorInfo &tensor = plan_.tensors[size_t(id)];
    bool fits = tensor.is_map() && tensor.height >= plan_.size.height && tensor.width >= plan_.size.width &&
                (is_scores ? tensor.is_number() : tensor.content == Content::classes && tensor.channels == 1);
    if (!fits) fail("its %s are no map of at least the image's size", name);
    if (!is_written(tensor)) fail("no instruction writes its %s whole", name);
    if (is_scores) class_count_ = tensor.channels;
  };
  expect_output(plan_.classes, false);
  expect_output(plan_.scores, true);
}

bool PlanCheck::is_dense(const TensorInfo &tensor) const {
  return tensor.channels == plan_.tensors[tensor.root].channels;
}

bool PlanCheck::overlaps(const TensorInfo &a, const TensorInfo &b) const {
  return a.root == b.root && a.channel_in_root < int64_t(b.channel_in_root) + b.channels &&
         b.channel_in_root < int64_t(a.channel_in_root) + a.channels;
}

bool PlanCheck::is_written(const TensorInfo &tensor) const {
  int32_t begin = tensor.channel_in_root, end = begin + tensor.channels;
  const auto &ranges = written_[tensor.root];
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const auto &range) { return range.first <= begin && end <= range.second; });
}

bool PlanCheck::is_written_in_part(const TensorInfo &tensor) const {
  int32_t begin = tensor.channel_in_root, end = begin + tensor.channels;
  const auto &ranges = written_[tensor.root];
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const auto &range) { return range.first < end && begin < range.second; });
}

void PlanCheck::note_written(const TensorInfo &tensor) {
  int32_t begin = tensor.channel_in_root, end = begin + tensor.channels;
  auto &ranges = written_[tensor.root];
  auto first = std::find_if(ranges.begin(), ranges.end(), [&](const auto &range) { return range.second >= begin; });
  auto last = first;
  for (; last != ranges.end() && last->first <= end; ++last) {
    begin = std::min(begin, last->first);
    end = std::max(end, last->second);
  }
  first = ranges.erase(first, last);
  ranges.insert(first, {begin, end});
}

void Program::check() {
  for (Plan &plan : plans_) {
    PlanCheck check(plan, weights_, description_.channels, allows_hosts_);
    check.run();
    int32_t count = check.class_count();
    if (count > 0 && class_count_ > 0 && count != class_count_) {
      fail(RTSEG_FORMAT_ERROR, "the program has plans of %d and of %d classes; compile the network again", class_count_,
           count);
    }
    if (count > 0) class_count_ = count;
  }
  auto named = int32_t(description_.classes.size());
  if (named > 0 && class_count_ > 0 && named != class_count_) {
    fail(RTSEG_FORMAT_ERROR, "the program names %d classes, but computes %d; compile the network again", named,
         class_count_);
  }
  if (class_count_ == 0) class_count_ = named;
}

}  // namespace rt
