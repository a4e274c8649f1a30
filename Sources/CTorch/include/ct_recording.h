// Work on accelerators that is recorded once and then given to the device as a whole, such as a CUDA graph.
#ifndef CT_RECORDING_H
#define CT_RECORDING_H

#include "ct_base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_recording_impl *ct_recording;

/// Calls body(context) a few times and then records the work of one more call. Tensors that it reads or makes keep
/// their memory as long as the recording exists. If libtorch cannot record on the device, as on the CPU, `body` is not
/// called and the recording is NULL. So it is if `body` returns false, which ends the calls.
bool ct_record(ct_device device, bool (*body)(void *context), void *context, ct_recording *out);
/// Does the recorded work again, after the work that is already in the device's current stream.
bool ct_replay(ct_recording recording);
void ct_free_recording(ct_recording recording);

#ifdef __cplusplus
}
#endif
#endif
