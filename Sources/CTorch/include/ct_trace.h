// Watching operators: each composite operator (conv2d, batch_norm, cat, ...) that a call runs is reported once.
#ifndef CT_TRACE_H
#define CT_TRACE_H

#include "ct_base.h"
#include "ct_operator.h"

#ifdef __cplusplus
extern "C" {
#endif

/// An operator that ran. All pointers are valid only during the callback.
typedef struct {
  /// The name without "aten::".
  const char *name;
  /// The overload, which distinguishes operators of the same name; often empty.
  const char *overload;
  /// All arguments of the schema. A device is reported as none.
  const ct_argument *arguments;
  size_t argument_count;
  /// The results. Lists are flattened; NULL stands for an undefined tensor.
  const ct_tensor *results;
  size_t result_count;
} ct_operator_call;

/// A function that is called after each operator.
typedef void (*ct_operator_callback)(void *context, const ct_operator_call *call);

/// Calls `body(context)`; meanwhile `callback` is called for the operators of this thread.
bool ct_watch_operators(ct_operator_callback callback, void (*body)(void *context), void *context);

#ifdef __cplusplus
}
#endif
#endif
