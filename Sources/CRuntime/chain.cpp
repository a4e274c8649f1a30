#include "chain.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_map>

#include "tuning.hpp"

namespace rt {

using namespace tuning;

namespace {

/// The rows that each operation makes for a strip: those that the operations after it need. None if nothing needs an
/// operation's rows.
std::optional<Share> share_of(const std::vector<Operation> &operations, Group group, ck_rows last) {
  Share share{group, std::vector<ck_rows>(size_t(group.end - group.begin))};
  share.rows.back() = last;
  for (int writer = group.end - 2; writer >= group.begin; --writer) {
    const Operation &operation = operations[size_t(writer)];
    int32_t height = operation.operands.out().height(), step = operation.step->row_step();
    ck_rows needed{height, 0};
    for (int reader = writer + 1; reader < group.end; ++reader) {
      const Operation &other = operations[size_t(reader)];
      for (size_t input = 0; input < other.operands.inputs.size(); ++input) {
        if (!operation.writes_into(*other.operands.inputs[input])) continue;
        ck_rows rows = other.step->needs(input, share.of(reader));
        needed = {std::min(needed.begin, std::max(rows.begin, 0)), std::max(needed.end, std::min(rows.end, height))};
      }
    }
    if (needed.begin >= needed.end) return std::nullopt;
    int64_t end = (int64_t(needed.end) + step - 1) / step * step;
    share.rows[size_t(writer - group.begin)] = {needed.begin / step * step, int32_t(std::min<int64_t>(end, height))};
  }
  return share;
}

/// Returns the cost of an operation as the number of multiplications that take as long.
double cost(const Operation &operation) {
  return double(operation.instruction->multiply_accumulates) + kMultiplicationsPerByte * double(operation.bytes());
}

/// The share of the work that is done by more than one strip.
double repeated(const std::vector<Operation> &operations, const std::vector<Share> &shares) {
  double all = 0, more = 0;
  for (int index = shares[0].group.begin; index < shares[0].group.end; ++index) {
    double height = operations[size_t(index)].operands.out().height(), rows = 0;
    for (const Share &share : shares) rows += share.of(index).end - share.of(index).begin;
    double whole = cost(operations[size_t(index)]);
    all += whole;
    more += whole * (rows / height - 1);
  }
  return all > 0 ? more / all : 1;
}

/// Divides the rows of the last output. Empty if there are too few.
std::vector<Share> divide(const std::vector<Operation> &operations, Group group, int32_t strips) {
  const Operation &last = operations[size_t(group.end) - 1];
  int64_t height = last.operands.out().height(), step = last.step->row_step();
  std::vector<Share> shares;
  int32_t begin = 0;
  for (int64_t strip = 1; strip <= strips; ++strip) {
    auto end = int32_t(strip == strips ? height : height * strip / strips / step * step);
    if (end <= begin) return {};
    std::optional<Share> share = share_of(operations, group, {begin, end});
    if (!share) return {};
    shares.push_back(std::move(*share));
    begin = end;
  }
  return shares;
}

/// The turns after each of which the maps between are small enough for the cache, and the rows in use. Empty if there are
/// none.
std::vector<Call> find_turns(const std::vector<Operation> &operations, const Share &share,
                             const std::vector<Tensor *> &maps, uint64_t cache_bytes, std::vector<Band> &bands) {
  int64_t most = INT32_MAX;
  double written = 0;
  for (int index = share.group.begin; index < share.group.end; ++index) {
    const Operation &operation = operations[size_t(index)];
    ck_rows rows = share.of(index);
    most = std::min<int64_t>(most, (rows.end - rows.begin) / std::max(1, operation.step->row_step()));
    for (const Tensor *output : operation.operands.outputs) {
      written += double(output->bytes()) / output->height() * (rows.end - rows.begin);
    }
  }
  auto turns = int64_t(written / (double(cache_bytes) * kChainTurn)) + 1;
  for (turns = std::min(turns, most); turns >= 1; turns *= 2) {
    std::vector<Call> calls = take_turns(operations, share, turns);
    bands = rows_in_use(operations, share, maps, calls);
    uint64_t bytes = 0;
    for (const Band &band : bands) bytes += band.bytes();
    if (double(bytes) <= double(cache_bytes) * kChainRows) return calls;
    if (2 * turns > most) break;
  }
  return {};
}

/// Gives a strip tensors of its own in place of those between operations.
void copy_tensors(Strip &strip, const std::vector<Operation> &operations, Group group,
                  const std::vector<Tensor *> &maps, std::unordered_map<const Tensor *, Tensor *> &copies) {
  auto copy = [&](auto &self, Tensor *tensor) -> Tensor * {
    if (std::find(maps.begin(), maps.end(), tensor->root()) == maps.end()) return tensor;
    Tensor *&found = copies[tensor];
    if (!found) {
      Tensor *base = tensor->base() ? self(self, tensor->base()) : nullptr;
      strip.tensors.push_back(std::make_unique<Tensor>(*tensor, base));
      found = copies[tensor] = strip.tensors.back().get();
    }
    return found;
  };
  for (int index = group.begin; index < group.end; ++index) {
    Operands &operands = strip.operands.emplace_back();
    for (Tensor *input : operations[size_t(index)].operands.inputs) operands.inputs.push_back(copy(copy, input));
    for (Tensor *output : operations[size_t(index)].operands.outputs) operands.outputs.push_back(copy(copy, output));
  }
}

}  // namespace

std::unique_ptr<Chain> Chain::make(const std::vector<Operation> &operations, Group group,
                                   const std::vector<Tensor *> &maps, const ChainLimits &limits) {
  uint64_t between = 0;
  for (const Tensor *map : maps) between += map->bytes();
  if (double(between) < double(limits.cache_bytes) * kChainMaps) return nullptr;
  double weights = 0, bytes = 0, products = 0;
  for (int index = group.begin; index < group.end; ++index) {
    const Operation &operation = operations[size_t(index)];
    if (operation.operands.out().height() == 1) return nullptr;
    weights += double(operation.step->weight_bytes());
    bytes += double(operation.bytes());
    products += double(operation.instruction->multiply_accumulates);
  }
  if (products > bytes * kChainIntensity || weights > double(limits.cache_bytes) * kChainWeights) return nullptr;
  std::vector<Share> shares = divide(operations, group, limits.strips);
  if (shares.empty() || repeated(operations, shares) > kChainRepeated) return nullptr;

  auto chain = std::make_unique<Chain>();
  chain->group = group;
  for (const Share &share : shares) {
    std::vector<Band> bands;
    std::vector<Call> calls = find_turns(operations, share, maps, limits.cache_bytes, bands);
    if (calls.empty()) return nullptr;
    Strip &strip = chain->strips.emplace_back();
    std::unordered_map<const Tensor *, Tensor *> copies;
    copy_tensors(strip, operations, group, maps, copies);
    for (Band &band : bands) band.map = copies.at(band.map);
    strip.calls = keep_rows(bands, calls);
    strip.pool.reset(ck_pool_create(1));
    if (!strip.pool) fail_kernel(nullptr);
    strip.seconds.resize(size_t(group.end - group.begin));
  }
  return chain;
}

namespace {

/// A run of a chain's strips.
struct ChainRun {
  Chain &chain;
  const std::vector<Operation> &operations;
  bool measures;
  ck_isa isa;

