// Types that every part of CTorch shares. The rule of the whole interface stands in CTorch.h.
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

/// A device: the type as libtorch numbers it (cpu 0, cuda 1, mps 13, meta 14) and the index, -1 for the current one.
typedef struct {
  int type;
  int index;
} ct_device;

/// Memory formats: 0 keeps what the tensor has, 1 is contiguous (NCHW), 2 is channels last (NHWC).
typedef int ct_memory_format;

/// Why the last failing call of this thread failed.
const char *ct_last_error(void);

/// Frees a tensor handle; NULL does nothing.
void ct_free(ct_tensor tensor);

/// Frees a string that a function returned through `char **`.
void ct_free_string(char *string);

#ifdef __cplusplus
}
#endif
#endif
