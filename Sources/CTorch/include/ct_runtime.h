// Versions, devices, threads, random state, memory.
#ifndef CT_RUNTIME_H
#define CT_RUNTIME_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The version of the libtorch headers that this was compiled with, such as "2.13.0".
const char *ct_compiled_version(void);
/// libtorch's build report: version, compiler, libraries, CPU capability. It is freed with ct_free_string.
bool ct_build_report(char **out);

/// Loads libtorch's CUDA backend if its library lies beside libtorch_cpu; otherwise does nothing.
bool ct_load_accelerators(void);
bool ct_cuda_device_count(long *out);
bool ct_mps_available(bool *out);
bool ct_synchronize(ct_device device);

bool ct_set_threads(long count);
bool ct_threads(long *out);

/// Makes the C library keep freed memory for the next step, so that it need not fetch it from the system again.
void ct_keep_freed_memory(void);
/// Returns freed memory to the system, and the pages of libtorch's code, which are loaded again when they are used.
/// libtorch's start touches many more pages than a program needs.
void ct_release_unused_memory(void);

bool ct_seed(uint64_t seed);
/// The state of the default random generator of a device, as a uint8 tensor.
bool ct_random_state(ct_device device, ct_tensor *out);
/// Checks a state for a device's generator, and fails if it is none.
bool ct_check_random_state(ct_device device, ct_tensor state);
bool ct_set_random_state(ct_device device, ct_tensor state);
/// Whether cuDNN measures which algorithm is fastest for each convolution that it has not met before.
bool ct_set_measuring_convolutions(bool enabled);
/// Whether operators must choose deterministic algorithms.
bool ct_set_deterministic(bool enabled);

/// The bytes that are allocated on an accelerator now, and the most since the last reset.
bool ct_memory_statistics(ct_device device, long *allocated, long *peak);
bool ct_reset_peak_memory(ct_device device);
/// Returns cached accelerator memory to the system.
bool ct_empty_cache(ct_device device);

#ifdef __cplusplus
}
#endif
#endif
