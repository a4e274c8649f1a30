#include "band_schedule.hpp"

#include <algorithm>
#include <unordered_map>

namespace rt {
namespace {

/// The most smaller operations between two large ones that take turns with them.
constexpr int kMostBetween = 3;

/// Tells which rows of a map are in use while operations take turns.
class RowUsage {
 public:
  RowUsage(const Tensor *map, const std::vector<Operation> &operations, Group group)
      : operations_(operations), height_(map->height()) {
    for (int index = group.begin; index < group.end; ++index) {
      const Operands &operands = operations[size_t(index)].operands;
      if (operands.inputs.empty()) continue;
      User user{index, 0, false, {}};
      for (const Tensor *output : operands.outputs) user.writes |= output->root() == map;
      for (size_t i = 0; i < operands.inputs.size(); ++i) {
        if (operands.inputs[i]->root() == map) user.reads.push_back(i);
      }
      if (user.writes || !user.reads.empty()) users_.push_back(std::move(user));
    }
  }

  bool is_writer(int operation) const {
    return std::any_of(users_.begin(), users_.end(),
                       [&](const User &user) { return user.operation == operation && user.writes; });
  }

  /// The first row in use: every row before it has been written, and no reader needs it again.
  int32_t first() const {
    int32_t read = INT32_MAX, written = INT32_MAX;
    for (const User &user : users_) {
      if (!user.reads.empty()) read = std::min(read, needed(user));
      if (user.writes) written = std::min(written, user.made);
    }
    if (read == INT32_MAX) read = height_;
    return std::min(read, written == INT32_MAX ? 0 : written);
  }

  /// The end of the rows written so far.
  int32_t end() const {
    int32_t end = 0;
    for (const User &user : users_) {
      if (user.writes) end = std::max(end, user.made);
    }
    return end;
  }

  void advance(int operation, int32_t row) {
    for (User &user : users_) {
      if (user.operation == operation) user.made = row;
    }
  }

 private:
  struct User {
    int operation;
    /// The number of rows that it has made so far.
    int32_t made;
    bool writes;
    /// The inputs that are parts of the map.
    std::vector<size_t> reads;
  };

  /// The first row of the map that a reader still needs.
  int32_t needed(const User &user) const {
    const Operation &operation = operations_[size_t(user.operation)];
    if (user.made == operation.operands.out().height()) return height_;
    int32_t first = INT32_MAX;
    for (size_t input : user.reads) {
      first = std::min(first, std::max(0, operation.step->needs(input, {user.made, user.made + 1}).begin));
    }
    return first;
  }

  const std::vector<Operation> &operations_;
  const int32_t height_;
  std::vector<User> users_;
};

}  // namespace

BandSchedule::BandSchedule(const std::vector<Operation> &operations, const std::vector<Tensor *> &persistent,
                           uint64_t cache_bytes, bool takes_turns)
    : operations_(operations), cache_bytes_(cache_bytes), turn_(std::max<uint64_t>(1, cache_bytes / 4)) {
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
    // A few smaller operations among large ones take turns with them, so that the maps before and after need not be whole.
    int end = index;
    for (int next = index; takes_turns && next < count && next <= end + kMostBetween; ++next) {
      const Operation &operation = operations[size_t(next)];
      if (operation.step->row_step() <= 0 || !is_large(operation, next == index ? 1 : 2)) break;
      if (is_large(operation, 1)) end = next + 1;
    }
    end = std::max(end, index + 1);
    add_group({index, end});
    index = end;
  }
}

/// Adds operations that take turns or, if that would not pay, the two halves of them as groups of their own.
void BandSchedule::add_group(Group group) {
  if (group.end - group.begin > 1) {
    size_t first = calls.size();
    add_turns(group);
    std::vector<Band> bands = rows_in_use(group, first);
    // Each operation that reads neighbouring rows lags behind the one before it. Along a chain of them the rows that
    // wait add up, until they are more than the few whole maps that are in use without turns.
    uint64_t waiting = 0;
    for (const Band &band : bands) waiting += uint64_t(band.room) * uint64_t(band.map->bytes() / band.map->height());
    if (2 * waiting <= whole_maps_in_use(group)) {
      groups.push_back(group);
      return keep_rows(bands, first);
    }
    calls.resize(first);
    int middle = group.begin + (group.end - group.begin) / 2;
    add_group({group.begin, middle});
    add_group({middle, group.end});
    return;
  }
  groups.push_back(group);
  calls.push_back({group.begin, {0, operations_[size_t(group.begin)].operands.out().height()}});
}

/// Whether a map is used by the operations of a group alone.
static bool is_within(const Tensor *map, Group use, Group group) {
  return map && map->is_map() && use.begin >= group.begin && use.end < group.end;
}

/// The most bytes of the group's own maps that are in use at the same time if the operations run one after the other.
uint64_t BandSchedule::whole_maps_in_use(Group group) const {
  uint64_t most = 0;
  for (int index = group.begin; index < group.end; ++index) {
    uint64_t bytes = 0;
    for (const auto &[map, use] : users_) {
      if (is_within(map, use, group) && use.begin <= index && index <= use.end) bytes += map->bytes();
    }
    most = std::max(most, bytes);
  }
  return most;
}

