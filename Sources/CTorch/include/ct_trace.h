// Watching operators: every composite operator (conv2d, batch_norm, cat, ...) that a call runs, once each.
#ifndef CT_TRACE_H
#define CT_TRACE_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Called after each operator with its name (without "aten::") and its tensor arguments and results, lists flattened,
/// absent arguments as NULL. All are borrowed for the duration of the call.
typedef void (*ct_operator_callback)(void *context, const char *name, const ct_tensor *inputs, size_t input_count,
                                     const ct_tensor *outputs, size_t output_count);

/// Calls `body(context)` with the callback in force on this thread.
bool ct_watch_operators(ct_operator_callback callback, void (*body)(void *context), void *context);

#ifdef __cplusplus
}
#endif
#endif