  void run(Strip &strip) const {
    using Clock = std::chrono::steady_clock;
    // The caller's instruction set, which may not be the processor's best.
    if (ck_current_isa() != isa && !ck_set_isa(isa)) fail_kernel(nullptr);
    if (measures) std::fill(strip.seconds.begin(), strip.seconds.end(), 0);
    for (const Call &call : strip.calls) {
      if (call.moved) {
        call.moved->move(call.rows);
        continue;
      }
      Clock::time_point start = measures ? Clock::now() : Clock::time_point();
      auto place = size_t(call.operation - chain.group.begin);
      const Operation &operation = operations[size_t(call.operation)];
      if (!operation.step->run(strip.operands[place], strip.pool.get(), call.rows)) operation.fail_kernel();
      if (measures) strip.seconds[place] += std::chrono::duration<double>(Clock::now() - start).count();
    }
  }
  static void task(void *context, int32_t index, int32_t) {
    auto &self = *static_cast<ChainRun *>(context);
    self.run(self.chain.strips[size_t(index)]);
  }
};

}  // namespace

bool Chain::run(const std::vector<Operation> &operations, ck_pool *pool, bool measures) {
  ChainRun run{*this, operations, measures, ck_current_isa()};
  return ck_pool_run(pool, int32_t(strips.size()), ChainRun::task, &run);
}

bool Chain::reserve_scratch(const std::vector<Operation> &operations) {
  for (const Strip &strip : strips) {
    ck_pool_begin_planning(strip.pool.get());
    bool fits = true;
    for (int index = group.begin; fits && index < group.end; ++index) {
      const Operation &operation = operations[size_t(index)];
      fits = operation.step->run(strip.operands[size_t(index - group.begin)], strip.pool.get(),
                                 {0, operation.operands.out().height()});
    }
    if (!ck_pool_end_planning(strip.pool.get()) || !fits) return false;
  }
  return true;
}

}  // namespace rt
