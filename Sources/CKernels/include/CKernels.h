// CKernels: CPU kernels for inference, as plain C.
//
// Maps are images of floats, channels innermost (NHWC with N outside: one image a call). One rule for every function
// that returns bool: it returns true on success; on failure outputs are untouched (want of memory may leave them half written) and ck_last_error() (thread-local,
// borrowed until the next failing call of the thread) says why. Functions that return a pointer return NULL on failure.
// Arguments are checked for shape and type at each call; pointers are trusted.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "ck_base.h"
#include "ck_bytes.h"
#include "ck_conv.h"
#include "ck_elementwise.h"
#include "ck_pooling.h"
#include "ck_resize.h"

#endif
