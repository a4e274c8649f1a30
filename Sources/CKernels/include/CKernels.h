// CKernels: CPU kernels for inference, as plain C.
//
// A map is an image with channels innermost (NHWC; a call processes one image). One rule holds for every function that
// returns bool: it returns true on success. On failure it returns false, leaves the outputs as they were (if memory
// runs out, they may be half written), and ck_last_error() says why; that text belongs to the thread and is valid until
// its next failing call. A function that returns a pointer returns NULL on failure. Shapes and types of arguments are
// checked at each call; pointers are trusted.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "ck_base.h"
#include "ck_quantized.h"
#include "ck_conv.h"
#include "ck_elementwise.h"
#include "ck_matrices.h"
#include "ck_pooling.h"
#include "ck_resize.h"

#endif
