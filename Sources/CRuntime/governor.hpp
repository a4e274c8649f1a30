// Chooses how many threads a context uses while other processes occupy cores. The threads that share an operation wait
// for the one that has lost its core, and that often takes longer than the operation takes on fewer threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rt {

class Governor {
 public:
  explicit Governor(int32_t most) : most_(most), threads_(most), records_(size_t(most) + 1) {}

  int32_t threads() const { return threads_; }
  /// The number of runs so far with some number of threads.
  int64_t runs(int32_t threads) const { return threads < 1 || threads > most_ ? 0 : records_[size_t(threads)].runs; }
  /// Notes a run with `threads` threads, and chooses the number for the next run.
  /// - Parameter interruptions: How often the system took a core away from a thread of this process during the run.
  void record(double seconds, int64_t interruptions);

  /// The number of times that the system has taken a core away from a thread of this process so far.
  static int64_t interruptions();

 private:
  /// One slow run may be chance, so the median of some runs is compared.
  static constexpr int kCompared = 3;
  /// After a trial that fails the context waits for so many runs, and twice as many after the next one. A wrong choice
  /// is soon corrected, and a right one is seldom disturbed.
  static constexpr int32_t kLeastPatience = 4, kMostPatience = 16;

  struct Record {
    int64_t runs = 0;
    /// The number of the latest runs whose times are known, at most kCompared, and these times, the latest last.
    int count = 0;
    std::array<double, kCompared> seconds{};

    void add(double time);
    double median() const;
  };

  void end_trial(bool is_better);

  int32_t most_, threads_;
  std::vector<Record> records_;
  /// The number of runs until a neighbouring number may be tried. It begins above zero because a context's first runs
  /// are slow.
  int32_t rest_ = 2;
  /// The number of threads before the present trial, or 0. The context goes back to it unless the present number is
  /// faster.
  int32_t origin_ = 0;
  /// The number of runs to wait after a trial that fails.
  int32_t patience_ = kLeastPatience;
};

}  // namespace rt
