// Watching operators: every composite operator (conv2d, batch_norm, cat, ...) that a call runs, once each.
#ifndef CT_TRACE_H
#define CT_TRACE_H

#include "ct_base.h"
#include "ct_operator.h"

#ifdef __cplusplus
extern "C" {
#endif

/// One operator that ran. Everything is borrowed for the duration of the callback.
typedef struct {
  /// Without "aten::".
  const char *name;
  /// Which of several operators of the name; often empty.
  const char *overload;
  /// All that the schema has. Devices count as none.
  const ct_argument *arguments;
  size_t argument_count;
  /// Lists flattened; NULL for undefined ones.
  const ct_tensor *results;
  size_t result_count;
} ct_operator_call;

/// Called after each operator.
typedef void (*ct_operator_callback)(void *context, const ct_operator_call *call);

/// Calls `body(context)` with the callback in force on this thread.
bool ct_watch_operators(ct_operator_callback callback, void (*body)(void *context), void *context);

#ifdef __cplusplus
}
#endif
#endif
