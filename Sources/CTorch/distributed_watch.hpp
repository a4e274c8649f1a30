// The failure of a group of processes, which is reported in plain words to everything that waits.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <torch/csrc/distributed/c10d/Work.hpp>

#include "guard.hpp"

namespace ct {

using FuturePointer = c10::intrusive_ptr<c10::ivalue::Future>;

/// Knows all operations of a group that wait, and ends them with the group's first failure.
class Watch {
 public:
  Watch(int rank, int size) : rank_(rank), size_(size) {}

  /// Throws if the group has failed before.
  void require_sound() const;
  /// Makes the group fail, unless it has failed before: everything that waits fails, and connections are closed.
  /// - Returns: The group's failure.
  std::exception_ptr fail(const char *operation, const std::string &reason);
  /// The failure in words; empty if there is none.
  std::string failure() const;
  /// Puts an exception of c10d into plain words about the other processes.
  std::string describe(const std::exception_ptr &error) const;
  /// Sets the function that is called when the group fails.
  void on_failure(std::function<void()> close);

  /// A future that completes with another one, or fails with the group.
  FuturePointer follow(std::shared_ptr<Watch> self, const FuturePointer &other, const char *operation);

 private:
  bool forget(const FuturePointer &future);

  const int rank_, size_;
  mutable std::mutex mutex_;
  std::string failure_;
  std::vector<FuturePointer> waiting_;
  std::function<void()> close_;
};

/// The name of the collectives that this thread starts while an object of this class exists, for messages.
class OperationName {
 public:
  explicit OperationName(const char *name) : previous_(current_) { current_ = name; }
  ~OperationName() { current_ = previous_; }
  OperationName(const OperationName &) = delete;
  OperationName &operator=(const OperationName &) = delete;

  static const char *current_or(const char *otherwise) { return current_ ? current_ : otherwise; }

 private:
  static thread_local const char *current_;
  const char *previous_;
};

/// A collective that is under way, and that ends early if its group fails.
class WatchedWork final : public c10d::Work {
 public:
  WatchedWork(std::shared_ptr<Watch> watch, c10::intrusive_ptr<c10d::Work> work, const char *operation)
      : work_(std::move(work)), future_(watch->follow(watch, work_->getFuture(), operation)) {}

  bool isCompleted() override { return future_->completed(); }
  bool isSuccess() const override { return future_->completed() && !future_->hasError(); }
  std::exception_ptr exception() const override { return future_->exception_ptr(); }
  std::vector<at::Tensor> result() override { return work_->result(); }
  bool wait(std::chrono::milliseconds) override {
    future_->waitAndThrow();
    return true;
  }
  FuturePointer getFuture() override { return future_; }

 private:
  c10::intrusive_ptr<c10d::Work> work_;
  FuturePointer future_;
};

}  // namespace ct
