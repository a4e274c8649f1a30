#include "distributed_watch.hpp"

#include <algorithm>
#include <string_view>

namespace ct {

namespace {

/// The first line of an exception's message, or what NCCL says in its last line.
std::string words_of(const std::exception_ptr &error) {
  std::string words = "unknown C++ exception";
  try {
    std::rethrow_exception(error);
  } catch (const c10::Error &caught) {
    words = caught.what_without_backtrace();
  } catch (const std::exception &caught) {
    words = caught.what();
  } catch (...) {
  }
  constexpr std::string_view last = "Last error:\n";
  auto place = words.find(last);
  if (words.starts_with("NCCL error") && place != std::string::npos && place + last.size() < words.size()) {
    words = "NCCL: " + words.substr(place + last.size());
  }
  return words.substr(0, words.find('\n'));
}

/// The message of gloo without the place in its source code, as in "[/pytorch/gloo/transport/tcp/pair.cc:547]
/// Connection closed".
std::string without_place(const std::string &words) {
  auto end = words.find("] ");
  return words.starts_with("[") && end != std::string::npos ? words.substr(end + 2) : words;
}

}  // namespace

thread_local const char *OperationName::current_ = nullptr;

void Watch::require_sound() const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

std::string Watch::failure() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

std::exception_ptr Watch::fail(const char *operation, const std::string &reason) {
  std::vector<FuturePointer> waiting;
  std::function<void()> close;
  std::exception_ptr error;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (failure_.empty()) {
      failure_ = "rank " + std::to_string(rank_) + ": " + (*operation ? operation + (": " + reason) : reason);
    }
    error = std::make_exception_ptr(std::runtime_error(failure_));
    waiting.swap(waiting_);
    close.swap(close_);
  }
  for (const auto &future : waiting) future->setErrorIfNeeded(error);
  if (close) close();
  return error;
}

std::string Watch::describe(const std::exception_ptr &error) const {
  auto words = without_place(words_of(error));
  auto contains = [&](const char *part) { return words.find(part) != std::string::npos; };
  auto other = size_ == 2 ? "rank " + std::to_string(1 - rank_) : std::string("another process");
  auto gone = [&](const char *reason) { return other + " cannot be reached any more (" + reason + ")"; };
  if (contains("onnection closed by peer")) return gone("connection closed by peer");
  if (contains("onnection reset by peer")) return gone("connection reset by peer");
  if (contains("roken pipe") || contains("Socket closed")) return gone("connection closed");
  if (contains("imed out waiting")) {
    return other + " has not answered within the time-out; it has stopped, hangs or is much slower";
  }
  if (contains("No route to host") || contains("etwork is unreachable") || contains("onnection timed out")) {
    return gone("the network between the machines is down");
  }
  return words;
}

void Watch::on_failure(std::function<void()> close) {
  std::lock_guard<std::mutex> lock(mutex_);
  close_ = std::move(close);
}

FuturePointer Watch::follow(std::shared_ptr<Watch> self, const FuturePointer &other, const char *operation) {
  auto future = c10::make_intrusive<c10::ivalue::Future>(other->elementType());
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!failure_.empty()) throw std::runtime_error(failure_);
    waiting_.push_back(future);
  }
  other->addCallback([self = std::move(self), future, operation](c10::ivalue::Future &done) {
    if (done.hasError()) {
      self->fail(operation, self->describe(done.exception_ptr()));
    } else if (self->forget(future)) {
      future->markCompleted(done.value());
    }
  });
  return future;
}

/// Removes a future from those that wait. Returns whether it was still among them.
bool Watch::forget(const FuturePointer &future) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto place = std::find(waiting_.begin(), waiting_.end(), future);
  if (place == waiting_.end()) return false;
  waiting_.erase(place);
  return true;
}

}  // namespace ct
