// Operators by name: their arguments and results as tagged values, in the order of libtorch's schema.
#ifndef CT_OPERATOR_H
#define CT_OPERATOR_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  ct_kind_none,
  ct_kind_tensor,
  ct_kind_tensors,
  ct_kind_int,
  ct_kind_double,
  ct_kind_bool,
  ct_kind_ints,
  ct_kind_doubles,
  ct_kind_string,
  ct_kind_dtype,
  /// Anything else; `text` names its type.
  ct_kind_other,
} ct_argument_kind;

typedef struct {
  ct_argument_kind kind;
  /// As the schema has it; not read in calls.
  const char *name;
  /// Whether the operator writes to it; not read in calls.
  bool is_written;
  ct_tensor tensor;
  const ct_tensor *tensors;
  /// Integers, element types, and booleans as 0 or 1.
  long integer;
  double number;
  const long *ints;
  const double *doubles;
  const char *text;
  /// Elements of the list.
  size_t count;
} ct_argument;

/// Runs an operator of libtorch, such as "conv2d" or "add" with the overload "Tensor"; arguments that are left out at the
/// end take their defaults. Results go to `out`, lists flattened, which has room for `capacity` of them.
bool ct_call_operator(const char *name, const char *overload, const ct_argument *arguments, size_t argument_count,
                      ct_tensor *out, size_t capacity, size_t *out_count);

/// Whether libtorch has an operator of this name and overload.
bool ct_has_operator(const char *name, const char *overload, bool *out);

#ifdef __cplusplus
}
#endif
#endif
