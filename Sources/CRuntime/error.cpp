#include "error.hpp"

#include <cstdarg>
#include <cstdio>
#include <system_error>

namespace rt {

static thread_local char last_text[768];
static thread_local rtseg_status last_status = RTSEG_OK;
static thread_local size_t last_bytes;

void fail(rtseg_status status, const char *format, ...) {
  Failure failure(status);
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(failure.text, sizeof failure.text, format, arguments);
  va_end(arguments);
  throw failure;
}

void fail_memory(size_t bytes) {
  Failure failure(RTSEG_OUT_OF_MEMORY, bytes);
  std::snprintf(failure.text, sizeof failure.text, "out of memory: %zu bytes are not available", bytes);
  throw failure;
}

void fail_kernel(const char *operation) {
  size_t bytes = ck_last_error_bytes();
  if (bytes > 1) fail_memory(bytes);
  if (bytes == 1) throw std::bad_alloc();
  fail(RTSEG_KERNEL_ERROR, "%s%s%s", operation ? operation : "", operation ? ": " : "", ck_last_error());
}

void set_last_error(rtseg_status status, const char *text, size_t bytes) noexcept {
  std::snprintf(last_text, sizeof last_text, "%s", text);
  last_status = status;
  last_bytes = bytes;
}

rtseg_status note_exception() noexcept {
  try {
    throw;
  } catch (const Failure &failure) {
    set_last_error(failure.status, failure.text, failure.bytes);
  } catch (const std::bad_alloc &) {
    set_last_error(RTSEG_OUT_OF_MEMORY, "out of memory", 1);
  } catch (const std::system_error &) {
    set_last_error(RTSEG_OUT_OF_MEMORY, "the system has no room for another thread or lock", 1);
  } catch (const std::exception &error) {
    set_last_error(RTSEG_KERNEL_ERROR, error.what(), 0);
  } catch (...) {
    set_last_error(RTSEG_KERNEL_ERROR, "unknown C++ exception", 0);
  }
  return last_status;
}

}  // namespace rt

extern "C" const char *rt_last_error(void) { return rt::last_text; }
extern "C" rtseg_status rt_last_status(void) { return rt::last_status; }
extern "C" size_t rt_last_error_bytes(void) { return rt::last_bytes; }
extern "C" void rt_set_error(const char *text) { rt::set_last_error(RTSEG_KERNEL_ERROR, text, 0); }
