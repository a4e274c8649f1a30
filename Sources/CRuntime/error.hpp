// Errors: exceptions inside, a status and a line outside.
#pragma once

#include <cstddef>
#include <exception>
#include <new>

#include "CRuntime.h"

namespace rt {

/// A failure with the line that tells of it. The line has a fixed size, so that no memory is needed.
struct Failure : std::exception {
  rtseg_status status;
  size_t bytes;
  char text[768];

  explicit Failure(rtseg_status status, size_t bytes = 0) : status(status), bytes(bytes), text{} {}
  const char *what() const noexcept override { return text; }
};

/// Throws a failure with a printf-like line.
[[noreturn]] __attribute__((format(printf, 2, 3))) void fail(rtseg_status status, const char *format, ...);
/// Throws the failure of the kernel that this thread called last.
/// - Parameter operation: What the kernel computed, for the line; may be NULL.
[[noreturn]] void fail_kernel(const char *operation);
[[noreturn]] void fail_memory(size_t bytes);

/// Sets what rt_last_error and its siblings return.
void set_last_error(rtseg_status status, const char *text, size_t bytes) noexcept;
/// Sets them from the exception that is being handled.
rtseg_status note_exception() noexcept;

/// Runs `body` and turns an exception into a status and a line.
template <typename Body>
rtseg_status guard(Body &&body) noexcept {
  try {
    body();
    return RTSEG_OK;
  } catch (...) {
    return note_exception();
  }
}

}  // namespace rt
