#include "governor.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "error.hpp"

namespace rt {

void Governor::Record::add(double time) {
  runs += 1;
  if (count == kCompared) std::rotate(seconds.begin(), seconds.begin() + 1, seconds.end()), count -= 1;
  seconds[size_t(count)] = time;
  count += 1;
}

double Governor::Record::median() const {
  std::array<double, kCompared> sorted = seconds;
  std::sort(sorted.begin(), sorted.begin() + count);
  return sorted[size_t(count) / 2];
}

void Governor::record(double seconds, int64_t interruptions) {
  Record &own = records_[size_t(threads_)];
  own.add(seconds);
  if (origin_ != 0) {
    // A difference of a few hundredths may be chance.
    double least = 0.95 * records_[size_t(origin_)].median();
    // Fewer threads are rarely faster, so the first slow run ends their trial.
    if (threads_ < origin_ && seconds >= least) return end_trial(false);
    if (own.count == kCompared) end_trial(own.median() < least);
    return;
  }
  rest_ -= 1;
  if (rest_ >= 0) return;
  bool is_contended = threads_ > 1 && double(interruptions) > std::max(2.0, seconds / 0.02);
  int32_t next = is_contended ? threads_ - 1 : std::min(threads_ + 1, most_);
  if (next == threads_) return;
  // Short interruptions cost little. Other processes hardly slow a run with fewer threads, so its time from before tells
  // whether another trial could pay.
  const Record &fewer = records_[size_t(next)];
  if (is_contended && fewer.count > 0 && own.median() < 0.9 * fewer.median()) return;
  origin_ = threads_, threads_ = next;
  records_[size_t(next)].count = 0;
}

void Governor::end_trial(bool is_better) {
  rest_ = is_better ? 1 : patience_;
  patience_ = is_better ? kLeastPatience : std::min(2 * patience_, kMostPatience);
  if (!is_better) threads_ = origin_;
  origin_ = 0;
}

int64_t Governor::interruptions() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

}  // namespace rt

struct rt_governor {
  rt::Governor governor;
};

extern "C" rt_governor *rt_governor_create(int32_t most) {
  rt_governor *governor = nullptr;
  rt::guard([&] {
    if (most < 1 || most > 256) rt::fail(RTSEG_INVALID_ARGUMENT, "%d threads: expected 1 to 256", most);
    governor = new rt_governor{rt::Governor(most)};
  });
  return governor;
}

extern "C" void rt_governor_free(rt_governor *governor) { delete governor; }
extern "C" int32_t rt_governor_threads(const rt_governor *governor) { return governor->governor.threads(); }
extern "C" void rt_governor_record(rt_governor *governor, double seconds, int64_t interruptions) {
  governor->governor.record(seconds, interruptions);
}