/// Whether an operation's maps are so large that taking turns pays, or at least a part of that. Smaller maps stay in the
/// cache anyway.
bool BandSchedule::is_large(const Operation &operation, uint64_t divisor) const {
  uint64_t bytes = 0;
  operation.each_tensor([&](const Tensor &tensor) { bytes += tensor.bytes(); });
  return bytes > (cache_bytes_ / 8 * 3 + cache_bytes_ % 8 * 3 / 8) / divisor;
}

void BandSchedule::add_turns(Group group) {
  auto count = size_t(group.end - group.begin);
  auto operation = [&](size_t i) -> const Operation & { return operations_[size_t(group.begin) + i]; };
  // A turn keeps enough rows for all threads to have a share.
  int64_t most = INT32_MAX;
  uint64_t bytes = 0;
  for (size_t i = 0; i < count; ++i) {
    int64_t rows = std::max<int64_t>(8, 2 * int64_t(operation(i).step->row_step()));
    most = std::min(most, operation(i).operands.out().height() / rows);
    for (const Tensor *output : operation(i).operands.outputs) bytes += output->bytes();
  }
  int64_t turns = std::max<int64_t>(1, std::min(most, int64_t(std::min<uint64_t>(bytes / turn_, INT32_MAX))));
  // For each input, the operations of the group that write into it.
  std::vector<std::vector<std::vector<size_t>>> writers(count);
  for (size_t reader = 0; reader < count; ++reader) {
    for (const Tensor *input : operation(reader).operands.inputs) {
      std::vector<size_t> &found = writers[reader].emplace_back();
      for (size_t writer = 0; writer < reader; ++writer) {
        const Operands &operands = operation(writer).operands;
        if (operands.inputs.empty()) continue;
        bool writes = std::any_of(operands.outputs.begin(), operands.outputs.end(),
                                  [&](const Tensor *output) { return output->overlaps(*input); });
        if (writes) found.push_back(writer);
      }
    }
  }
  std::vector<int32_t> done(count, 0);
  // Operations that need rows which are not there yet fall behind; they catch up when the first ones have finished.
  auto is_finished = [&] {
    for (size_t i = 0; i < count; ++i) {
      if (done[i] != operation(i).operands.out().height()) return false;
    }
    return true;
  };
  while (!is_finished()) {
    for (size_t i = 0; i < count; ++i) {
      const Operands &operands = operation(i).operands;
      const Step &step = *operation(i).step;
      int64_t height = operands.out().height(), line = step.row_step();
      int64_t share = (height + turns - 1) / turns;
      int64_t end = std::min(height, (done[i] + share + line - 1) / line * line);
      // The band ends at the last row that the inputs written so far allow.
      while (end > done[i]) {
        bool is_ready = true;
        for (size_t input = 0; input < operands.inputs.size(); ++input) {
          if (writers[i][input].empty()) continue;
          int32_t needed =
              std::min(step.needs(input, {done[i], int32_t(end)}).end, operands.inputs[input]->height());
          for (size_t writer : writers[i][input]) is_ready &= done[writer] >= needed;
        }
        if (is_ready) break;
        end = end == height ? (height - 1) / line * line : end - line;
      }
      if (end <= done[i]) continue;
      calls.push_back({group.begin + int(i), {done[i], int32_t(end)}});
      done[i] = int32_t(end);
    }
  }
}

/// Finds, for each map that only this group uses, the rows that are in use at the same time.
std::vector<BandSchedule::Band> BandSchedule::rows_in_use(Group group, size_t first_call) const {
  std::vector<Band> bands;
  for (const auto &[map, use] : users_) {
    if (!is_within(map, use, group)) continue;
    RowUsage usage(map, operations_, group);
    Band band{map, 0, {}};
    for (size_t turn = first_call; turn < calls.size(); ++turn) {
      const Call &call = calls[turn];
      if (usage.is_writer(call.operation)) {
        ck_rows rows{usage.first(), std::max(usage.end(), call.rows.end)};
        band.room = std::max(band.room, rows.end - rows.begin);
        band.live.push_back({turn - first_call, rows});
      }
      usage.advance(call.operation, call.rows.end);
    }
    if (!band.live.empty()) bands.push_back(std::move(band));
  }
  return bands;
}

/// Gives maps memory for the rows that are in use at the same time, and moves these rows when it is full.
void BandSchedule::keep_rows(const std::vector<Band> &bands, size_t first_call) {
  std::vector<Call> turns(calls.begin() + int64_t(first_call), calls.end());
  std::vector<std::vector<Call>> moves(turns.size());
  for (const auto &[map, room, live] : bands) {
    if (room >= map->height()) continue;
    map->keep_rows(room);
    int32_t start = 0, end = 0;
    moves[0].push_back({0, {0, 0}, map});
    for (const auto &[turn, rows] : live) {
      if (rows.end > start + room) {
        start = rows.begin;
        moves[turn].push_back({0, {start, std::max(start, end)}, map});
      }
      end = rows.end;
    }
  }
  calls.resize(first_call);
  for (size_t turn = 0; turn < turns.size(); ++turn) {
    calls.insert(calls.end(), moves[turn].begin(), moves[turn].end());
    calls.push_back(turns[turn]);
  }
}

}  // namespace rt
