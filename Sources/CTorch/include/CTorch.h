// CTorch: the functions of libtorch that RTSeg uses, as plain C.
//
// One rule for every function that returns bool: it returns true on success; on failure outputs are untouched and
// ct_last_error() (thread-local, borrowed until the next failing call of the thread) says why. Tensor arguments are
// borrowed; tensor results are owned by the caller, who frees them with ct_free. NULL stands for "no tensor" where an
// argument is called optional. `long` is 64 bits wide on every platform this is built for (and is Swift's Int).
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
#include "ct_tensor.h"
#include "ct_trace.h"

#endif
