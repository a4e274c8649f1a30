// Work on accelerators that is recorded once and then given to the device as a whole, such as CUDA graphs.
#ifndef CT_RECORDING_H
#define CT_RECORDING_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_recording_impl *ct_recording;

/// Calls body(context) a few times, then records what one more call does: tensors that it reads or makes keep their
/// memory as long as the recording. NULL, and no call, where libtorch records nothing on the device: on the CPU, and
/// before 2.13.
bool ct_record(ct_device device, void (*body)(void *context), void *context, ct_recording *out);
/// Does the recorded work again, after the work that the device's current stream has.
bool ct_replay(ct_recording recording);
void ct_free_recording(ct_recording recording);

#ifdef __cplusplus
}
#endif
#endif
