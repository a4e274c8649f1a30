// CTorch: the functions of libtorch that RTSeg uses, as plain C.
//
// One rule holds for every function that returns bool: it returns true on success. On failure it returns false, leaves
// the outputs as they were, and ct_last_error() says why; that text belongs to the thread and is valid until its next
// failing call. Tensor arguments are borrowed. Tensor results belong to the caller, who frees them with ct_free. NULL
// stands for "no tensor" if an argument is called optional. `long` is 64 bits wide on every platform for which this is
// built (and is Swift's Int).
#ifndef CTORCH_H
#define CTORCH_H

#include "ct_base.h"

#include "ct_archive.h"
#include "ct_autograd.h"
#include "ct_distributed.h"
#include "ct_math.h"
#include "ct_nn.h"
#include "ct_operator.h"
#include "ct_optim.h"
#include "ct_recording.h"
#include "ct_runtime.h"
#include "ct_script.h"
#include "ct_tensor.h"
#include "ct_trace.h"

#endif
