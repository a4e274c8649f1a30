// Types that all parts of CTorch share. The rule of the whole interface is in CTorch.h.
#ifndef CT_BASE_H
#define CT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_impl *ct_tensor;

/// Element types, numbered as libtorch numbers them (c10::ScalarType).
typedef int ct_dtype;

/// A device: its type as libtorch numbers it (cpu 0, cuda 1, mps 13, meta 14) and its index, -1 for the current one.
typedef struct {
  int type;
  int index;
} ct_device;

/// Memory formats: 0 keeps the tensor's own, 1 is contiguous (NCHW), 2 has channels innermost (NHWC).
typedef int ct_memory_format;

/// The reason why this thread's last failing call failed.
const char *ct_last_error(void);

/// Frees a tensor handle; NULL does nothing.
void ct_free(ct_tensor tensor);

/// Frees a string that a function returned through `char **`.
void ct_free_string(char *string);

#ifdef __cplusplus
}
#endif
#endif
