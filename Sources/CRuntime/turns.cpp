#include "turns.hpp"

#include <algorithm>

namespace rt {
namespace {

/// Tells which rows of a map are in use while operations take turns.
class RowUsage {
 public:
  RowUsage(const Tensor *map, const std::vector<Operation> &operations, const Share &share)
      : operations_(operations), share_(share), height_(map->height()) {
    for (int index = share.group.begin; index < share.group.end; ++index) {
      const Operands &operands = operations[size_t(index)].operands;
      if (operands.inputs.empty()) continue;
      User user{index, share.of(index).begin, false, {}};
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
    /// The end of the rows that it has made so far.
    int32_t made;
    bool writes;
    /// The inputs that are parts of the map.
    std::vector<size_t> reads;
  };

  /// The first row of the map that a reader still needs.
  int32_t needed(const User &user) const {
    if (user.made == share_.of(user.operation).end) return height_;
    const Operation &operation = operations_[size_t(user.operation)];
    int32_t first = INT32_MAX;
    for (size_t input : user.reads) {
      first = std::min(first, std::max(0, operation.step->needs(input, {user.made, user.made + 1}).begin));
    }
    return first;
  }

  const std::vector<Operation> &operations_;
  const Share &share_;
  const int32_t height_;
  std::vector<User> users_;
};

/// For each input of a group's operations, the earlier operations of the group that write into it.
std::vector<std::vector<std::vector<int>>> find_writers(const std::vector<Operation> &operations, Group group) {
  std::vector<std::vector<std::vector<int>>> writers;
  for (int reader = group.begin; reader < group.end; ++reader) {
    auto &inputs = writers.emplace_back();
    for (const Tensor *input : operations[size_t(reader)].operands.inputs) {
      std::vector<int> &found = inputs.emplace_back();
      for (int writer = group.begin; writer < reader; ++writer) {
        if (operations[size_t(writer)].writes_into(*input)) found.push_back(writer);
      }
    }
  }
  return writers;
}

}  // namespace

std::vector<Call> take_turns(const std::vector<Operation> &operations, const Share &share, int64_t turns) {
  const Group group = share.group;
  auto writers = find_writers(operations, group);
  std::vector<int32_t> done;
  for (const ck_rows &rows : share.rows) done.push_back(rows.begin);
  // Operations that need rows which are not there yet fall behind; they catch up when the first ones have finished.
  auto is_finished = [&] {
    for (size_t i = 0; i < done.size(); ++i) {
      if (done[i] != share.rows[i].end) return false;
    }
    return true;
  };
  std::vector<Call> calls;
  while (!is_finished()) {
    for (size_t i = 0; i < done.size(); ++i) {
      const Operation &operation = operations[size_t(group.begin) + i];
      const Operands &operands = operation.operands;
      const ck_rows rows = share.rows[i];
      int64_t line = operation.step->row_step();
      int64_t part = (rows.end - rows.begin + turns - 1) / turns;
      int64_t end = std::min<int64_t>(rows.end, (done[i] + part + line - 1) / line * line);
      // The band ends at the last row that the inputs written so far allow.
      while (end > done[i]) {
        bool is_ready = true;
        for (size_t input = 0; input < operands.inputs.size(); ++input) {
          if (writers[i][input].empty()) continue;
          int32_t needed = std::min(operation.step->needs(input, {done[i], int32_t(end)}).end,
                                    operands.inputs[input]->height());
          for (int writer : writers[i][input]) is_ready &= done[size_t(writer - group.begin)] >= needed;
        }
        if (is_ready) break;
        end = (end - 1) / line * line;
      }
      if (end <= done[i]) continue;
      calls.push_back({group.begin + int(i), {done[i], int32_t(end)}});
      done[i] = int32_t(end);
    }
  }
  return calls;
}

std::vector<Band> rows_in_use(const std::vector<Operation> &operations, const Share &share,
                              const std::vector<Tensor *> &maps, const std::vector<Call> &calls) {
  std::vector<Band> bands;
  for (Tensor *map : maps) {
    RowUsage usage(map, operations, share);
    Band band{map, 0, {}};
    for (size_t index = 0; index < calls.size(); ++index) {
      const Call &call = calls[index];
      if (usage.is_writer(call.operation)) {
        ck_rows rows{usage.first(), std::max(usage.end(), call.rows.end)};
        band.room = std::max(band.room, rows.end - rows.begin);
        band.live.push_back({index, rows});
      }
      usage.advance(call.operation, call.rows.end);
    }
    if (!band.live.empty()) bands.push_back(std::move(band));
  }
  return bands;
}

std::vector<Call> keep_rows(const std::vector<Band> &bands, const std::vector<Call> &calls) {
  std::vector<std::vector<Call>> moves(calls.size());
  for (const auto &[map, room, live] : bands) {
    if (room >= map->height()) continue;
    map->keep_rows(room);
    int32_t start = live[0].second.begin, end = start;
    moves[0].push_back({0, {start, start}, map});
    for (const auto &[call, rows] : live) {
      if (rows.end > start + room) {
        start = rows.begin;
        moves[call].push_back({0, {start, std::max(start, end)}, map});
      }
      end = rows.end;
    }
  }
  std::vector<Call> all;
  for (size_t index = 0; index < calls.size(); ++index) {
    all.insert(all.end(), moves[index].begin(), moves[index].end());
    all.push_back(calls[index]);
  }
  return all;
}

}  // namespace rt
