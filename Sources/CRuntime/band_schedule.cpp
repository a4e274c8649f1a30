#include "band_schedule.hpp"

#include <algorithm>
#include <unordered_map>

#include "tuning.hpp"

namespace rt {

using namespace tuning;

BandSchedule::BandSchedule(const std::vector<Operation> &operations, const std::vector<Tensor *> &persistent,
                           CacheSizes caches, int32_t threads, bool takes_turns)
    : operations_(operations), caches_(caches), threads_(threads) {
  std::unordered_map<const Tensor *, size_t> places;
  auto count = int(operations.size());
  for (int index = 0; index < count; ++index) {
    operations[size_t(index)].each_tensor([&](Tensor &tensor) {
      auto [place, is_new] = places.try_emplace(tensor.root(), users_.size());
      if (is_new) users_.push_back({tensor.root(), {index, index}});
      users_[place->second].second.end = index;
    });
  }
  for (Tensor *tensor : persistent) {
    auto place = places.find(tensor->root());
    if (place != places.end()) users_[place->second].first = nullptr;
  }
  for (int index = 0; index < count;) {
    Group group = takes_turns ? large_group(index) : Group{index, index + 1};
    takes_turns ? add_chains(group) : add_group(group);
    index = group.end;
  }
}

/// Adds operations, of which neighbours are chains, if these do the most of the group's work on maps. Otherwise the
/// operations take turns.
void BandSchedule::add_chains(Group &group) {
  std::vector<std::unique_ptr<Chain>> found;
  uint64_t all = 0, covered = 0;
  for (int index = group.begin; index < group.end;) {
    std::unique_ptr<Chain> chain = find_chain(index);
    Group part = chain ? chain->group : Group{index, index + 1};
    for (int place = part.begin; place < part.end; ++place) {
      uint64_t bytes = operations_[size_t(place)].bytes();
      all += bytes;
      if (chain) covered += bytes;
    }
    if (chain) found.push_back(std::move(chain));
    index = part.end;
  }
  if (found.empty() || double(covered) < kChainCover * double(all)) return add_group(group);
  // Maps that several chains use are whole, and should not be where they need not.
  for (const Tensor *map : maps_within(group)) {
    bool is_within = false;
    for (const auto &chain : found) {
      const std::vector<Tensor *> maps = maps_within(chain->group);
      is_within |= std::find(maps.begin(), maps.end(), map) != maps.end();
    }
    if (!is_within && map->bytes() > caches_.shared / 2) return add_group(group);
  }
  int begin = group.begin;
  for (std::unique_ptr<Chain> &chain : found) {
    if (begin < chain->group.begin) add_group({begin, chain->group.begin});
    begin = chain->group.end;
    ScheduledCall call{};
    call.operation = chain->group.begin;
    call.chain = chain.get();
    calls.push_back(call);
    groups.push_back(chain->group);
    chains.push_back(std::move(chain));
  }
  if (begin < group.end) add_group({begin, group.end});
  group.end = std::max(group.end, begin);
}

/// The operation and those after it on large maps. A few smaller operations among large ones take turns with them, so that
/// the maps before and after need not be whole.
Group BandSchedule::large_group(int index) const {
  auto count = int(operations_.size());
  int end = index;
  for (int next = index; next < count && next <= end + kMostBetween; ++next) {
    const Operation &operation = operations_[size_t(next)];
    if (operation.step->row_step() <= 0 || !is_large(operation, next == index ? 1 : 2)) break;
    if (is_large(operation, 1)) end = next + 1;
  }
  return {index, std::max(end, index + 1)};
}

/// The longest chain that begins with an operation, if there is one.
std::unique_ptr<Chain> BandSchedule::find_chain(int index) const {
  ChainLimits limits{caches_.own, threads_ > 1 ? threads_ * kStripsOfThread : 1};
  int end = index, most = std::min(int(operations_.size()), index + kMostOfChain);
  while (end < most && operations_[size_t(end)].step->row_step() > 0) ++end;
  for (; end > index + 1; --end) {
    Group group{index, end};
    std::vector<Tensor *> maps = maps_within(group);
    auto is_within = [&](Tensor *map) { return std::find(maps.begin(), maps.end(), map->root()) != maps.end(); };
    bool is_closed = std::all_of(operations_.begin() + index, operations_.begin() + end - 1, [&](const Operation &one) {
      return std::all_of(one.operands.outputs.begin(), one.operands.outputs.end(), is_within);
    });
    if (!is_closed) continue;
    if (std::unique_ptr<Chain> chain = Chain::make(operations_, group, maps, limits)) return chain;
  }
  return nullptr;
}

/// Adds operations that take turns or, if that would not pay, the two halves of them as groups of their own.
void BandSchedule::add_group(Group group) {
  if (group.end - group.begin == 1) {
    return add(group, {{group.begin, {0, operations_[size_t(group.begin)].operands.out().height()}}});
  }
  Share share{group, {}};
  for (int index = group.begin; index < group.end; ++index) {
    share.rows.push_back({0, operations_[size_t(index)].operands.out().height()});
  }
  std::vector<Call> turns = take_turns(operations_, share, turn_count(group));
  std::vector<Band> bands = rows_in_use(operations_, share, maps_within(group), turns);
  // Each operation that reads neighbouring rows lags behind the one before it. Along a chain of them the rows that
  // wait add up, until they are more than the few whole maps that are in use without turns.
  uint64_t waiting = 0;
  for (const Band &band : bands) waiting += band.bytes();
  if (2 * waiting <= whole_maps_in_use(group)) return add(group, keep_rows(bands, turns));
  int middle = group.begin + (group.end - group.begin) / 2;
  add_group({group.begin, middle});
  add_group({middle, group.end});
}

void BandSchedule::add(Group group, const std::vector<Call> &group_calls) {
  groups.push_back(group);
  chains.push_back(nullptr);
  for (const Call &call : group_calls) calls.push_back({call});
}

/// The turns that all threads take together.
int64_t BandSchedule::turn_count(Group group) const {
  // A turn keeps enough rows for all threads to have a share.
  int64_t most = INT32_MAX;
  uint64_t bytes = 0;
  for (int index = group.begin; index < group.end; ++index) {
    const Operation &operation = operations_[size_t(index)];
    int64_t rows = std::max<int64_t>(8, 2 * int64_t(operation.step->row_step()));
    most = std::min(most, operation.operands.out().height() / rows);
    for (const Tensor *output : operation.operands.outputs) bytes += output->bytes();
  }
  // The number of bytes that the operations should write in one turn.
  uint64_t turn = std::max<uint64_t>(1, caches_.shared / 4);
  return std::max<int64_t>(1, std::min(most, int64_t(std::min<uint64_t>(bytes / turn, INT32_MAX))));
}

/// The roots of the maps that the operations of a group alone use.
std::vector<Tensor *> BandSchedule::maps_within(Group group) const {
  std::vector<Tensor *> maps;
  for (const auto &[map, use] : users_) {
    if (map && map->is_map() && use.begin >= group.begin && use.end < group.end) maps.push_back(map);
  }
  return maps;
}

/// The most bytes of the group's own maps that are in use at the same time if the operations run one after the other.
uint64_t BandSchedule::whole_maps_in_use(Group group) const {
  uint64_t most = 0;
  for (int index = group.begin; index < group.end; ++index) {
    uint64_t bytes = 0;
    for (const auto &[map, use] : users_) {
      bool is_within = map && map->is_map() && use.begin >= group.begin && use.end < group.end;
      if (is_within && use.begin <= index && index <= use.end) bytes += map->bytes();
    }
    most = std::max(most, bytes);
  }
  return most;
}

/// Whether an operation's maps are so large that taking turns pays, or at least a part of that. Smaller maps stay in the
/// cache anyway.
bool BandSchedule::is_large(const Operation &operation, uint64_t divisor) const {
  return operation.bytes() > (caches_.shared / 8 * 3 + caches_.shared % 8 * 3 / 8) / divisor;
}

}  // namespace rt
