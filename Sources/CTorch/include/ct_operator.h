// Operators by name. Their arguments and results are tagged values in the order of libtorch's schema.
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
  /// Any other kind of value; `text` names its type.
  ct_kind_other,
} ct_argument_kind;

typedef struct {
  ct_argument_kind kind;
  /// The name in the schema. Calls do not read it.
  const char *name;
  /// Whether the operator writes to the argument. Calls do not read it.
  bool is_written;
  ct_tensor tensor;
  const ct_tensor *tensors;
  /// The value of an integer, of an element type, or of a boolean as 0 or 1.
  long integer;
  double number;
  const long *ints;
  const double *doubles;
  const char *text;
  /// The number of elements of the list.
  size_t count;
} ct_argument;

/// Runs an operator of libtorch, such as "conv2d", or "add" with the overload "Tensor". Arguments left out at the end
/// take their defaults. Results are written to `out`, which has room for `capacity` of them; lists are flattened.
bool ct_call_operator(const char *name, const char *overload, const ct_argument *arguments, size_t argument_count,
                      ct_tensor *out, size_t capacity, size_t *out_count);

/// Whether libtorch has an operator with this name and overload.
bool ct_has_operator(const char *name, const char *overload, bool *out);

#ifdef __cplusplus
}
#endif
#endif
